"""The project's commands by name, for people: `lth list`, `lth show PAPER ITEM`, `lth data`, `lth retrain`, `lth gc`.

They work from any folder. Trainings, figures and reports are made by Snakemake: `snakemake PAPER`.
"""

import argparse
import sys
from pathlib import Path

from lth_common.datasets import __main__ as data
from lth_common.errors import LTHError
from lth_common.expressions.paper import Paper, load_paper
from lth_common.protocol.resolve import ROOT, paper_names, with_template
from lth_common.protocol.schema.base import suggestion
from lth_common.protocol.schema.paper import SCALES
from lth_common.runs import gc, retrain


def main() -> None:
    """Run the command that is named; `lth COMMAND --help` says what it takes."""
    words = sys.argv[1:]
    if words and words[0] in DELEGATED:
        sys.exit(DELEGATED[words[0]](words[1:]))
    args = _arguments(words)
    try:
        print(args.run(args))
    except (LTHError, OSError) as error:
        sys.exit(f"error: {error}")


def listing(name: str | None, root: Path = ROOT) -> str:
    """All papers; or what one has: experiments with their arms, and the figures, tables and claims that `show` knows.

    Raises:
        LTHError: if there is no such paper, or it cannot be read.
    """
    if name is None:
        papers = {paper: load_paper(paper, root) for paper in paper_names(root)}
        width = max(map(len, papers), default=0)
        return "\n".join(f"{paper:{width}}  {about.title}: {len(about.claims)} claims, {len(about.figures)} figures, "
                         f"{len(about.tables)} tables" for paper, about in papers.items())
    paper, lines = load_paper(name, root), []
    abouts = {key: with_template(paper, key).get("about", "") for key in paper.experiments}
    for title, entries in (("experiments", abouts),
                           ("figures", {key: figure.title for key, figure in paper.figures.items()}),
                           ("tables", {key: table.title for key, table in paper.tables.items()}),
                           ("claims", {key: claim.statement for key, claim in paper.claims.items()})):
        lines += [title, *(f"  {key}: {text}" for key, text in entries.items())]
    return "\n".join(lines)


def show(name: str, item: str, scale: str, root: Path = ROOT) -> str:
    """A figure, table or claim in words: what it is, its numbers, and the files that hold it.

    The results of `scale` here if they are made, else the released ones.

    Raises:
        LTHError: if there is no such paper or item, or nothing of it is made or released.
    """
    paper = load_paper(name, root)
    known = [*paper.figures, *paper.tables, *paper.claims]
    if item not in known:
        raise LTHError(f"{name} has no figure, table or claim '{item}'{suggestion(item, known)}")
    places = [root / "results" / scale / name, root / "results" / "released" / name]
    files, text = _about(paper, item)
    found = next((place for place in places if (place / files[0]).exists()), None)
    if found is None:
        raise LTHError(f"{name}: '{item}' is neither made at scale '{scale}' nor released; "
                       f"`snakemake {name} --config scale={scale}` makes it")
    numbers = _verdict(found / files[0], item) if item in paper.claims else (found / files[0]).read_text().strip()
    return "\n\n".join([text, numbers, "\n".join(str(found / file) for file in files)])


def _about(paper: Paper, item: str) -> tuple[list[str], str]:
    """The files of an item, the first with its numbers, and what it is in words."""
    if item in paper.figures:
        figure = paper.figures[item]
        return [f"figures/{item}.{ending}" for ending in ("csv", "svg", "png")], f"{figure.title}\n{figure.caption}"
    if item in paper.tables:
        return [f"tables/{item}.md", f"tables/{item}.csv"], paper.tables[item].title
    claim = paper.claims[item]
    return ["verdicts.csv", "verdicts.md"], f"{item}: {claim.statement} ({claim.where})"


def _verdict(path: Path, claim: str) -> str:
    from lth_common.analysis.verdicts import legal_text, ours_text, published_text, read_verdicts  # brings pandas

    rules = read_verdicts(path)
    lines = [f"{rule['rule']}: ours {ours_text(rule)}, {rule['n']} seeds; must be {legal_text(rule)}; published "
             f"{published_text(rule)}: {rule['verdict']}" + (f" ({rule['note']})" if rule["note"] else "")
             for _, rule in rules[rules["claim"] == claim].iterrows()]
    if not lines:
        raise LTHError(f"{path}: '{claim}' is newer than these verdicts; run snakemake again")
    return "\n".join([*lines, f"the claim: {rules.loc[rules['claim'] == claim, 'claim_verdict'].iloc[0]}"])


DELEGATED = {"data": data.main, "retrain": retrain.main, "gc": gc.main}


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False, prog="lth", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    own = commands.add_parser("list", help="the papers, or what one of them has")
    own.add_argument("paper", nargs="?")
    own.set_defaults(run=lambda args: listing(args.paper))
    own = commands.add_parser("show", help="a figure, table or claim: its numbers and its files")
    own.add_argument("paper")
    own.add_argument("item")
    own.add_argument("--scale", choices=SCALES, default="laptop")
    own.set_defaults(run=lambda args: show(args.paper, args.item, args.scale))
    commands.add_parser("data", help="the data sets: what papers need, and having them ahead of time")
    commands.add_parser("retrain", help="set finished runs aside, so that the workflow makes them again")
    commands.add_parser("gc", help="list what no plan refers to, or delete it")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
