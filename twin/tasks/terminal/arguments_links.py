"""Arguments of the verbs that judge the data: who is who, and how far the data carry.

Knows no verb, see :mod:`twin.cli`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from twin.tasks.terminal.arguments import locale, number, whole


def of_links(verb: argparse.ArgumentParser) -> None:
    """Of ``twin links``."""
    actions = ("list", "merge", "keep-apart", "undecided", "undo", "import", "export")
    verb.add_argument(
        "action", nargs="?", choices=actions, default="list", help="what to do with pairs of rows (default: list)"
    )
    verb.add_argument("what", nargs="*", metavar="PAIR", help="a pair's name, or its two ids; for import a table")
    verb.add_argument("--all", dest="every", action="store_true", help="list what the twin merged by itself, too")
    verb.add_argument(
        "--above", type=number(0, 1), metavar="P", help="in place of a pair: all that wait, from this probability"
    )
    verb.add_argument("--keep", default="", metavar="ID", help="of a merge: which of our own ids stands")
    verb.add_argument("--why", default="", help="reason, kept with the decision; needed for every change")
    verb.add_argument("--who", default="", help="who says so (default: the name of the login)")
    verb.add_argument("--out", type=Path, help="file to export to; its ending chooses csv, xlsx, parquet or json")
    locale(verb)


def of_check(verb: argparse.ArgumentParser) -> None:
    """Of ``twin check``."""
    verb.add_argument(
        "--worth", action="store_true",
        help="calibrate anew without, and with, what the data lack: what each gap costs in certainty; takes minutes",
    )  # fmt: skip
    verb.add_argument("--draws", type=whole(8, 1000), default=32, help="parameter draws for --worth (default: 32)")
    verb.add_argument("--weeks", type=whole(4, 260), default=26, help="horizon for --worth (default: 26)")
    verb.add_argument(
        "--repeats", type=whole(1, 20), default=2, help="times each change is run for --worth (default: 2)"
    )
    verb.add_argument("--threads", type=whole(1, 256), help="of this machine (default: one a core, at most 8)")
    verb.add_argument("--again", action="store_true", help="run --worth anew although it stands")
