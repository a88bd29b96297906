"""backtest: forecasts made as of past dates, scored against what came, beside naive forecasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from twin.errors import CalibrationError
from twin.forecast.executors import Executor, usual_threads
from twin.market.history import History
from twin.market.world import World
from twin.progress import Progress, silent
from twin.tasks.forecasts.execution import executor, versions
from twin.tasks.learning.backtest_origin import YEAR, Fold, OriginScores, look_back
from twin.tasks.learning.backtest_published import score_published
from twin.tasks.learning.backtest_report import said, score_rows, verdict
from twin.tasks.learning.country import country_of
from twin.tasks.learning.dark_half import time_machine_table
from twin.tasks.shelf import BACKTEST, load_dataset
from twin.weeks import monday, week_of
from twin.workspace.content import artefact_id
from twin.workspace.ledger import RunLedger
from twin.workspace.store import Workspace

_LEAST_TRAINING, _LEAST_AHEAD = 52, 13
_N_REPLICATES = 2


@dataclass(frozen=True)
class BacktestSettings:
    """How to look back.

    Parameters
    ----------
    n_origins : int
        The last one a year before the end of history.
    n_draws, seed : int
    n_threads : int, optional
        Of this machine; ``None``: one a core, at most eight.
    country : str
        Empty: found from where the customers are.
    cluster : str, optional
        Address of a Dask scheduler whose workers run the draws, instead of threads of this machine.
    every_months : int
        Time between origins.
    """

    n_origins: int = 1
    n_draws: int = 24
    n_threads: int | None = None
    seed: int = 0
    country: str = ""
    cluster: str | None = None
    every_months: int = 6


def run_backtest(
    workspace: Workspace, settings: BacktestSettings = BacktestSettings(), progress: Progress | None = None
) -> dict[str, Any]:
    """Backtest and publish. Finished origins are kept until then: the same command goes on where it was stopped.

    Parameters
    ----------
    workspace : Workspace
    settings : BacktestSettings
    progress : Progress, optional

    Returns
    -------
    dict
        ``rows`` (one a origin and measure: sums over the year), ``verdict``, which says where the naive forecast wins,
        ``scores`` (by measure, level, months ahead and method), ``weights`` (of blends), ``said`` (the verdict in
        words), ``origins``, ``notes``, and ``published``: forecasts that were published, against what has come since.

    Raises
    ------
    CalibrationError
        When history is too short for one origin.
    """
    world, history, dataset = load_dataset(workspace)
    origins = origins_of(history, settings)
    by, tell = executor(settings.n_threads or usual_threads(), settings.cluster), progress or silent
    fold = _fold(world, settings)
    deciding = {"backtest": dataset.id, "fold": vars(fold), "code": {k: v for k, v in versions().items() if v}}
    ledger = RunLedger(workspace.path, artefact_id(deciding))
    kept = ledger.finished(origins)
    found: list[OriginScores] = []
    for done, week in enumerate(origins):
        tell(done, len(origins), f"origin {monday(week)}")
        one = ledger.read(week) if week in kept else None
        if one is None:
            one = look_back(world, history, week, fold, by)
            ledger.keep(week, one)
        found.append(one)
    tell(len(origins), len(origins), "scores")
    result = _result(found, origins, history) | {"published": score_published(workspace, world, history)}
    version = workspace.publish(
        BACKTEST,
        {
            "backtest": pd.DataFrame(result["rows"]),
            "verdict": result["verdict"],
            "backtest_scores": pd.DataFrame(result["scores"]),
            "backtest_months": pd.concat([pd.DataFrame(part) for one in found for part in one.months]),
            "backtest_weights": pd.DataFrame(result["weights"]),
            "scored_forecasts": pd.DataFrame(result["published"]),
            "said": {"said": result["said"], "notes": result["notes"]},
            "time_machine": time_machine_table(world, history, origins[0], settings.seed),
        },
        {"n_origins": len(origins)},
        parents=(dataset.id,),
    )
    ledger.remove()
    return {"backtest": version, **result, "taken_up": list(ledger.notes)}


def origins_of(history: History, settings: BacktestSettings) -> list[int]:
    """Origins, the earliest first; they fall on the ends of months where any sales are known by months only.

    Raises
    ------
    CalibrationError
        When not even a quarter lies ahead of a first year.
    """
    monthly = [s.periods for s in (history.own_sales, history.audit, history.panel) if len(s)]
    monthly = [periods for periods in monthly if periods.kind == "month"]
    short, found = history.n_weeks < _LEAST_TRAINING + YEAR, []
    if monthly:
        stops = week_of(monthly[0].stop)
        first = int(np.searchsorted(stops, history.first_week + _LEAST_TRAINING))
        places = [len(stops) - 13 - settings.every_months * k for k in range(settings.n_origins)]
        places = [first] if short and first < len(stops) else places
        found = [int(stops[place]) for place in places if place >= first]
    if not monthly or not found:  # two years of weeks may hold less than two of whole months
        step = round(settings.every_months * YEAR / 12)
        found = [history.origin - YEAR - step * k for k in range(settings.n_origins)]
        found = [history.first_week + _LEAST_TRAINING] if short else found
    found = [week for week in found if week - history.first_week >= _LEAST_TRAINING]
    found = [week for week in found if history.origin - week >= _LEAST_AHEAD]
    if not found:
        raise CalibrationError(
            "history: expected at least fifteen months for a backtest, two years for one that looks a year ahead, "
            f"found {history.n_weeks} weeks. Add earlier sales."
        )
    return sorted(found)


def score_origin(
    world: World, history: History, week: int, settings: BacktestSettings, by: Executor | None = None
) -> list[dict[str, Any]]:
    """Forecast a year from ``week`` with what was known then, and score it: one row a measure.

    ``by`` runs the draws; threads of this machine when missing.
    """
    here = by or executor(settings.n_threads or usual_threads(), None)
    return list(look_back(world, history, week, _fold(world, settings), here).rows)


def _fold(world: World, settings: BacktestSettings) -> Fold:
    return Fold(settings.n_draws, _N_REPLICATES, settings.seed, country_of(world, settings.country))


def _result(found: list[OriginScores], origins: list[int], history: History) -> dict[str, Any]:
    rows = [row for one in found for row in one.rows]
    scores, weights = score_rows([tally for one in found for tally in one.tallies])
    return {
        "rows": rows,
        "verdict": verdict(rows),
        "scores": scores,
        "weights": weights,
        "said": said(scores),
        "origins": [monday(week).isoformat() for week in origins],
        "notes": _notes(history, origins),
    }


def _notes(history: History, origins: list[int]) -> list[str]:
    """What these data do not allow to be scored."""
    notes = []
    if not len(history.audit):
        what = "shares come from the panel alone" if len(history.panel) else "only our own volume can be scored"
        notes.append(f"no audits: {what}")
    if not len(history.touches):
        notes.append("no contacts are recorded: nothing can be lived again with the real ones")
    least = min(origins) - history.first_week
    if least < 2 * YEAR:
        notes.append(f"the first origin has {least} weeks to learn from: no season is known by then")
    ahead = history.origin - max(origins)
    if ahead < YEAR - 2:
        notes.append(f"only {ahead} weeks lie ahead of the last origin: later months are not scored")
    if len(origins) < 3:
        notes.append("fewer than three origins: differences between forecasts may be those of one year")
    return notes
