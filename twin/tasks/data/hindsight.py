"""Hindsight: a dataset as it would have stood on an earlier day."""

from __future__ import annotations

import datetime as dt

import numpy as np

from twin.errors import CalibrationError
from twin.intake.assemble import assemble
from twin.intake.hindsight import tables_as_of
from twin.market.history import History
from twin.market.world import World
from twin.weeks import monday, week_of_date
from twin.workspace import codec
from twin.workspace.catalogue import Version
from twin.workspace.store import Workspace

_LEAST_WEEKS = 26
_TABLE = "table_"


def market_as_of(workspace: Workspace, dataset: Version, day: dt.date) -> tuple[World, History]:
    """World and history of a dataset with everything hidden that came after ``day``.

    The tables themselves are cut and laid out anew, so that nothing of the later rows is left in what is derived from
    them: who was known, who serves whom, what was paid, which channels there are.

    Parameters
    ----------
    workspace : Workspace
    dataset : Version
    day : datetime.date
        The week that contains the day after it is the origin.

    Raises
    ------
    CalibrationError
        With less than half a year of history before that day, or when it lies ahead.
    """
    _, whole = codec.decode(workspace.blob(dataset, "market"))
    week = week_of_date(day + dt.timedelta(days=1))
    if not whole.first_week + _LEAST_WEEKS <= week <= whole.origin:
        first, last = monday(whole.first_week + _LEAST_WEEKS), monday(whole.origin)
        raise CalibrationError(
            f"--as-of: expected a date from {first} to {last}, found {day}. "
            "Choose one with half a year of history before it."
        )
    names = [name for name in dataset.parts if name.startswith(_TABLE)]
    tables = {name.removeprefix(_TABLE): workspace.table(dataset, name) for name in names}
    cut = tables_as_of(tables, day)
    if not len(cut["sales"]):
        raise CalibrationError(f"--as-of: expected sales up to {day}, found none. Choose a later date.")
    world, history = assemble(cut)
    return world.as_of(week), history.before(week, np.datetime64(day, "D") + 1)
