"""Results: what a workspace holds, as screens and reports read it.

Reads and picks, computes no more than sums of what was published. Knows no screen.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from twin.errors import ScenarioError
from twin.scenario import files
from twin.tasks.data.check import verdict
from twin.tasks.learning.country import zone_of
from twin.tasks.plans.plan_cancelled import as_cancelled, cancelled_in
from twin.tasks.privacy import handed_out
from twin.tasks.privacy.consent import still_agreed
from twin.tasks.shelf import ALLOCATION, BACKTEST, CALIBRATION, DATASET, ERASURE, FORECAST, PLAN
from twin.workspace import plan_files
from twin.workspace.catalogue import FILE_NAME, Version
from twin.workspace.store import Workspace

KINDS = (DATASET, CALIBRATION, FORECAST, PLAN, BACKTEST, ALLOCATION)
SCENARIOS = "scenarios"
_YEAR_WEEKS = 52
_HISTORY_WEEKS = 156


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario file that may be run.

    Parameters
    ----------
    path : Path
    name : str
        As the scenario calls itself; the file's name where it cannot be read.
    note : str
    fault : str
        Why it cannot be read; empty when it can.
    """

    path: Path
    name: str
    note: str
    fault: str = ""


def heads(workspace: Path) -> dict[str, Version]:
    """Newest version of each kind that there is; nothing where there is no workspace."""
    if not (Path(workspace) / FILE_NAME).is_file():
        return {}
    store = Workspace.open(workspace, create=False)
    found = {kind: store.head(kind) for kind in KINDS}
    return {kind: version for kind, version in found.items() if version is not None}


def mark(workspace: Path) -> str:
    """What is another one after every change of what was published; empty while one is being written, or without any.

    A few bytes of one file are read: what was read before the same mark still holds.
    """
    if not (Path(workspace) / FILE_NAME).is_file():
        return ""
    return Workspace(Path(workspace)).mark()


def last_erasure(workspace: Path) -> str:
    """Id of the last erasure, after which what was read before must be forgotten; empty before the first."""
    if not (Path(workspace) / FILE_NAME).is_file():
        return ""
    found = Workspace.open(workspace, create=False).head(ERASURE)
    return "" if found is None else found.id


def table(workspace: Path, version: str, part: str) -> pd.DataFrame:
    """A table of a version; empty where the version lacks it."""
    store = Workspace.open(workspace, create=False)
    found = store.version(version)
    return store.table(found, part) if store.has(found, part) else pd.DataFrame()


def document(workspace: Path, version: str, part: str) -> Any:
    """A document of a version; an empty one where the version lacks it."""
    store = Workspace.open(workspace, create=False)
    found = store.version(version)
    return store.document(found, part) if store.has(found, part) else {}


def parent(workspace: Path, version: str) -> str:
    """Id of the version that a version was made from first; empty where there is none."""
    return next(iter(Workspace.open(workspace, create=False).version(version).parents), "")


def readiness(workspace: Path, dataset: str) -> dict[str, Any]:
    """Readiness of a dataset with its score and its verdict of one word."""
    ready = document(workspace, dataset, "readiness")
    scores = [row["score"] for row in ready.get("criteria", ())]
    return {**ready, "score": sum(scores) / max(len(scores), 1), "verdict": verdict(scores)}


def bricks(workspace: Path, calibration: str) -> pd.DataFrame:
    """Bricks with what is unknown in them.

    Returns
    -------
    DataFrame
        ``brick_id``, ``territory_id``, ``lon``, ``lat`` (``nan`` when unknown), ``shape`` (GeoJSON geometry wound for
        drawing on a globe, or ``None``), ``n_known``, ``n_unknown``, ``unknown_volume`` (category, units a week).
    """
    store = Workspace.open(workspace, create=False)
    version = store.version(calibration)
    dataset = store.version(version.parents[0])
    if not store.has(dataset, "table_bricks"):
        return pd.DataFrame()
    listed = store.table(dataset, "table_bricks")
    potential = store.table(version, "potential", ["known", "category_mean", "brick_id"])
    unknown = potential[~potential["known"]].groupby("brick_id")["category_mean"].agg(["size", "sum"])
    known = potential[potential["known"]].groupby("brick_id").size()
    names = listed["brick_id"]
    place = {name: listed.get(name, np.nan) for name in ("lon", "lat")}
    shapes = [_shape(text) for text in listed["geometry"]] if "geometry" in listed else [None] * len(listed)
    return pd.DataFrame(
        {
            "brick_id": names,
            "name": listed["name"].fillna(names) if "name" in listed else names,
            "territory_id": listed["territory_id"],
            **place,
            "shape": pd.Series(shapes, dtype=object),
            "n_known": names.map(known).fillna(0).astype(int),
            "n_unknown": names.map(unknown["size"]).fillna(0).astype(int),
            "unknown_volume": names.map(unknown["sum"]).fillna(0.0),
        }
    )


