"""Looking back: forecasts as of past dates beside naive ones, who was nearer, how far ahead, and how often inside."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import drawn, frame, state
from dashboard.charts import diagnostics as charts
from dashboard.views import past_skill
from dashboard.words import Words
from twin.tasks.forecasts import compared

_MEASURES = ("own_volume", "category_volume", "own_share", "brand_share")
_LEFT_OUT = ("blend",)


def render(heads: dict[str, Any], words: Words) -> None:
    """Verdicts, error by horizon, every figure."""
    version = heads["backtest"]
    if heads["dataset"].id not in version.parents:
        st.warning(words("learned.backtest_stale"), icon=":material/history:")
    _verdicts(state.document(version.id, "verdict"), words)
    said = state.document(version.id, "said")
    _horizons(state.table(version.id, "backtest_scores"), words)
    if said:
        with st.expander(words("learned.said")):
            frame.findings(words.sentence(line) for line in said["said"])
            st.caption("  \n".join(frame.plain(words.sentence(line)) for line in said["notes"]))
    with st.expander(words("learned.every_figure")):
        _figures(state.table(version.id, "backtest"), words)
    _published(state.table(version.id, "scored_forecasts"), words)
    _of_forecast(version, heads, words)


def _of_forecast(version: Any, heads: dict[str, Any], words: Words) -> None:
    """What this backtest says of the newest forecast."""
    if "forecast" not in heads:
        return
    outlook = state.document(heads["forecast"].id, "forecast")
    if (outlook.get("looking_back") or {"backtest": version.id})["backtest"] != version.id:
        return
    with st.container(border=True):
        st.header(words("learned.of_forecast"))
        measures = [name for name in ("own_volume", "own_share") if compared.mixed(outlook, name)]
        measure = frame.tabs(words("compare.measure"), measures, "mixed", "measure") if len(measures) > 1 else ""
        past_skill.mixture(outlook, measure or next(iter(measures), "own_volume"), heads, words)


def _published(rows: pd.DataFrame, words: Words) -> None:
    """Forecasts that were published here, as far as figures have come since."""
    if not len(rows):
        return
    with st.expander(words("learned.published")):
        table = rows.assign(
            origin=rows["origin"].map(words.date), forecast=rows["said"],
            measure=[words.named("measure", name) for name in rows["measure"]],
        )  # fmt: skip
        order = ["origin", "measure", "periods", "actual", "forecast", "error_pct", "naive_error_pct"]
        forms = {**dict.fromkeys(("actual", "forecast"), words.volume), "periods": words.number}
        frame.shown(table[order], words, {**forms, "error_pct": words.signed, "naive_error_pct": words.signed})


def _verdicts(verdict: dict[str, Any], words: Words) -> None:
    """One line a measure: who came nearer."""
    for measure, score in verdict.items():
        key = "learned.naive_wins" if score["naive_wins"] else "learned.ours_wins"
        say = (lambda v: words.percent(v, 2)) if measure.endswith("share") else words.volume
        values = {"ours": say(score["mean_absolute_error"]), "naive": say(score["naive_mean_absolute_error"])}
        line = words(key, measure=words.named("measure", measure), inside=words.percent(score["inside_80"]), **values)
        (st.warning if score["naive_wins"] else st.success)(line, icon=":material/balance:")


def _horizons(scores: pd.DataFrame, words: Words) -> None:
    """Error by how far ahead, beside benchmarks."""
    if not len(scores) or "months_ahead" not in scores:
        return
    level = frame.tabs(words("learned.level"), list(scores["level"].drop_duplicates()), "level", "level_of")
    months = pd.to_numeric(scores["months_ahead"], errors="coerce")
    rows = scores[(scores["level"] == level) & scores["measure"].isin(_MEASURES) & months.notna() & (months > 0)]
    rows = rows[~rows["method"].isin(_LEFT_OUT) & rows["wape"].notna()]
    if not len(rows):
        st.caption(words("learned.no_horizons"))
        return
    told = rows.assign(
        months_ahead=pd.to_numeric(rows["months_ahead"]).astype(int),
        measure=rows["measure"].map(lambda name: words.named("measure", name)),
        method=rows["method"].map(lambda name: words.named("method", name)),
    )
    told = told[["measure", "months_ahead", "method", "wape"]]
    drawn.chart(charts.horizons, told, words, alt=words("learned.horizons"))
    n = int(rows["figures"].max())
    st.caption(words("learned.horizons_note", n=words.number(n), origins=int(rows["origins"].max())))


def _figures(rows: pd.DataFrame, words: Words) -> None:
    """Every figure that was foretold, and what came."""
    shares = rows["measure"].str.endswith("share")
    digits = [(lambda v: words.percent(v, 1)) if share else words.volume for share in shares]
    table = pd.DataFrame(
        {
            "origin": rows["origin"].map(words.date),
            "measure": [words.named("measure", name) for name in rows["measure"]],
            "of": [words.named("of", name) for name in rows["of"]],
        }
    )
    for name in ("actual", "forecast", "naive"):
        table[name] = [say(value) for say, value in zip(digits, rows[name])]
    table["interval_80"] = [words.between(low, high, say) for say, low, high in zip(digits, rows["p10"], rows["p90"])]
    table["inside_80"] = rows["inside_80"].map({True: "✓", False: "✕"})
    table["error_pct"] = pd.to_numeric(rows["error_pct"])
    table["naive_error_pct"] = pd.to_numeric(rows["naive_error_pct"])
    order = ["origin", "measure", "of", "actual", "forecast", "interval_80", "inside_80", "error_pct", "naive",
             "naive_error_pct"]  # fmt: skip
    frame.shown(table[order], words, {"error_pct": words.signed, "naive_error_pct": words.signed})
