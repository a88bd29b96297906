"""Command line: one verb each for what the twin does. Results go to stdout, progress and messages to stderr."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from twin.errors import InputError, ScenarioError, TwinError
from twin.tasks.terminal import (
    arguments,
    arguments_data,
    arguments_links,
    arguments_plan,
    data_verbs,
    interrupts,
    links_verb,
    words,
    words_of_data,
    words_of_links,
)

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
    if hasattr(options, "complete"):
        options.complete(options)
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
    for name, text, ask, run, show in _verbs():
        verb = verbs.add_parser(name, help=text, description=text)
        verb.add_argument(
            "-w", "--workspace", type=Path, default=Path("workspace"), help="folder of results (default: ./workspace)"
        )
        verb.add_argument("--json", action="store_true", help="print the result alone, as JSON, on stdout")
        verb.add_argument(
            "--seed", type=arguments.whole(0, 2**31 - 1), default=0, help="root of every random draw (default: 0)"
        )
        ask(verb)
        verb.set_defaults(run=run, show=show)
    return top


def _verbs() -> tuple[tuple[str, str, Callable, Callable, Callable], ...]:
    """Name, help, arguments, what is run, and what is said of it."""
    return (
        ("demo", "build the demo bundle, run everything on it and open the dashboard",
         arguments.of_demo, _demo, words.demo),
        ("ingest", "read a bundle, link prospects to customers, report problems, publish a dataset version",
         arguments_data.of_ingest, partial(data_verbs.ingest, tell=_tell), words_of_data.ingest),
        ("versions", "datasets and other results by age; compare two, or go back to one",
         arguments_data.of_versions, data_verbs.versions, words_of_data.versions),
        ("check", "quality of the data and readiness for a digital twin",
         arguments_links.of_check, partial(links_verb.check, tell=_tell), words_of_links.check),
        ("calibrate", "learn the market from the newest dataset",
         arguments.of_calibrate, _calibrate, words.calibrate),
        ("backtest", "forecasts as of past dates, against naive forecasts",
         arguments.of_backtest, _backtest, words.backtest),
        ("forecast", "run the baseline and each scenario from the end of history",
         arguments.of_forecast, _forecast, words.forecast),
        ("drivers", "what part of a scenario's difference comes from which of its parts",
         arguments.of_drivers, _drivers, words.drivers),
        ("optimize", "best call plan within limits, written as a scenario and run in the twin",
         arguments.of_optimize, _optimize, words.optimize),
        ("align", "territories of equal work and potential, each map lived through in the twin",
         arguments.of_align, _align, words.align),
        ("size", "how many reps and where, with the flat optimum and its band",
         arguments.of_size, _size, words.size),
        ("plan", "dated visit plan",
         arguments_plan.of_plan, _plan, words.plan),
        ("review", "target against actual, deviations, alerts, corrective actions",
         arguments.of_review, _review, words.review),
        ("calendar", "rivals' moves as the twin knows them; add, edit, confirm or reject one, with a reason",
         arguments.of_calendar, _calendar, words.calendar),
        ("erase", "take a person out of every version, keeping sums",
         arguments_data.of_erase, partial(data_verbs.erase, tell=_tell), words_of_data.erase),
        ("privacy", "which personal data are held where, who agreed to what, what was handed out and erased",
         arguments_data.of_privacy, data_verbs.privacy, words_of_data.privacy),
        ("links", "which rows of the lists are one outlet; merge, keep apart, leave open or undo, with a reason",
         arguments_links.of_links, links_verb.links, words_of_links.links),
        ("export", "any result as a table",
         arguments_data.of_export, data_verbs.export, words.export),
        ("dashboard", "serve the dashboard, on 127.0.0.1 unless people sign in",
         arguments.of_dashboard, _dashboard, words.nothing),
    )  # fmt: skip


# --- verbs -------------------------------------------------------------------------------------------------------


def _workspace(options: argparse.Namespace, create: bool = False) -> Any:
    from twin.workspace.store import Workspace

    return Workspace.open(options.workspace, create=create)


def _demo(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.demo import run_demo
    from twin.tasks.service.serve import serve

    result = run_demo(options.workspace, options.outlets, options.scenarios, options.seed, _tell, options.cluster)
    if not options.no_dashboard:
        print(words.demo(result), file=sys.stderr)
        serve(options.workspace, options.port)
    return result


def _calibrate(options: argparse.Namespace) -> dict[str, Any]:
    from twin.calibration.calibrate import CalibrationSettings
    from twin.calibration.health.examination import Depth
    from twin.tasks.learning.calibrate import run_calibration

    settings = CalibrationSettings(options.draws, options.seed, options.country)
    depth = Depth(not options.no_predictive, options.certificate)
    return run_calibration(
        _workspace(options), options.as_of, settings, _tell, options.mode, options.threads, options.fresh, depth
    )


def _backtest(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.learning.backtest import BacktestSettings, run_backtest

    settings = BacktestSettings(
        options.origins, options.draws, options.threads, options.seed, options.country, options.cluster, options.every
    )
    return run_backtest(_workspace(options), settings, _tell)


def _forecast(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.forecasts.forecast import ForecastSettings, run_forecast

    settings = ForecastSettings(
        options.weeks, options.draws, options.replicates, options.threads, options.seed, options.cluster
    )
    return run_forecast(_workspace(options), options.scenarios, settings, _tell)


def _drivers(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.forecasts.drivers import run_drivers
    from twin.tasks.forecasts.forecast import ForecastSettings

    settings = ForecastSettings(
        options.weeks, options.draws, options.replicates, options.threads, options.seed, options.cluster
    )
    return run_drivers(_workspace(options), options.scenario, settings, _tell)


def _optimize(options: argparse.Namespace) -> dict[str, Any]:
    from twin.planning.call_gain import Money
    from twin.tasks.field_force.optimize import run_optimize
    from twin.tasks.field_force.optimize_settings import OptimizeSettings, mode_of

    mode, keep = mode_of(options.mode, options.keep)
    settings = OptimizeSettings(
        mode, keep, options.goal or "", options.time_budget, options.name or "", options.form, options.max_visits,
        options.max_change, options.explore, not options.no_channels, Money(options.margin, options.hour_cost),
        options.weeks, options.draws, options.replicates, options.threads, options.seed, options.cluster,
    )  # fmt: skip
    return run_optimize(_workspace(options), options.scenario, settings, _tell)


def _align(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.field_force.align import run_align
    from twin.tasks.field_force.align_settings import AlignSettings

    settings = AlignSettings(
        options.by, options.most_moved / 100.0, tuple(options.lock_territory), tuple(options.lock_area),
        options.choose or "", options.name or "", options.out, _lived(options),
    )  # fmt: skip
    return run_align(_workspace(options), options.scenario, settings, _tell)


def _size(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.field_force.align_settings import SizeSettings
    from twin.tasks.field_force.size import run_size

    settings = SizeSettings(
        options.rep_cost, options.fewest, options.most, options.least, options.name or "", _lived(options)
    )
    return run_size(_workspace(options), options.scenario, settings, _tell)


def _lived(options: argparse.Namespace) -> Any:
    from twin.tasks.field_force.align_settings import RunSettings

    return RunSettings(
        options.weeks, options.draws, options.replicates, options.threads, options.seed, options.cluster, options.margin
    )


def _plan(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.terminal.plan_verb import plan_or_replan

    return plan_or_replan(_workspace(options), options, _tell)


def _review(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.plans.review import ReviewSettings, run_review

    settings = ReviewSettings(options.draws, options.replicates, options.threads, options.seed, options.cluster)
    return run_review(_workspace(options), settings, _tell)


def _calendar(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.terminal.calendar_verb import run_calendar

    return run_calendar(_workspace(options), options)


def _dashboard(options: argparse.Namespace) -> dict[str, Any]:
    from twin.tasks.service.serve import serve

    serve(options.workspace, options.port, options.address, options.access, options.secrets, options.host)
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
