"""Command line: one verb each for what the twin does. Results go to stdout, progress and messages to stderr."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twin.errors import InputError, ScenarioError, TwinError
from twin.tasks import interrupts, words

# verbs import what they need when they are called, so that --help answers at once


INTERRUPTED = 130
"""Exit status of a command that Ctrl-C ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Without the program's name; the process's own when missing.

    Returns
    -------
    int
        0 done, 1 the data or the request is at fault, 2 wrong usage, 130 interrupted.
    """
    options = parser().parse_args(argv)
    try:
        with interrupts.heard():
            result = options.run(options)
    except TwinError as error:
        _complain(error, options.json)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Nothing half-written; the last published state stands.", file=sys.stderr)
        return INTERRUPTED
    text = json.dumps(result, ensure_ascii=False, default=str) if options.json else options.show(result)
    try:
        if text:
            print(text, flush=True)
    except BrokenPipeError:
        # the reader has gone; without this Python would complain once more when it closes stdout
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def parser() -> argparse.ArgumentParser:
    """Every verb and option."""
    top = argparse.ArgumentParser(prog="twin", description="A calibrated digital twin of a sales territory.")
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, text, arguments, run, show in _verbs():
        verb = verbs.add_parser(name, help=text, description=text)
        verb.add_argument(
            "-w", "--workspace", type=Path, default=Path("workspace"), help="folder of results (default: ./workspace)"
        )
        verb.add_argument("--json", action="store_true", help="print the result alone, as JSON, on stdout")
        verb.add_argument("--seed", type=_whole(0, 2**31 - 1), default=0, help="root of every random draw (default: 0)")
        arguments(verb)
        verb.set_defaults(run=run, show=show)
    return top


def _verbs() -> tuple[tuple[str, str, Callable, Callable, Callable], ...]:
    """Name, help, arguments, what is run, and what is said of it."""
    return (
        ("demo", "build the demo bundle, run everything on it and open the dashboard",
         _demo_arguments, _demo, words.demo),
        ("ingest", "read a bundle, link prospects to customers, report problems, publish a dataset version",
         _ingest_arguments, _ingest, words.ingest),
        ("check", "quality of the data and readiness for a digital twin",
         _no_arguments, _check, words.check),
        ("calibrate", "learn the market from the newest dataset",
         _calibrate_arguments, _calibrate, words.calibrate),
        ("backtest", "forecasts as of past dates, against naive forecasts",
         _backtest_arguments, _backtest, words.backtest),
        ("forecast", "run the baseline and each scenario from the end of history",
         _forecast_arguments, _forecast, words.forecast),
        ("plan", "dated visit plan",
         _plan_arguments, _plan, words.plan),
        ("export", "any result as a table",
         _export_arguments, _export, words.export),
        ("dashboard", "serve the dashboard on 127.0.0.1",
         _dashboard_arguments, _dashboard, words.nothing),
    )  # fmt: skip


# --- arguments ---------------------------------------------------------------------------------------------------


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"expected a whole number from {low} to {high}, found {text!r}")
        return value

    return parse


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a date such as 2026-01-05, found {text!r}") from None


def _no_arguments(verb: argparse.ArgumentParser) -> None:
    pass


def _country_argument(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--country", default="", help="whose moving feasts, such as TR (default: where customers are)")


def _cluster_argument(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--cluster", metavar="ADDRESS", help="Dask scheduler whose workers run the draws: tcp://HOST:8786"
    )


def _locale_argument(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--locale", choices=["", "tr"], default="", help="tr: semicolons and decimal commas in CSV")


def _demo_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--no-dashboard", action="store_true", help="stop before the dashboard")
    verb.add_argument("--port", type=_whole(1, 65535), default=8501, help="of the dashboard (default: 8501)")
    verb.add_argument(
        "--outlets", type=_whole(400, 1_000_000), default=3000, help="size of the made-up market (default: 3000)"
    )
    verb.add_argument(
        "--scenarios", type=Path, default=None, help="folder of scenario files (default: those that come with the twin)"
    )
    _cluster_argument(verb)


def _ingest_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("folder", type=Path, help="folder with the bundle's tables")
    verb.add_argument("--mapping", type=Path, help="TOML file that renames tables and columns and states formats")


def _calibrate_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--as-of", type=_date, metavar="DATE", help="hide all that is later")
    verb.add_argument("--draws", type=_whole(2, 10_000), default=100, help="parameter draws to keep (default: 100)")
    _country_argument(verb)


def _backtest_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--origins", type=_whole(1, 20), default=1, help="a year apart (default: 1)")
    verb.add_argument("--draws", type=_whole(2, 1000), default=24, help="parameter draws (default: 24)")
    _country_argument(verb)
    _cluster_argument(verb)


def _forecast_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "scenarios", type=Path, nargs="*", metavar="SCENARIO.toml", help="scenario files; none runs the baseline alone"
    )
    verb.add_argument(
        "--weeks", type=_whole(1, 520), help="horizon (default: the longest that a scenario names, else 52)"
    )
    verb.add_argument("--draws", type=_whole(1, 10_000), default=40, help="parameter draws to run (default: 40)")
    verb.add_argument("--replicates", type=_whole(1, 1000), default=2, help="seeds of luck a draw (default: 2)")
    verb.add_argument("--threads", type=_whole(1, 256), help="of this machine (default: one a core, at most 8)")
    _cluster_argument(verb)


def _plan_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("scenario", type=Path, metavar="SCENARIO.toml")
    verb.add_argument("--start", type=_date, metavar="DATE", help="first day (default: the Monday after history ends)")
    verb.add_argument("--weeks", type=_whole(1, 26), default=4, help="(default: 4)")
    verb.add_argument("--out", type=Path, help="folder for the files (default: none are written)")
    verb.add_argument("--formats", default="csv,xlsx,ics,geojson", help="(default: csv,xlsx,ics,geojson)")
    _locale_argument(verb)


def _export_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("table", help="potential, parameters, rival_calendar, forecast, comparison, plan, ...")
    verb.add_argument(
        "--out", type=Path, required=True, help="file; its ending chooses csv, xlsx, parquet, json or geojson"
    )
    _locale_argument(verb)


def _dashboard_arguments(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--port", type=_whole(1, 65535), default=8501, help="(default: 8501)")


# --- verbs -------------------------------------------------------------------------------------------------------


def _workspace(options: argparse.Namespace, create: bool = False) -> Any:
    from twin.workspace.store import Workspace

    return Workspace.open(options.workspace, create=create)


def _demo(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.demo import run_demo
    from twin.tasks.serve import serve

    result = run_demo(options.workspace, options.outlets, options.scenarios, options.seed, _tell, options.cluster)
    if not options.no_dashboard:
        print(words.demo(result), file=sys.stderr)
        serve(options.workspace, options.port)
    return result


def _ingest(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.ingest import run_ingest

    return run_ingest(options.workspace, options.folder, options.mapping, _tell)


def _check(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.check import run_check

    return run_check(_workspace(options))


def _calibrate(options: argparse.Namespace) -> dict[str, Any]:
    from twin.calibration.calibrate import CalibrationSettings
    from twin.tasks.calibrate import run_calibration

    settings = CalibrationSettings(options.draws, options.seed, options.country)
    return run_calibration(_workspace(options), options.as_of, settings, _tell)


def _backtest(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.backtest import BacktestSettings, run_backtest

    settings = BacktestSettings(options.origins, options.draws, None, options.seed, options.country, options.cluster)
    return run_backtest(_workspace(options), settings, _tell)


def _forecast(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.forecast import ForecastSettings, run_forecast

    settings = ForecastSettings(
        options.weeks, options.draws, options.replicates, options.threads, options.seed, options.cluster
    )
    return run_forecast(_workspace(options), options.scenarios, settings, _tell)


def _plan(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.plan import run_plan

    formats = [name.strip() for name in options.formats.split(",") if name.strip()]
    return run_plan(
        _workspace(options), options.scenario, options.start, options.weeks, options.out, formats, options.locale, _tell
    )


def _export(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.export import run_export

    return run_export(_workspace(options), options.table, options.out, options.locale)


def _dashboard(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.serve import serve

    serve(options.workspace, options.port)
    return {}


# --- messages ----------------------------------------------------------------------------------------------------


def _tell(done: int, total: int, phrase: str) -> None:
    """Progress: on a terminal one line that renews itself, elsewhere a line a step."""
    interrupts.check()
    text = f"[{done}/{total}] {phrase}"
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="\n" if done >= total else "", file=sys.stderr, flush=True)
    elif total <= 12 or done in (0, total) or done % max(total // 10, 1) == 0:
        print(text, file=sys.stderr, flush=True)


def _complain(error: TwinError, as_json: bool) -> None:
    problems = error.problems if isinstance(error, InputError | ScenarioError) else ()
    if as_json and problems:
        print(
            json.dumps({"problems": [problem.as_dict() for problem in problems]}, ensure_ascii=False), file=sys.stderr
        )
        return
    print(f"twin: {error}", file=sys.stderr)
