"""Claims that are judged only if others hold: a comparison of networks that have not learned decides nothing."""

from collections.abc import Iterable
from dataclasses import replace

from .claims import ClaimVerdict


def under_conditions(verdicts: Iterable[ClaimVerdict]) -> list[ClaimVerdict]:
    """All claims of a paper, those undecided of whose `requires` one does not hold; `unmet` names which and why.

    The verdicts of single rules stay as they are. Conditions are claims of the paper (see `references`).
    """
    verdicts = list(verdicts)
    found = {verdict.claim_id: verdict.verdict for verdict in verdicts}
    result = []
    for verdict in verdicts:
        unmet = tuple(f"{name} {'fails' if found[name] == 'fails' else 'is undecided'}"
                      for name in verdict.claim.requires or () if found[name] != "holds")
        result.append(replace(verdict, verdict="undecided", unmet=unmet) if unmet else verdict)
    return result
