"""Published: every forecast that was ever made here, with what it was made from.

A forecast keeps its calibration and its dataset for good, so that it can be read, compared and scored when the figures
have come, whatever was learned since.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from twin.errors import WorkspaceError
from twin.tasks.shelf import CALIBRATION, DATASET, FORECAST
from twin.workspace.catalogue import Version
from twin.workspace.store import Workspace


@dataclass(frozen=True)
class Published:
    """One forecast of the past.

    Parameters
    ----------
    version : Version
    calibration, dataset : Version
        What it was made from.
    origin : datetime.date
        First day that it foretells.
    horizon_weeks : int
    of_newest_calibration : bool
    of_newest_dataset : bool
    """

    version: Version
    calibration: Version
    dataset: Version
    origin: dt.date
    horizon_weeks: int
    of_newest_calibration: bool
    of_newest_dataset: bool

    @property
    def until(self) -> dt.date:
        """Day after the last that it foretells."""
        return self.origin + dt.timedelta(weeks=self.horizon_weeks)

    def result(self, workspace: Workspace) -> dict[str, Any]:
        """The JSON that ``twin forecast`` gave."""
        found = workspace.document(self.version, "forecast")
        if not isinstance(found, dict):
            raise WorkspaceError(f"{self.version.id}: expected a forecast, found something else. Make it anew.")
        return found


def published_forecasts(workspace: Workspace) -> list[Published]:
    """All forecasts, newest first; one whose calibration has gone is passed over."""
    return list(_found(workspace))


def due(workspace: Workspace) -> list[Published]:
    """Forecasts of which the newest dataset has seen at least four weeks: those that can be scored."""
    newest = workspace.head(DATASET)
    if newest is None:
        return []
    seen_until = dt.date.fromisoformat(str(newest.meta["origin"]))
    return [one for one in _found(workspace) if one.origin + dt.timedelta(weeks=4) <= seen_until]


def _found(workspace: Workspace) -> Iterator[Published]:
    heads = {kind: workspace.head(kind) for kind in (CALIBRATION, DATASET)}
    current = {kind: head.id if head is not None else "" for kind, head in heads.items()}
    for version in workspace.versions(FORECAST):
        try:
            calibration = workspace.version(version.parents[0])
            dataset = workspace.version(calibration.parents[0])
        except (WorkspaceError, IndexError):
            continue
        yield Published(
            version=version,
            calibration=calibration,
            dataset=dataset,
            origin=dt.date.fromisoformat(str(calibration.meta["origin"])),
            horizon_weeks=int(version.meta["n_weeks"]),
            of_newest_calibration=calibration.id == current[CALIBRATION],
            of_newest_dataset=dataset.id == current[DATASET],
        )
