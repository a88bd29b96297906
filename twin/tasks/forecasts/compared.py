"""Compared: scenarios of a published forecast side by side: which is best, what each asks for, what has become old.

Reads and picks; runs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from twin.errors import ScenarioError, WorkspaceError
from twin.market.channels import STANDARD, VISIT
from twin.scenario import files
from twin.scenario.scenario import BASELINE_NAME
from twin.tasks.forecasts import drivers, scenario_library
from twin.tasks.forecasts.published import Published, published_forecasts
from twin.workspace.catalogue import FILE_NAME
from twin.workspace.store import Workspace

SURE = 0.8
"""Part of runs in which a scenario must be the best one to be called so."""
NEWER_CALIBRATION, NEWER_DATA, CHANGED = "newer_calibration", "newer_data", "changed_scenario"
_LATEST = 20


def forecasts(workspace: Path) -> list[Published]:
    """The latest forecasts, newest first."""
    if not (Path(workspace) / FILE_NAME).is_file():
        return []
    return published_forecasts(Workspace.open(workspace, create=False))[:_LATEST]


def best_in(runs: pd.DataFrame, names: Sequence[str]) -> dict[str, float]:
    """Part of runs in which each of some scenarios, and the baseline, sells most; ties are shared.

    Parameters
    ----------
    runs : DataFrame
        See :func:`twin.forecast.compare.run_columns`; empty for a forecast that was made before this was kept.
    names : sequence of str
        Scenarios to be compared.

    Returns
    -------
    dict
        By name, the baseline included; empty without runs.
    """
    if not len(runs):
        return {}
    wide = runs.pivot(index="run", columns="scenario", values="own_volume")
    wide = wide[[name for name in (BASELINE_NAME, *names) if name in wide]]
    most = wide.eq(wide.max(axis=1), axis=0)
    part = most.div(most.sum(axis=1), axis=0).mean()
    return {str(name): float(value) for name, value in part.items()}


def out_of_date(workspace: Path, forecast: str) -> dict[str, list[str]]:
    """What has come after a forecast, by what it is.

    Returns
    -------
    dict
        ``newer_calibration`` and ``newer_data`` with their ids; ``changed_scenario`` with the names of scenarios whose
        file says something else now, or has gone. Without what does not apply.
    """
    store = Workspace.open(workspace, create=False)
    one = next((each for each in published_forecasts(store) if each.version.id == forecast), None)
    if one is None:
        raise WorkspaceError(f"{forecast}: expected a forecast of this workspace, found none of that id.")
    found: dict[str, list[str]] = {}
    if not one.of_newest_calibration:
        found[NEWER_CALIBRATION] = [one.calibration.id]
    if not one.of_newest_dataset:
        found[NEWER_DATA] = [one.dataset.id]
    texts = store.document(one.version, "scenarios")
    now = texts_now(workspace)
    if isinstance(texts, dict) and (changed := [name for name, text in texts.items() if text not in now.get(name, [])]):
        found[CHANGED] = changed
    return found


def texts_now(workspace: Path) -> dict[str, list[str]]:
    """What scenario files say now, in the form that a forecast keeps, by name."""
    said: dict[str, list[str]] = {}
    for each in scenario_library.library(workspace):
        try:
            name, text = files.load(each.path).name, files.canonical(each.path)
        except ScenarioError:
            continue
        said.setdefault(name, []).append(text)
    return said


def file_of(workspace: Path, name: str, text: str = "") -> Path | None:
    """The file of a scenario, by its name and, where given, by what it says; ``None`` where there is none."""
    for each in scenario_library.library(workspace):
        if each.name == name and not each.fault and (not text or files.canonical(each.path) == text):
            return each.path
    return None


def asks(row: dict[str, Any], baseline: dict[str, Any], weeks: int) -> dict[str, Any]:
    """What a scenario asks for, beside the baseline.

    Parameters
    ----------
    row, baseline : dict
        Of a forecast's ``scenarios``.
    weeks : int
        Horizon.

    Returns
    -------
    dict
        ``visits`` and ``visits_change`` (a week), ``others_change`` (contacts a week on other channels), ``reps``,
        ``rep_years``, ``customers_moved``, ``promotion_weeks`` (``None`` in forecasts that do not say).
    """
    visit = STANDARD[VISIT]
    here, there = row["contacts"], baseline["contacts"]
    others, before = (sum(n for name, n in each.items() if name != visit) for each in (here, there))
    told = row.get("costs") or {}
    return {
        "visits": here.get(visit, 0.0) / weeks,
        "visits_change": (here.get(visit, 0.0) - there.get(visit, 0.0)) / weeks,
        "others_change": (others - before) / weeks,
        **{name: told.get(name) for name in ("reps", "rep_years", "customers_moved", "promotion_weeks")},
    }


def mixed(outlook: dict[str, Any], measure: str) -> dict[str, Any] | None:
    """The baseline month by month, mixed with simple forecasts as their past skill has earned.

    Parameters
    ----------
    outlook : dict
        A forecast's result.
    measure : str
        ``own_volume`` or ``own_share``.

    Returns
    -------
    dict or None
        ``rows`` as from :func:`twin.forecast.blend_ahead.mixed_months`; ``blend`` and ``twin``: sums of their medians.
        ``None`` where no backtest of the same data stood, or nothing simple has earned a part.
    """
    rows = ((outlook.get("looking_back") or {}).get("blend") or {}).get(measure, ())
    if not any(row["partner"] for row in rows):
        return None
    return {"rows": list(rows), **{name: sum(row[name]["p50"] for row in rows) for name in ("blend", "twin")}}


def drivers_of(workspace: Path, forecast: str, name: str) -> dict[str, Any] | None:
    """The newest attribution of a scenario as a forecast ran it; ``None`` where nobody has asked yet."""
    store = Workspace.open(workspace, create=False)
    version = store.version(forecast)
    texts = store.document(version, "scenarios")
    text = texts.get(name, "") if isinstance(texts, dict) else ""
    return drivers.newest_drivers(store, text, version.parents[0])
