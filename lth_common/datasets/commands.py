"""What the command line does with the sets that papers need."""

from lth_common.errors import LTHError
from lth_common.protocol.resolve import paper_names
from lth_common.protocol.schema.base import suggestion
from lth_common.protocol.schema.paper import SCALES

from .checks import size, verify
from .locate import BUNDLED, fetch, present
from .needs import needs_of
from .sets import SETS


def show(papers: list[str]) -> int:
    """Prints a table for each paper: sets, sizes, licences, where they were found, and what needs them."""
    for paper in papers or paper_names():
        rows = [("set", "size", "licence", "found", "needed by")]
        for name, scales in needs_of(paper).items():
            entry = SETS[name]
            rows.append((name, size(entry.bytes) if entry.place else "-", entry.licence, _found(name), _needed(scales)))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
        print(paper)
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=True)]
            print("  " + "  ".join([*cells, row[-1]]))
        print()
    print("A scale in brackets: used if it is at hand, never fetched for a paper.")
    return 0


def fetch_all(wanted: list[str], scale: str) -> int:
    """Fetches sets, or those that papers need at a scale, one after the other; 1 if any of them failed."""
    names = _names(wanted, scale)
    missing = [name for name in names if present(name) is None]
    print(f"{len(missing)} of {len(names)} sets are to be fetched, {size(sum(SETS[name].bytes for name in missing))}: "
          f"{', '.join(f'{name} ({size(SETS[name].bytes)})' for name in missing) or 'none'}", flush=True)
    failed = 0
    for name in names:
        try:
            print(f"ok  {name}: {fetch(name)}", flush=True)
        except LTHError as error:
            failed += 1
            print(f"NO  {error}", flush=True)
    return int(failed > 0)


def check() -> int:
    """Compares all that is here with its checksums; 1 if anything is not as it should be."""
    failed, places = 0, {name: present(name) for name in SETS}
    for name, path in places.items():
        if path is not None:
            try:
                verify(name, path)
                print(f"ok  {name}: {path}", flush=True)
            except LTHError as error:
                failed += 1
                print(f"NO  {name}: {error}", flush=True)
    print(f"not here: {', '.join(name for name, path in places.items() if path is None) or 'none'}")
    return int(failed > 0)


def _needed(scales: dict[str, list[str]]) -> str:
    """The experiments that need a set; scales with the same ones stand together."""
    groups: dict[str, list[str]] = {}
    for scale, experiments in scales.items():
        groups.setdefault(", ".join(experiments), []).append(scale)
    return "; ".join(f"{', '.join(own)}: {experiments}" for experiments, own in groups.items())


def _found(name: str) -> str:
    if not SETS[name].place:
        return "installed" if name in BUNDLED else "made up"
    return str(present(name) or "not here")


def _names(wanted: list[str], scale: str) -> list[str]:
    if scale not in SCALES:
        raise LTHError(f"'{scale}' is no scale{suggestion(scale, list(SCALES))}")
    papers = paper_names()
    names: dict[str, None] = {}
    for one in wanted or papers:
        if one in papers:
            names |= dict.fromkeys(name for name, scales in needs_of(one).items() if scale in scales)
        elif one in SETS:
            names[one] = None
        else:
            raise LTHError(f"'{one}' is neither a paper nor a set{suggestion(one, [*papers, *SETS])}")
    return list(names)
