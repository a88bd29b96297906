"""Absent: reps' days off as the newest dataset lists them, whenever the plan or the calibration was made."""

from __future__ import annotations

from twin.intake.assemble import absences
from twin.planning.settings import Absence
from twin.tasks.data.versions import TABLE
from twin.tasks.shelf import DATASET, Twin
from twin.workspace.store import Workspace


def listed_absences(workspace: Workspace, twin: Twin) -> tuple[Absence, ...]:
    """Absences of the twin's reps, from the newest dataset: leave is granted and withdrawn between calibrations.

    Parameters
    ----------
    workspace : Workspace
    twin : Twin
        Reps whom it does not know have no days to plan.

    Returns
    -------
    tuple of Absence
        In the order of the table.
    """
    newest = workspace.head(DATASET)
    if newest is None or not workspace.has(newest, f"{TABLE}absences"):
        return ()
    away = absences(workspace.table(newest, f"{TABLE}absences"), twin.world.reps.ids)
    rows = zip(away.rep_id.tolist(), away.first.tolist(), away.last.tolist(), away.why.tolist(), strict=True)
    return tuple(Absence(*row) for row in rows)
