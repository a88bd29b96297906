"""Report: one page as PDF, and the figures as a workbook, of what is compared. Says nothing that the page does not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st
import vl_convert

from dashboard import live, state
from dashboard.charts import drivers as driver_charts
from dashboard.charts import forecast as charts
from dashboard.views import compare_detail, compare_tables, past_skill
from dashboard.words import Words
from twin.tasks.forecasts import compared, report_parts
from twin.tasks.forecasts.report_parts import Grid, Report

_WIDTH, _SCALE = 390, 3.0
_SIGNS = str.maketrans({"⚑": "(!)", "▲": None, "●": None, "▼": None})
"""Signs that the letters of the paper lack; words beside them say the same."""
_READY = "report ready"
_SIGNED = "+0.0;\N{MINUS SIGN}0.0;0.0"
_FORMS = {"own_volume": "#,##0", "own_share": "0.0%", "volume_pct": _SIGNED, "gain": "0%", "best": "0%",
          "share_points": _SIGNED.replace("0.0", "0.00")}  # fmt: skip
"""Number formats of the table in a workbook; a spreadsheet writes them as its reader's language does."""


def offer(
    version: Any,
    outlook: dict[str, Any],
    rows: list[dict[str, Any]],
    one: dict[str, Any],
    best: dict[str, float],
    words: Words,
) -> None:
    """Buttons to take the comparison away; nothing is made before somebody asks.

    Parameters
    ----------
    version : Version
        Of the forecast.
    outlook : dict
        Its result.
    rows : list of dict
        Scenarios that are compared.
    one : dict
        The one whose course, drivers and map are shown.
    best : dict
        See :func:`twin.tasks.forecasts.compared.best_in`.
    words : Words
    """
    with st.container(border=True):
        st.header(words("report.title"))
        st.caption(words("report.note"))
        left, middle, right = st.columns([1, 1, 1])
        state_now = f"{version.id} {words.language} {one['name']} {[row['name'] for row in rows]}"
        if left.button(words("report.make"), width="stretch", key="make_report"):
            with st.spinner(words("report.making")):
                made = (page(version, outlook, rows, one, best, words), book(version, rows, words))
            st.session_state[_READY] = (state_now, *made)
        ready = st.session_state.get(_READY)
        if ready and ready[0] == state_now:
            stem = f"{words('report.file')}-{version.id.rpartition('-')[2][:6]}"
            middle.download_button(
                words("report.pdf"), ready[1], f"{stem}.pdf", "application/pdf", width="stretch", key="report_pdf"
            )
            right.download_button(
                words("report.xlsx"), ready[2], f"{stem}.xlsx", report_parts.XLSX, width="stretch", key="report_xlsx"
            )


def page(
    version: Any,
    outlook: dict[str, Any],
    rows: list[dict[str, Any]],
    one: dict[str, Any],
    best: dict[str, float],
    words: Words,
) -> bytes:
    """The page as PDF; parameters as of :func:`offer`."""
    table = compare_tables.results_table(outlook, rows, best, words)
    costs = compare_tables.costs_table(outlook, rows, words)
    said = Report(
        title=words("report.heading"),
        subtitle=words(
            "report.subtitle", date=words.date(outlook["origin"]), weeks=words.number(outlook["horizon_weeks"]),
            runs=words.number(outlook["runs"]["parameter_draws"] * outlook["runs"]["replicates"]),
        ),
        findings=tuple(line.replace("**", "") for line in _findings(rows, best, words)),
        grids=(_grid(_written(table, words), words), _grid(costs, words)),
        pictures=_pictures(version, outlook, rows, one, words),
        cautions=tuple(_cautions(version, outlook, rows, words)),
        stamp=stamp(version, words),
        language=words.language,
    )  # fmt: skip
    return report_parts.pdf(said)


def _findings(rows: list[dict[str, Any]], best: dict[str, float], words: Words) -> list[str]:
    return [line.replace("\\", "") for line in compare_tables.findings(rows, best, words)]


def stamp(version: Any, words: Words) -> str:
    """Ids and date: what the figures come from."""
    today = words.date(dt.date.today())
    return words("report.stamp", forecast=version.id, calibration=version.parents[0], date=today)


