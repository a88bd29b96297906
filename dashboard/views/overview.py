"""Overview: what the twin knows of the market, light and dark, and what it cannot know. For whoever decides."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, drawn, frame, state
from dashboard.views import compare_detail, overview_due, overview_map, potential_status
from dashboard.words import Words

_CARD, _HALF = 190, 430
"""Least widths, pixels: of a card with a figure, of a card with a chart."""
_HALF_INSIDE = 0.5
"""Part of outcomes inside an 80% band below which most lay outside."""


def render() -> None:
    """The page."""
    words, heads = state.words(), state.heads()
    st.title(words("overview.title"))
    if "dataset" not in heads:
        frame.empty(words("overview.no_data"), "twin ingest FOLDER", "data" if frame.there("data") else "calibration")
        return
    calibration = heads.get("calibration")
    # a forecast is of the whole company: no territory can be taken out of its totals
    forecast = heads.get("forecast") if access.company() else None
    dataset = heads["dataset"].id
    if calibration is None:
        frame.empty(words("overview.no_calibration"), "twin calibrate", "calibration")
        _capabilities(dataset, words)
        _readiness(dataset, words)
        return
    access.note()
    facts = state.figures(calibration.id)
    outlook = state.document(forecast.id, "forecast") if forecast else {}
    overview_due.trust(calibration.id, words)
    _finding(facts, words)
    _figures(facts, outlook, potential_status.left(calibration.id), words)
    if forecast:
        _whence(forecast, heads, words)
    if not forecast and access.company():
        frame.empty(words("overview.no_forecast"), "twin forecast", "compare")
    # beside each other where there is room, else one below the other
    grid = st.grid("auto", min_column_width=_HALF, gap="medium")
    with grid.container(border=True, height="stretch"):
        overview_map.show(calibration.id, words)
    with grid.container(border=True, height="stretch"):
        overview_due.decisions(words)
    with grid.container(border=True, height="stretch"):
        _outlook(forecast, words)
    with grid.container(border=True, height="stretch"):
        overview_due.changes(words)
        _notes(calibration.id, words)
    _capabilities(dataset, words)
    _readiness(dataset, words)


def _finding(facts: dict[str, Any], words: Words) -> None:
    if facts["n_unknown"]:
        share = facts["n_unknown"] / (facts["n_known"] + facts["n_unknown"])
        text = words("overview.finding", unknown=words.number(facts["n_unknown"]), share=words.percent(share))
    else:
        text = words("overview.finding_no_dark")
    st.markdown(text)


def _figures(facts: dict[str, Any], outlook: dict[str, Any], gone: int, words: Words) -> None:
    """Four figures: share, volume, customers, the dark half."""
    grid = st.grid("auto", min_column_width=_CARD)
    share, volume, people, dark = (grid.container(border=True, height="stretch") for _ in range(4))
    base = outlook["scenarios"][0]["totals"] if outlook else None
    with share:
        st.metric(words("overview.share"), words.percent(facts["own_share_last_year"], 1))
        if facts["own_share_last_year"] is None:
            st.caption(words("overview.share_unseen"))
        elif base:
            band = words.between(base["own_share"]["p10"], base["own_share"]["p90"], lambda v: words.percent(v, 1))
            st.caption(words("overview.share_next", mean=words.percent(base["own_share"]["mean"], 1), band=band))
        else:
            st.caption(words("overview.last_year"))
    with volume:
        _volume(facts, outlook, base, words)
    with people:
        st.metric(words("overview.customers"), words.number(facts["n_known"]))
        parts = [words("overview.unknown", n=words.number(facts["n_unknown"]))]
        parts += [words("overview.left", n=words.number(gone))] if gone else []
        st.caption("; ".join(parts))
    with dark:
        total = facts["unknown_category"]
        st.metric(words("overview.dark"), words.volume(total["mean"]) if facts["n_unknown"] else "–")
        if facts["n_unknown"]:
            band = words.between(total["p10"], total["p90"], words.volume)
            key = "overview.dark_band" if facts["unknown_identified"] else "overview.dark_prior"
            st.caption(words(key, band=band))
        else:
            st.caption(words("overview.no_dark"))


def _volume(facts: dict[str, Any], outlook: dict[str, Any], base: dict[str, Any] | None, words: Words) -> None:
    last = facts["own_volume_last_year"]
    if base is None:
        st.metric(words("overview.volume_last"), words.volume(last))
        st.caption(words("overview.last_year"))
        return
    weeks = outlook["horizon_weeks"]
    st.metric(words("overview.volume_next", weeks=weeks), words.volume(base["own_volume"]["mean"]))
    band = words.between(base["own_volume"]["p10"], base["own_volume"]["p90"], words.volume)
    st.caption(words("overview.volume_band", band=band, last=words.volume(last)))


def _whence(forecast: Any, heads: dict[str, Any], words: Words) -> None:
    """Which forecast the figures ahead come from, and whether such bands held what came."""
    origin = forecast.meta.get("origin") or state.document(forecast.id, "forecast").get("origin")
    st.caption(
        words("overview.from_forecast", id=frame.short(forecast.id), when=words.moment(forecast.created),
              origin=words.date(origin))
    )  # fmt: skip
    if "backtest" not in heads:
        return
    verdict = state.document(heads["backtest"].id, "verdict")
    inside = {name: score["inside_80"] for name, score in verdict.items() if name.startswith("own_volume")}
    worst = min(inside, key=lambda name: inside[name], default="")
    if worst and inside[worst] < _HALF_INSIDE:
        values = {"inside": words.percent(inside[worst]), "measure": words.named("measure", worst)}
        st.markdown(f":orange[●] {words('overview.too_narrow', **values)}")
        if frame.there("diagnostics"):
            frame.go("diagnostics", words("overview.to_backtest"), turn="band", view="backtest")


def _outlook(forecast: Any, words: Words) -> None:
    """Our share, or volume where the share is unknown: what was, and what comes if everybody goes on."""
    st.header(words("overview.outlook"))
    if not forecast:
        st.caption(words("overview.no_outlook" if access.company() else "access.company_only"))
        return
    drawn.chart(compare_detail.baseline_chart, forecast.id, words, alt=words("overview.outlook"))
    st.caption(words("overview.outlook_note"))


@drawn.once
def _readiness(dataset: str, words: Words) -> None:
    ready = state.readiness(dataset)
    st.header(words("overview.readiness"))
    sign = {"ready": "✓", "partly ready": "◐", "not ready": "✕"}[ready["verdict"]]
    st.markdown(f"**{sign} {words.named('verdict', ready['verdict'])}** · {words.percent(ready['score'])}")
    told = [
        {
            words("column.criterion"): f"**{frame.plain(words.named('criterion', row['name']))}**",
            words("column.score"): words.percent(row["score"]),
            words("column.evidence"): frame.plain(_evidence(row, words)),
            words("column.missing"): frame.plain(words.sentence(row["missing"])),
        }
        for row in ready["criteria"]
    ]
    table = pd.DataFrame(told)
    if not access.company():  # evidence and what is missing count rows of the whole company
        table = table.iloc[:, :2]
    about = frame.named(list(table.columns), words)
    st.table(table, border="horizontal", hide_index=True, width="stretch", alt=about)


def _evidence(row: dict[str, Any], words: Words) -> str:
    """What the data show; attributes in words, for they are no columns that a reader has to look for."""
    said = words.sentence(row["evidence"])
    if row["name"] != "segmentation":
        return said
    head, colon, names = said.rpartition(": ")
    return head + colon + ", ".join(potential_status.attribute(name, words) for name in names.split(", "))


@drawn.once
def _capabilities(dataset: str, words: Words) -> None:
    ready = state.readiness(dataset)
    st.header(words("overview.capabilities"))
    lines, whole = [], access.company()  # a reason counts rows of the whole company
    for row in sorted(ready["capabilities"], key=lambda row: not row["possible"]):
        sign = ":green[✓]" if row["possible"] else ":orange[✕]"
        reason = frame.plain(words.sentence(row["reason"]))
        name = frame.plain(words.named("capability", row["name"]))
        lines.append(f"{sign} **{name}** — {reason}" if whole else f"{sign} **{name}**")
    st.markdown("  \n".join(lines))


@drawn.once
def _notes(calibration: str, words: Words) -> None:
    st.header(words("overview.notes"))
    learned = state.document(calibration, "diagnostics")
    # the list of priors is long and for the analyst: here only how many
    noted = (*learned["notes"], *learned["potential"]["notes"]) if access.company() else ()
    lines = [line for line in noted if " parameters are priors" not in line]
    rows = state.table(calibration, "parameters")
    n = int((~rows["identified"]).sum())
    frame.findings([*(words.sentence(line) for line in lines), words("overview.priors", n=n, all=len(rows))])
