"""Claims that are judged only if others hold: a comparison of networks that have not learned decides nothing."""

from collections.abc import Iterable
from dataclasses import replace

from .claims import ClaimVerdict


def under_conditions(verdicts: Iterable[ClaimVerdict]) -> list[ClaimVerdict]:
    """All claims of a paper, those undecided of whose `requires` one does not hold; `unmet` names which and why.

    The verdicts of single rules stay as they are. Conditions are claims of the paper (see `references`).
    """
    verdicts = list(verdicts)
    found = {verdict.claim_id: verdict for verdict in verdicts}
    result = []
    for verdict in verdicts:
        unmet = tuple(f"{name} {_what(found[name])}" for name in verdict.claim.requires or ()
                      if found[name].verdict != "holds")
        result.append(replace(verdict, verdict="undecided", unmet=unmet) if unmet else verdict)
    return result


def _what(condition: ClaimVerdict) -> str:
    if condition.verdict == "fails":
        return "fails"
    return "is undecided" if any(rule.n for rule in condition.rules) else "is not run"
