"""What the study expects, and the rules that decide it."""

from lth_common.expressions import claim, percent, points, rule, run

bars = run("bars", "as_stated")

CLAIMS = [
    claim("C1", says="The dense network tells bars apart.", where="question 1", rules=[
        rule("dense network", bars["magnitude"].at(0), at_least=percent(80))]),
    claim("C2", says="Weights with large gradients make better tickets than random ones.", where="question 2", rules=[
        rule("gradient − random", (bars["gradient"] - bars["random"]).levels(1, 4).mean(), at_least=points(0))]),
]
