"""Arguments: what the verbs of the command line may be told, and how it is read.

Knows no verb, see :mod:`twin.cli`.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable
from pathlib import Path


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reader of a whole number within bounds."""

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, found {text!r}")
        return value

    return parse


def number(low: float, high: float) -> Callable[[str], float]:
    """Reader of a number within bounds."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected a number from {low:g} to {high:g}, found {text!r}")
        return value

    return parse


def date(text: str) -> dt.date:
    """A date such as 2026-01-05."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a date such as 2026-01-05, found {text!r}") from None


def _country(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--country", default="", help="whose moving feasts, such as TR (default: where customers are)")


def _cluster(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--cluster", metavar="ADDRESS", help="Dask scheduler whose workers run the draws: tcp://HOST:8786"
    )


def locale(verb: argparse.ArgumentParser) -> None:
    """``--locale``."""
    verb.add_argument("--locale", choices=["", "tr"], default="", help="tr: semicolons and decimal commas in CSV")


def _ensemble(verb: argparse.ArgumentParser, draws: int, replicates: int) -> None:
    verb.add_argument(
        "--draws", type=whole(1, 10_000), default=draws, help="parameter draws to run (default: %(default)s)"
    )
    verb.add_argument(
        "--replicates", type=whole(1, 1000), default=replicates, help="seeds of luck a draw (default: %(default)s)"
    )
    verb.add_argument("--threads", type=whole(1, 256), help="of this machine (default: one a core, at most 8)")
    _cluster(verb)


def of_demo(verb: argparse.ArgumentParser) -> None:
    """Of ``twin demo``."""
    verb.add_argument("--no-dashboard", action="store_true", help="stop before the dashboard")
    verb.add_argument("--port", type=whole(1, 65535), default=8501, help="of the dashboard (default: 8501)")
    verb.add_argument(
        "--outlets", type=whole(400, 1_000_000), default=3000, help="size of the made-up market (default: 3000)"
    )
    verb.add_argument(
        "--scenarios", type=Path, default=None, help="folder of scenario files (default: those that come with the twin)"
    )
    _cluster(verb)


def of_calibrate(verb: argparse.ArgumentParser) -> None:
    """Of ``twin calibrate``."""
    verb.add_argument("--as-of", type=date, metavar="DATE", help="hide all that is later")
    verb.add_argument("--draws", type=whole(2, 10_000), default=100, help="parameter draws to keep (default: 100)")
    verb.add_argument("--fresh", action="store_true", help="forget what earlier calibrations of this company knew")
    verb.add_argument(
        "--certificate", type=whole(0, 1000), default=0, metavar="N",
        help="histories of known truth to calibrate anew, for the recovery certificate (default: 0, not made)",
    )  # fmt: skip
    verb.add_argument("--no-predictive", action="store_true", help="do not foretell last year for the health card")
    verb.add_argument(
        "--mode", choices=["none", "quick", "standard", "full"],
        help="simulated histories for what cannot be seen directly: 0, 256, 1024, 4096 (default: by size)",
    )  # fmt: skip
    verb.add_argument("--threads", type=whole(1, 256), help="of this machine (default: one a core, at most 8)")
    _country(verb)


def of_backtest(verb: argparse.ArgumentParser) -> None:
    """Of ``twin backtest``."""
    verb.add_argument("--origins", type=whole(1, 20), default=3, help="past dates to forecast from (default: 3)")
    verb.add_argument(
        "--every",
        type=whole(1, 12),
        default=6,
        metavar="MONTHS",
        help="between origins; the last lies a year back (default: 6)",
    )
    verb.add_argument("--draws", type=whole(2, 1000), default=24, help="parameter draws (default: 24)")
    verb.add_argument("--threads", type=whole(1, 256), help="of this machine (default: one a core, at most 8)")
    _country(verb)
    _cluster(verb)


def of_forecast(verb: argparse.ArgumentParser) -> None:
    """Of ``twin forecast``."""
    verb.add_argument(
        "scenarios", type=Path, nargs="*", metavar="SCENARIO.toml", help="scenario files; none runs the baseline alone"
    )
    verb.add_argument(
        "--weeks", type=whole(1, 520), help="horizon (default: the longest that a scenario names, else 52)"
    )
    _ensemble(verb, 40, 2)


def of_drivers(verb: argparse.ArgumentParser) -> None:
    """Of ``twin drivers``."""
    verb.add_argument("scenario", type=Path, metavar="SCENARIO.toml")
    verb.add_argument("--weeks", type=whole(1, 520), help="horizon (default: the scenario's, else 52)")
    _ensemble(verb, 24, 1)


def of_optimize(verb: argparse.ArgumentParser) -> None:
    """Of ``twin optimize``."""
    goals = ("own_volume", "own_share", "own_value", "contribution")
    verb.add_argument(
        "scenario", type=Path, nargs="?", metavar="SCENARIO.toml",
        help="what holds beside the call plan: goal, horizon, field force, service promised (default: as today)",
    )  # fmt: skip
    verb.add_argument(
        "--mode", choices=["fresh", "increment", "keep"],
        help="fresh: from nothing; increment: only capacity beyond today's; keep: with --keep (default: fresh)",
    )  # fmt: skip
    verb.add_argument(
        "--keep", type=number(0, 100), metavar="PCT", help="every customer keeps this part of today's visits"
    )
    verb.add_argument("--goal", choices=goals, help="what is maximised (default: as the scenario has it)")
    verb.add_argument(
        "--time-budget", type=number(0, 100_000), default=10.0, metavar="SECONDS",
        help="of the exact search; 0: none, the gap is proven all the same (default: 10)",
    )  # fmt: skip
    verb.add_argument("--name", help="of the new scenario (default: the old one's, optimised)")
    verb.add_argument(
        "--form", choices=["auto", "list", "rules"], default="auto",
        help="list: customers by name; rules: conditions on attributes (default: names where they have room)",
    )  # fmt: skip
    verb.add_argument("--max-visits", type=number(0, 31), metavar="A_MONTH", help="to any customer")
    verb.add_argument("--max-change", type=number(0, 31), metavar="A_MONTH", help="of any customer's visits")
    verb.add_argument(
        "--explore", type=number(0, 1), default=0.0, metavar="SHARE",
        help="of every territory's capacity, reserved for those who do not buy from us (default: 0)",
    )  # fmt: skip
    verb.add_argument("--no-channels", action="store_true", help="visits alone, no contacts on other channels")
    verb.add_argument(
        "--margin", type=number(0, 1), default=1.0, metavar="SHARE", help="of the price, for contribution (default: 1)"
    )
    verb.add_argument(
        "--hour-cost", type=number(0, 1e9), default=0.0, metavar="MONEY",
        help="of an hour of a rep's time, for contribution (default: 0)",
    )  # fmt: skip
    verb.add_argument("--weeks", type=whole(1, 520), help="horizon (default: the scenario's, else 52)")
    verb.add_argument("--draws", type=whole(1, 10_000), default=40, help="parameter draws to run (default: 40)")
    verb.add_argument("--replicates", type=whole(1, 1000), default=2, help="seeds of luck a draw (default: 2)")
    verb.add_argument("--threads", type=whole(1, 256), help="(default: one a core, at most eight)")
    _cluster(verb)


def of_align(verb: argparse.ArgumentParser) -> None:
    """Of ``twin align``."""
    verb.add_argument(
        "scenario", type=Path, nargs="?", metavar="SCENARIO.toml", help="what holds beside the map (default: as today)"
    )
    verb.add_argument(
        "--by", choices=["both", "workload", "potential"], default="both", help="what is balanced (default: both)"
    )
    verb.add_argument(
        "--most-moved", type=number(0, 100), default=100.0, metavar="PCT",
        help="of the known customers that may change hands (default: 100)",
    )  # fmt: skip
    verb.add_argument(
        "--lock-territory", action="append", default=[], metavar="ID", help="keeps what it has; may be repeated"
    )
    verb.add_argument(
        "--lock-area", action="append", default=[], metavar="ID", help="brick, or customer, that stays; may be repeated"
    )
    verb.add_argument(
        "--choose", metavar="MAP", help="name of a map of the frontier (default: the one that earns most in the twin)"
    )
    verb.add_argument("--out", type=Path, help="folder for the map before and after, as GeoJSON and SVG")
    _written(verb, draws=24, replicates=1)


def of_size(verb: argparse.ArgumentParser) -> None:
    """Of ``twin size``."""
    verb.add_argument(
        "scenario", type=Path, nargs="?", metavar="SCENARIO.toml", help="what holds beside the size (default: as today)"
    )
    verb.add_argument(
        "--rep-cost", type=number(0, 1e12), required=True, metavar="MONEY", help="of a rep in full, a year"
    )
    verb.add_argument(
        "--from", dest="fewest", type=whole(0, 100_000), metavar="REPS", help="(default: half of today's)"
    )
    verb.add_argument("--to", dest="most", type=whole(1, 100_000), metavar="REPS", help="(default: twice today's)")
    verb.add_argument(
        "--least", type=whole(0, 1000), default=1, metavar="REPS", help="that a staffed territory keeps (default: 1)"
    )
    _written(verb, draws=24, replicates=1)


def _written(verb: argparse.ArgumentParser, draws: int, replicates: int) -> None:
    """Of verbs that write a scenario and live through it."""
    verb.add_argument("--name", help="of the new scenario")
    verb.add_argument(
        "--margin", type=number(0, 1), default=1.0, metavar="SHARE", help="of the price that remains (default: 1)"
    )
    verb.add_argument("--weeks", type=whole(1, 520), help="horizon (default: the scenario's, else 156)")
    verb.add_argument("--draws", type=whole(1, 10_000), default=draws, help=f"parameter draws (default: {draws})")
    verb.add_argument(
        "--replicates", type=whole(1, 1000), default=replicates, help=f"seeds of luck a draw (default: {replicates})"
    )
    verb.add_argument("--threads", type=whole(1, 256), help="(default: one a core, at most eight)")
    _cluster(verb)


def of_review(verb: argparse.ArgumentParser) -> None:
    """Of ``twin review``."""
    verb.add_argument("--draws", type=whole(1, 10_000), default=40, help="parameter draws (default: 40)")
    verb.add_argument("--replicates", type=whole(1, 1000), default=1, help="seeds of luck a draw (default: 1)")
    verb.add_argument("--threads", type=whole(1, 256), help="(default: one a core, at most eight)")
    _cluster(verb)


def of_calendar(verb: argparse.ArgumentParser) -> None:
    """Of ``twin calendar``."""
    actions = ("list", "add", "edit", "confirm", "reject", "import", "export")
    verb.add_argument(
        "action", nargs="?", choices=actions, default="list", help="what to do with the rivals' moves (default: list)"
    )
    verb.add_argument("what", nargs="?", default="", metavar="ID|FILE", help="a move's id, or a table to import")
    verb.add_argument("--brand", default="", help="whose move, to add one")
    verb.add_argument("--start", type=date, metavar="DATE", help="first day of the move")
    verb.add_argument("--end", type=date, metavar="DATE", help="last day of the move")
    verb.add_argument("--strength", type=number(0, 10), help="1 = the brand's average (default: as the data have it)")
    verb.add_argument("--territories", metavar="T1,T2", help="where it runs; all: everywhere (default)")
    verb.add_argument("--series", action="store_true", help="say it of every move that returns with this one")
    verb.add_argument("--why", default="", help="reason, kept with the remark; needed for every change")
    verb.add_argument("--who", default="", help="who says so (default: the name of the login)")
    verb.add_argument("--out", type=Path, help="file to export to; its ending chooses csv, xlsx, parquet or json")
    locale(verb)


def of_dashboard(verb: argparse.ArgumentParser) -> None:
    """Of ``twin dashboard``."""
    verb.add_argument("--port", type=whole(1, 65535), default=8501, help="(default: 8501)")
    verb.add_argument(
        "--address", default="127.0.0.1", help="to listen on; any other needs a sign-in (default: 127.0.0.1)"
    )
    verb.add_argument("--access", type=Path, metavar="FILE", help="TOML file: who may do what, once signed in")
    verb.add_argument("--secrets", type=Path, metavar="FILE", help="TOML file of mode 600: the provider of the sign-in")
    verb.add_argument("--host", action="append", default=[], metavar="NAME", help="further name that browsers may use")