def homes(workspace: Path, dataset: str) -> pd.DataFrame:
    """Reps' homes: ``rep_id``, ``home_lon``, ``home_lat``; empty where none is known."""
    reps = table(workspace, dataset, "table_reps")
    wanted = ["rep_id", "home_lon", "home_lat"]
    return reps[wanted].dropna() if set(wanted) <= set(reps.columns) else pd.DataFrame(columns=wanted)


def scenario_files(workspace: Path) -> list[ScenarioFile]:
    """Scenarios of the workspace, then those that come with the twin."""
    shipped = Path(__file__).resolve().parents[2] / SCENARIOS
    folders = (Path(workspace).absolute() / SCENARIOS, shipped)
    return [_scenario_file(path) for folder in folders for path in sorted(folder.glob("*.toml"))]


def difference(workspace: Path, forecast: str) -> pd.DataFrame:
    """The comparison table of a forecast, with numbers in all columns but its names."""
    rows = table(workspace, forecast, "comparison")
    for name in rows.columns.difference(["scenario", "territory_id"]):
        rows[name] = pd.to_numeric(rows[name])
    return rows


def plan_file(
    workspace: Path, plan: str, form: str, locale: str = "", rep: str = "", territories: Collection[str] | None = None
) -> tuple[str, bytes]:
    """A published plan as a file for other programs.

    Parameters
    ----------
    workspace : Path
    plan : str
        Version of the plan.
    form : str
        One of :data:`twin.workspace.plan_files.FORMATS`.
    locale : str
        ``tr`` for semicolons and decimal commas.
    rep : str
        Only this rep's visits; all when empty.
    territories : collection of str, optional
        Only visits there.

    Returns
    -------
    (str, bytes)
        Name and content; several calendars come as one zip archive.
    """
    store = Workspace.open(workspace, create=False)
    gone = cancelled_in(store, store.version(plan))
    rows, gone = (_of(part, rep, territories) for part in (table(workspace, plan, "plan"), gone))
    rows, withdrawn = still_agreed(store, rows)
    gone = pd.concat([gone, as_cancelled(withdrawn)]) if len(withdrawn) else gone
    if "reason_tr" in rows:
        rows = rows.assign(reason=rows["reason_tr"]) if locale == "tr" else rows
        rows = rows.drop(columns="reason_tr")
    with tempfile.TemporaryDirectory() as folder:
        written = plan_files.write_plan(rows, folder, [form], locale, zone_of(rows), cancelled=gone)
        handed_out.log(store, "plan", plan, rows.columns, len(rows), ", ".join(file.name for file in written))
        if len(written) == 1:
            return written[0].name, written[0].read_bytes()
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in written:
                packed.write(path, path.name)
        return f"plan-{form}.zip", archive.getvalue()


def _of(rows: pd.DataFrame, rep: str, territories: Collection[str] | None) -> pd.DataFrame:
    rows = rows[rows["rep_id"] == rep] if rep else rows
    return rows if territories is None else rows[rows["territory_id"].isin(territories)]


def _scenario_file(path: Path) -> ScenarioFile:
    try:
        scenario = files.load(path)
    except ScenarioError as error:
        return ScenarioFile(path, path.stem, "", str(error))
    return ScenarioFile(path, scenario.name, scenario.note)


def _shape(text: object) -> dict[str, Any] | None:
    """Geometry whose outer rings run clockwise: the other way round means everything outside, on a globe."""
    if not isinstance(text, str) or not text:
        return None
    shape = json.loads(text)
    if shape["type"] == "Polygon":
        return {**shape, "coordinates": _wound(shape["coordinates"])}
    if shape["type"] == "MultiPolygon":
        return {**shape, "coordinates": [_wound(rings) for rings in shape["coordinates"]]}
    return None


def _wound(rings: list[list[list[float]]]) -> list[list[list[float]]]:
    return [ring if _clockwise(ring) == (place == 0) else ring[::-1] for place, ring in enumerate(rings)]


def _clockwise(ring: list[list[float]]) -> bool:
    x, y = np.asarray(ring, dtype=float)[:, :2].T
    return float(np.sum((x[1:] - x[:-1]) * (y[1:] + y[:-1]))) > 0.0
