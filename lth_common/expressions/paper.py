"""A paper: its protocol, and what it claims and shows as plain data (`claims.py` and `figures.py` of its folder)."""

from pathlib import Path

from lth_common.protocol.resolve import ROOT, load_protocol
from lth_common.protocol.schema.base import Name
from lth_common.protocol.schema.paper import Protocol

from .figures import Figure, Role, Table
from .python_files import listed, names_in, said
from .rules import Claim


class Paper(Protocol):
    """All that planning must know of a paper; claims, figures and tables by name, in their order."""

    figures: dict[Name, Figure] = {}
    tables: dict[Name, Table] = {}
    claims: dict[str, Claim] = {}


def load_paper(name: str, root: Path = ROOT) -> Paper:
    """Read a paper's protocol, claims, figures and tables; `ROLES` of `figures.py` says what its arms are.

    Raises:
        LTHError: naming file and key or line, value and what would be legal.
    """
    protocol = load_protocol(name, root)
    claims, figures = (f"replications/{name}/{file}.py" for file in ("claims", "figures"))
    drawn = names_in(root, figures)
    roles = said(drawn, figures, "ROLES", dict[Name, Role])
    shown = {key: figure.model_copy(update={"roles": roles})
             for key, figure in listed(drawn, figures, "FIGURES", Figure).items()}
    return Paper(**dict(protocol), claims=listed(names_in(root, claims), claims, "CLAIMS", Claim), figures=shown,
                 tables=listed(drawn, figures, "TABLES", Table))