def _written(table: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The result table with every figure written out."""
    forms = {
        "own_volume": words.volume,
        "own_share": lambda v: words.percent(v, 1),
        "volume_pct": words.signed,
        "share_points": lambda v: words.signed(v, 2),
        "gain": lambda v: words.percent(None if v is None else v / 100),
        "best": lambda v: words.percent(None if v is None else v / 100),
    }
    return table.assign(**{name: [say(v) for v in table[name]] for name, say in forms.items() if name in table})


def _grid(table: pd.DataFrame, words: Words) -> Grid:
    heads = tuple(words(f"column.{name}") for name in table.columns)
    body = tuple(
        tuple("–" if pd.isna(v) else str(v).translate(_SIGNS).strip() for v in row)
        for row in table.itertuples(index=False)
    )
    wide = {"scenario": 2.2, "volume_band": 1.5, "share_band": 1.6, "goal": 1.5}
    return Grid(heads, body, tuple(wide.get(name, 1.0) for name in table.columns))


def _pictures(
    version: Any, outlook: dict[str, Any], rows: list[dict[str, Any]], one: dict[str, Any], words: Words
) -> tuple[tuple[str, bytes], ...]:
    """Differences, the course of the chosen scenario, what drives it, where."""
    seen = outlook["scenarios"][0]["totals"]["own_share"]["mean"] is not None
    measure = "own_share" if seen else "own_volume"
    made = [
        (words("compare.uplift"), charts.uplift(compare_tables.uplift_rows(rows, words), words)),
        (f"{words('compare.over_time')}: {one['name']}",
         compare_detail.fan_chart(version.parents[0], outlook, one, measure, words)),
    ]  # fmt: skip
    found = live.drivers_of(version.id, one["name"])
    if found and found["rows"]:
        chart = driver_charts.waterfall(
            compare_detail.driver_rows(found, words), words("chart.volume_difference"), words
        )
        made.append((f"{words('compare.drivers')}: {one['name']}", chart))
    where = compare_detail.by_territory(version.id, words)
    mine = where[where["scenario"] == one["name"]].drop_duplicates("territory_id")
    bricks = state.bricks(version.parents[0])
    bricks = bricks[bricks["shape"].notna()] if len(bricks) else bricks
    if len(mine) > 1 and len(bricks):
        names = [row["name"] for row in rows]
        limit = max(float(where[where["scenario"].isin(names)]["own_volume_pct_mean"].abs().max()), 0.1)
        made.append((f"{words('compare.where')}: {one['name']}",
                     compare_detail.difference_map(bricks, mine, limit, words, 300)))  # fmt: skip
    return tuple((caption, picture(chart)) for caption, chart in made)


def picture(chart: alt.TopLevelMixin) -> bytes:
    """A chart as PNG, without a browser."""
    spec = chart.properties(width=_WIDTH).to_dict()
    spec["background"] = "white"
    return bytes(vl_convert.vegalite_to_png(spec, scale=_SCALE))


def _cautions(version: Any, outlook: dict[str, Any], rows: list[dict[str, Any]], words: Words) -> list[str]:
    """What makes the figures doubtful, as on the page."""
    heads, lines = state.heads(), []
    old = live.out_of_date(version.id)
    if compared.NEWER_CALIBRATION in old:
        lines.append(words("compare.stale"))
    if compared.NEWER_DATA in old:
        lines.append(words("compare.stale_data"))
    health = (outlook.get("health") or {}).get("verdict")
    if health in ("fail", "review"):
        lines.append(words("compare.health_fail" if health == "fail" else "compare.health_review"))
    lines += past_skill.cautions(outlook, heads, words)
    for flag in sorted({flag for row in rows for flag in row.get("flags", ())}):
        names = "; ".join(row["name"] for row in rows if flag in row.get("flags", ()))
        lines.append(f"{names} — {words.named('flag_note', flag)}")
    lines.append(words("report.paired"))
    return lines


def book(version: Any, rows: list[dict[str, Any]], words: Words) -> bytes:
    """The workbook, the table of the page first; parameters as of :func:`offer`."""
    names = [row["name"] for row in rows]
    outlook = state.document(version.id, "forecast")
    best = compared.best_in(state.table(version.id, "runs"), names)
    table = compare_tables.results_table(outlook, rows, best, words)
    chances = {name: table[name] / 100 for name in ("gain", "best") if name in table}
    shown = table.assign(**chances).rename(columns=lambda name: words(f"column.{name}"))
    forms = {words(f"column.{name}"): form for name, form in _FORMS.items()}
    title = words("report.heading")
    lines = [stamp(version, words), words("report.paired"), words("report.sheets")]
    heads = {name: words(f"sheet.{name}") for name in report_parts.SHEETS}
    return report_parts.xlsx(state.workspace(), version.id, names, title, lines, heads, shown, forms)
