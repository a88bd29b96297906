"""export: any result as a table in a file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from twin.errors import WorkspaceError
from twin.scenario.words import meant
from twin.tasks.privacy import handed_out
from twin.tasks.privacy.consent import listed, still_agreed
from twin.tasks.privacy.privacy import RECORDS, kept_record
from twin.tasks.privacy.pseudonyms import pseudonymous
from twin.tasks.privacy.shared_tables import shared
from twin.tasks.shelf import (
    ALIGNMENT,
    ALLOCATION,
    BACKTEST,
    CALIBRATION,
    DATASET,
    DRIVERS,
    FORECAST,
    PLAN,
    REVIEW,
    SIZING,
    WORTH,
    newest,
)
from twin.workspace.exports import write_table
from twin.workspace.store import Workspace

TABLES = {
    "potential": (CALIBRATION, "potential"),
    "parameters": (CALIBRATION, "parameters"),
    "rival_calendar": (CALIBRATION, "rival_calendar"),
    "season": (CALIBRATION, "season"),
    "attraction": (CALIBRATION, "attraction"),
    "segments": (CALIBRATION, "segments"),
    "visit_response_segments": (CALIBRATION, "visit_segments"),
    "count": (CALIBRATION, "count"),
    "probe_plan": (CALIBRATION, "probe_plan"),
    "health": (CALIBRATION, "health_table"),
    "moved": (CALIBRATION, "moved"),
    "predictive": (CALIBRATION, "predictive"),
    "certificate": (CALIBRATION, "certificate"),
    "predictivity": (CALIBRATION, "predictivity"),
    "forecast": (FORECAST, "weekly"),
    "comparison": (FORECAST, "comparison"),
    "by_customer": (FORECAST, "by_customer"),
    "by_segment": (FORECAST, "by_segment"),
    "drivers": (DRIVERS, "drivers"),
    "plan": (PLAN, "plan"),
    "unserved": (PLAN, "unserved"),
    "allocation": (ALLOCATION, "allocation"),
    "allocation_territories": (ALLOCATION, "territories"),
    "alignment": (ALIGNMENT, "alignment"),
    "alignment_frontier": (ALIGNMENT, "frontier"),
    "alignment_customers": (ALIGNMENT, "customers"),
    "alignment_territories": (ALIGNMENT, "territories"),
    "sizing": (SIZING, "sizing"),
    "sizing_reps": (SIZING, "reps"),
    "review": (REVIEW, "target"),
    "review_visits": (REVIEW, "visits"),
    "review_alerts": (REVIEW, "alerts"),
    "backtest": (BACKTEST, "backtest"),
    "time_machine": (BACKTEST, "time_machine"),
    "backtest_scores": (BACKTEST, "backtest_scores"),
    "backtest_months": (BACKTEST, "backtest_months"),
    "scored_forecasts": (BACKTEST, "scored_forecasts"),
    "links": (DATASET, "links"),
    "warnings": (DATASET, "warnings"),
    "worth": (WORTH, "worth"),
    "pairs": (DATASET, "pairs"),
    "quality": (DATASET, "quality"),
    "quality_by_customer": (DATASET, "quality_by_customer"),
    "quality_by_territory": (DATASET, "quality_by_territory"),
    "quality_by_rep": (DATASET, "quality_by_rep"),
    "aliases": (DATASET, "aliases"),
}
"""Tables by name: the kind of result that holds each, and its part."""


ONLY_WITH = {
    "certificate": "`twin calibrate --certificate 20`",
    "predictive": "`twin calibrate` without --no-predictive, on two years of history or more",
    "scored_forecasts": "`twin backtest` once data are newer than a forecast that was published",
}
"""Tables that a result does not always have, with what makes them."""


def read_result(workspace: Workspace, table: str) -> pd.DataFrame:
    """One table of the newest results.

    Raises
    ------
    WorkspaceError
        When there is no such table, or nothing has made it yet.
    """
    if table not in TABLES:
        raise WorkspaceError(
            f"export: expected a table, found {table!r}. {meant(table, [*TABLES, *RECORDS], 'Tables')}"
        )
    kind, part = TABLES[table]
    version = newest(workspace, kind)
    frame = workspace.table(version, part) if workspace.has(version, part) or table not in ONLY_WITH else pd.DataFrame()
    if table in ONLY_WITH and not len(frame.columns):
        raise WorkspaceError(
            f"{version.id}: expected a table {table}, found none; it was not made. It comes with {ONLY_WITH[table]}."
        )
    return frame


def run_export(
    workspace: Workspace,
    table: str,
    out: Path,
    locale: str = "",
    pseudonyms: str | None = None,
    share: bool = False,
) -> dict[str, object]:
    """Write one table and write down that it went out; the file's ending chooses the format.

    Parameters
    ----------
    workspace : Workspace
    table : str
    out : Path
    locale : str
    pseudonyms : str, optional
        Label of those whom it is for: people are numbers then, see :mod:`twin.tasks.privacy.pseudonyms`.
    share : bool
        Sums over customers alone, see :mod:`twin.tasks.privacy.shared_tables`.

    Returns
    -------
    dict
        ``table``, ``form``, ``file``, ``rows``, ``withdrawn`` (contacts of a plan that lack consent today).
    """
    frame, version = (kept_record(workspace, table), "") if table in RECORDS else _result(workspace, table)
    frame, gone = still_agreed(workspace, frame) if table == PLAN else (frame, frame.iloc[:0])
    form = handed_out.PLAIN
    if share:
        frame, form = shared(frame), handed_out.SHARED
    if pseudonyms is not None:
        frame, form = pseudonymous(workspace.path, frame, pseudonyms), handed_out.PSEUDONYMS
    if out.suffix.lower() == ".geojson" and not {"lon", "lat"} <= set(frame.columns):
        raise WorkspaceError(
            f"{out.name}: expected a table with lon and lat for a map, found {table} without. "
            "Export potential or plan, or name a file that ends in csv, xlsx, parquet or json."
        )

    def note() -> None:
        handed_out.log(workspace, table, version, frame.columns, len(frame), out.name, form)

    path = write_table(frame, out, locale=locale, before=note)
    return {"table": table, "form": form, "file": str(path), "rows": len(frame), "withdrawn": listed(gone)}


def _result(workspace: Workspace, table: str) -> tuple[pd.DataFrame, str]:
    """One table of the newest results, and the version that holds it."""
    frame = read_result(workspace, table)
    return frame, newest(workspace, TABLES[table][0]).id
