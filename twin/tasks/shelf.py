"""Shelf: what a workspace holds, as the nouns that the verbs work on."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from twin.calibration.calibration import Calibration
from twin.errors import WorkspaceError
from twin.market.history import History
from twin.market.world import World
from twin.tasks.data.hindsight import market_as_of
from twin.workspace import codec
from twin.workspace.catalogue import Version
from twin.workspace.store import Workspace

DATASET, CALIBRATION, FORECAST, PLAN, BACKTEST = "dataset", "calibration", "forecast", "plan", "backtest"
ALLOCATION, ALIGNMENT, SIZING, REVIEW, DRIVERS = "allocation", "alignment", "sizing", "review", "drivers"
REMARKS, ERASURE, HANDED_OUT = "remarks", "erasure", "handed_out"
LINKS, WORTH = "links", "worth"
_MADE_BY = {
    DATASET: "twin ingest FOLDER",
    CALIBRATION: "twin calibrate",
    FORECAST: "twin forecast SCENARIO.toml",
    PLAN: "twin plan SCENARIO.toml",
    BACKTEST: "twin backtest",
    ALLOCATION: "twin optimize",
    ALIGNMENT: "twin align",
    SIZING: "twin size --rep-cost MONEY",
    REVIEW: "twin review",
    WORTH: "twin check --worth",
    DRIVERS: "twin drivers SCENARIO.toml",
}


@dataclass(frozen=True)
class Twin:
    """A calibrated twin, as it stands in a workspace.

    Parameters
    ----------
    world, history : World, History
        As known at the calibration's origin.
    calibration : Calibration
    version : Version
        Of the calibration.
    dataset : Version
    """

    world: World
    history: History
    calibration: Calibration
    version: Version
    dataset: Version


def newest(workspace: Workspace, kind: str) -> Version:
    """Head of a kind.

    Raises
    ------
    WorkspaceError
        Naming the command that makes it.
    """
    version = workspace.head(kind)
    if version is None:
        raise WorkspaceError(
            f"{workspace.path}: expected a {kind}, found none. Make one with `{_MADE_BY[kind]} -w {workspace.path}`."
        )
    return version


def load_dataset(workspace: Workspace, version: Version | None = None) -> tuple[World, History, Version]:
    """World and history of a dataset version; of the newest, unless one is given."""
    version = version or newest(workspace, DATASET)
    world, history = codec.decode(workspace.blob(version, "market"))
    return world, history, version


def load_twin(workspace: Workspace, version: Version | None = None) -> Twin:
    """A calibration with the dataset it was learned from; the newest, unless one is given."""
    version = version or newest(workspace, CALIBRATION)
    dataset = workspace.version(version.parents[0])
    calibration = codec.decode(workspace.blob(version, "calibration"))
    if "as_of" in version.meta:
        world, history = market_as_of(workspace, dataset, dt.date.fromisoformat(version.meta["as_of"]))
        return Twin(world, history, calibration, version, dataset)
    world, history, _ = load_dataset(workspace, dataset)
    if calibration.origin != history.origin:
        world, history = world.as_of(calibration.origin), history.before(calibration.origin)
    return Twin(world, history, calibration, version, dataset)
