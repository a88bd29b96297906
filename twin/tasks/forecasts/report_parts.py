"""Report parts: the page and the workbook of a comparison, for whoever has chosen the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from twin.tasks.forecasts import compared
from twin.tasks.results import difference, document, table
from twin.workspace import report
from twin.workspace.report import Grid, Report

__all__ = ("SHEETS", "XLSX", "Grid", "Report", "pdf", "tables", "xlsx")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEETS = ("results", "territories", "segments", "weeks", "drivers", "inputs")
"""Sheets of the workbook after the first."""
_TOTALS = ("own_volume", "own_share", "category_volume", "own_volume_unknown", "category_volume_unknown", "own_value")
_LEVELS = ("mean", "p05", "p10", "p50", "p90", "p95")


def pdf(said: Report) -> bytes:
    """The page."""
    return report.pdf(said)


def xlsx(
    workspace: Path,
    forecast: str,
    names: Sequence[str],
    title: str,
    stamp: Sequence[str],
    heads: Mapping[str, str],
    shown: pd.DataFrame | None = None,
    forms: Mapping[str, str] | None = None,
) -> bytes:
    """The workbook.

    Parameters
    ----------
    workspace : Path
    forecast : str
        Version.
    names : sequence of str
        Scenarios that are compared; the baseline stands first where there are figures of it.
    title : str
    stamp : sequence of str
        Lines of the first sheet.
    heads : mapping of str to str
        Name of each sheet.
    shown : DataFrame, optional
        Table of the first sheet as it stands on the screen; the others hold every figure.
    forms : mapping of str to str, optional
        Number formats of its columns.
    """
    sheets = tables(workspace, forecast, names)
    return report.workbook(
        [(heads[name], frame) for name, frame in sheets.items() if len(frame)], stamp, title, shown, forms
    )


def tables(workspace: Path, forecast: str, names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """The tables of a comparison by sheet, with columns as they are exported."""
    outlook, texts = document(workspace, forecast, "forecast"), document(workspace, forecast, "scenarios")
    shown = [row for row in outlook["scenarios"] if "versus_baseline" not in row or row["name"] in names]
    where, segments = difference(workspace, forecast), table(workspace, forecast, "by_segment")
    attributed = [found for name in names if (found := compared.drivers_of(workspace, forecast, name))]
    weeks = [
        {"scenario": row["name"], "week_start": pd.Timestamp(week["week_start"])}
        | {f"{measure}_{level}": week[measure][level] for measure in ("own_volume", "own_share")
           for level in ("p10", "p50", "p90")}
        for row in shown for week in row["weekly"]
    ]  # fmt: skip
    return {
        "results": pd.DataFrame([_result(row, shown[0], outlook["horizon_weeks"]) for row in shown]),
        "territories": where[where["scenario"].isin(names)] if len(where) else where,
        "segments": segments[segments["scenario"].isin(names)] if len(segments) else segments,
        "weeks": pd.DataFrame(weeks),
        "drivers": pd.DataFrame([_driver(found["scenario"], row) for found in attributed for row in found["rows"]]),
        "inputs": pd.DataFrame([{"scenario": name, "text": texts[name]} for name in names if name in texts]),
    }


def _result(row: dict, baseline: dict, weeks: int) -> dict[str, object]:
    flat: dict[str, object] = {"scenario": row["name"]}
    for measure in _TOTALS:
        if measure in row["totals"]:
            flat |= {f"{measure}_{level}": row["totals"][measure][level] for level in _LEVELS}
    versus = row.get("versus_baseline")
    if versus:
        for measure in ("own_volume_pct", "own_share_points"):
            flat |= {f"{measure}_{level}": versus[measure][level] for level in _LEVELS}
        flat |= {"probability_of_gain": versus["probability_of_gain"], **compared.asks(row, baseline, weeks)}
        flat["flags"] = ", ".join(row.get("flags", ()))
    return flat


def _driver(name: str, row: dict) -> dict[str, object]:
    levels = {f"{measure}_{level}": row[measure][level] for measure in ("own_volume_pct", "own_share_points")
              for level in _LEVELS}  # fmt: skip
    return {"scenario": name, "part": row["lever"], **levels, "probability_of_gain": row["probability_of_gain"]}
