"""Arguments of the plan: scenario, days, working hours, absences, and making a plan anew around its planner's edits."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from twin.tasks.terminal.arguments import date, locale, whole


def of_plan(verb: argparse.ArgumentParser) -> None:
    """Of ``twin plan``."""
    verb.set_defaults(complete=partial(_complete, verb))
    verb.add_argument(
        "scenario", type=Path, nargs="?", metavar="SCENARIO.toml",
        help="what is planned for; not needed with --replan",
    )  # fmt: skip
    verb.add_argument("--start", type=date, metavar="DATE", help="first day (default: the Monday after history ends)")
    verb.add_argument("--weeks", type=whole(1, 26), default=4, help="(default: 4)")
    verb.add_argument(
        "--hours", type=span, metavar="FROM-TO", help="working day, from home and back (default: 09:00-18:00)"
    )
    verb.add_argument(
        "--lunch", type=span, metavar="FROM-TO",
        help="lunch is taken in between; the same time twice: none (default: 12:00-14:45)",
    )  # fmt: skip
    verb.add_argument("--lunch-minutes", type=whole(0, 240), metavar="N", help="length of lunch (default: 45)")
    verb.add_argument("--most-a-day", type=whole(1, 100), metavar="N", help="visits of a rep in one day (default: 15)")
    verb.add_argument("--visit-minutes", type=whole(1, 480), metavar="N", help="length of a visit (default: 25)")
    verb.add_argument(
        "--absent", action="append", default=[], metavar="REP:FIRST:LAST",
        help="days on which a rep does not work; may be repeated",
    )  # fmt: skip
    verb.add_argument(
        "--absences", type=Path, metavar="FILE.csv", help="the same as a table: rep_id, from, to, both days included"
    )
    verb.add_argument(
        "--max-drive", type=whole(1, 1440), dest="most_drive_minutes", metavar="MINUTES",
        help="of a rep on the road in one day (default: no limit)",
    )  # fmt: skip
    verb.add_argument(
        "--overnight", action="store_const", const=True,
        help="reps may spend the night near customers instead of driving home",
    )  # fmt: skip
    _roads(verb)
    verb.add_argument(
        "--replan", "--keep", nargs="?", const="", metavar="PLAN",
        help="draw up a plan anew (default: the newest; or the folder of its CSV) around absences and around what its "
        "planner locked, moved, added or dropped in the dashboard; all else changes as little as possible",
    )  # fmt: skip
    verb.add_argument(
        "--from", type=date, dest="from_date", metavar="DATE",
        help="with --replan: first day of which anything may change",
    )  # fmt: skip
    verb.add_argument(
        "--keep-edits",
        action="store_true",
        help="a new plan keeps what was locked, moved, added or dropped in the last",
    )
    verb.add_argument("--out", type=Path, help="folder for the files (default: none are written)")
    verb.add_argument(
        "--formats", default="csv,xlsx,ics,geojson", help="(default: csv,xlsx,ics,geojson; also gpx, pdf, crm)"
    )
    verb.add_argument("--crm", type=Path, metavar="FILE.toml", help="columns of a customer system, for the format crm")
    locale(verb)


def _complete(verb: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """A plan is for a scenario, unless one that stands is drawn up anew."""
    if options.scenario is None and options.replan is None:
        verb.error("expected SCENARIO.toml, or --replan")


def _roads(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--matrix", type=Path, metavar="FILE.csv",
        help="measured ways: o, d, min, km; a rep's id stands for its home (default: great circles)",
    )  # fmt: skip
    verb.add_argument(
        "--osrm", default="", metavar="URL", help="road engine to ask for ways; nobody is asked without it"
    )
    verb.add_argument(
        "--turns", type=whole(0, 100_000), dest="turns_per_visit", metavar="N",
        help="of the search for every visit; more give shorter ways (default: 80)",
    )  # fmt: skip


def span(text: str) -> tuple[float, float]:
    """Two times of the day as hours: ``09:00-18:30`` is ``(9.0, 18.5)``."""
    try:
        clocks = [part.split(":") for part in text.split("-")]
        hours = [int(clock[0]) + (int(clock[1]) if len(clock) > 1 else 0) / 60 for clock in clocks]
        first, last = hours
    except (ValueError, IndexError) as error:
        raise argparse.ArgumentTypeError(f"expected two times like 09:00-18:00, found {text!r}") from error
    if not 0.0 <= first <= last <= 24.0:
        raise argparse.ArgumentTypeError(f"expected an earlier and a later time of one day, found {text!r}")
    return first, last
