"""Data sets ahead of time: `lth data list|fetch|check|addresses`."""

import argparse
import logging
import sys
from collections.abc import Sequence

from lth_common.errors import LTHError

from .addresses import ask_all
from .sets import SETS


def main(words: Sequence[str] | None = None) -> int:
    """Does what the words of a command line say; 1 if any set or address failed."""
    parser = argparse.ArgumentParser(prog="lth data", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    listed = commands.add_parser("list", help="what each paper needs, and where it was found")
    listed.add_argument("papers", nargs="*", metavar="PAPER", help="all if none is given")
    fetched = commands.add_parser("fetch", help="download what is not here, and compare it with its checksums")
    fetched.add_argument("wanted", nargs="*", metavar="PAPER|SET", help="all papers if none is given")
    fetched.add_argument("--scale", default="laptop", help="of the papers (default: %(default)s)")
    commands.add_parser("check", help="compare what is here with its checksums")
    commands.add_parser("addresses", help="ask each address whether it still gives its file")
    args = parser.parse_args(words)
    logging.basicConfig(format="%(message)s", level=logging.INFO)  # some take hours: what is done, and what it costs
    try:
        if args.command == "addresses":
            return addresses()
        from . import commands as at_hand  # needs the papers' schemas, which the check of addresses does without

        if args.command == "check":
            return at_hand.check()
        return at_hand.show(args.papers) if args.command == "list" else at_hand.fetch_all(args.wanted, args.scale)
    except (LTHError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def addresses() -> int:
    """Asks every address of every set, and prints what it answers."""
    urls = [url for entry in SETS.values() for address in entry.addresses for url in entry.urls(address)]
    answers = ask_all(urls)
    for url, reason in answers.items():
        print(f"{'ok' if not reason else 'NO'}  {url}{f': {reason}' if reason else ''}")
    failed = sum(bool(reason) for reason in answers.values())
    print(f"{len(answers) - failed} of {len(answers)} addresses answer")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
