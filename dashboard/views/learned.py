"""What was learned, in pieces that pages share: lights, parameters with priors marked, curves, segments."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import drawn, frame, state
from dashboard.charts import diagnostics as curves
from dashboard.charts import learned as charts
from dashboard.words import Words

_LIGHTS = {
    "pass": (":green[●]", ":material/check_circle:", st.success),
    "review": (":orange[▲]", ":material/warning:", st.warning),
    "fail": (":red[■]", ":material/error:", st.error),
}
"""Sign, icon and box of each light: a shape and a word beside the colour."""


def sign(verdict: str) -> str:
    """A light as a sign of its own shape."""
    return {"pass": "●", "review": "▲", "fail": "■"}.get(verdict, "○")


def light(verdict: str, words: Words, because: str = "") -> None:
    """The light over all, as a box."""
    if verdict not in _LIGHTS:
        st.caption(words("health.none"))
        return
    _, icon, box = _LIGHTS[verdict]
    box(words(f"health.verdict_{verdict}") + (f" {because}" if because else ""), icon=icon)


def parameters(version: str, words: Words) -> None:
    """Every scalar, estimated or prior: filter, sort, take away."""
    rows = state.table(version, "parameters")
    n = int((~rows["identified"]).sum())
    st.caption(words("learned.parameters_note", priors=n, all=len(rows)))
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        which = frame.tabs(words("learned.which"), ("all", "estimated", "prior"), "which", "learned")
    sought = right.text_input(
        words("learned.search"), key="parameter_search", placeholder=words("learned.search"),
        label_visibility="collapsed",
    )  # fmt: skip
    if which != "all":
        rows = rows[rows["identified"] == (which == "estimated")]
    table = parameter_rows(rows, words)
    if sought.strip():
        text = table.astype(str).agg(" ".join, axis=1).str.casefold()
        table = table[text.str.contains(sought.strip().casefold(), regex=False)]
    frame.shown(
        table, words, {"mean": words.volume}, {"reason": st.column_config.TextColumn(width="large")}, height=520
    )


def parameter_rows(rows: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Parameters in words, priors marked."""
    return pd.DataFrame(
        {
            "source": sources(rows, words),
            "parameter": [parameter(name, words) for name in rows["name"]],
            "mean": rows["mean"],
            "interval_90": [words.between(low, high, words.volume) for low, high in zip(rows["p05"], rows["p95"])],
            "unit": rows["unit"].map(words.sentence),
            "reason": rows["reason"].fillna("").map(words.sentence),
            "prior_used": rows["prior"].fillna("").map(words.sentence),
            "name": rows["name"],
        }
    )


def sources(rows: pd.DataFrame, words: Words) -> pd.Series:
    """Whether each row's figure is estimated or a prior, as a mark and a word."""
    return rows["identified"].map({True: "● " + words("learned.estimated"), False: "○ " + words("learned.prior")})


def parameter(name: str, words: Words) -> str:
    """A parameter in words; what follows its colon is a name from the data."""
    stem, _, of = name.partition(":")
    if stem.startswith("elasticity_"):
        channel = words.named("channel", stem.removeprefix("elasticity_"))
        return words("learned.elasticity_of", channel=channel)
    return words.named("parameter", stem) + (f": {of}" if of else "")


def visit_effect(version: str, words: Words) -> None:
    """The elasticity of visits, beside the naive figure."""
    rows, told = state.table(version, "parameters"), state.document(version, "diagnostics")["visit_effect"]
    ours = rows[rows["name"] == "visit_elasticity"]
    if not len(ours):
        return
    mine = ours.iloc[0]
    if not told["identified"]:
        reason = frame.plain(words.sentence(told["reason"]))
        st.warning(words("learned.visits_prior", reason=reason), icon=":material/menu_book:")
    else:
        st.caption(frame.plain(words.sentence(told["reason"])))
    band = words.between(mine["p05"], mine["p95"], lambda v: words.number(v, 2))
    name = words("learned.ours" if told["identified"] else "learned.ours_prior")
    said = f"{words.number(mine['mean'], 2)}  [{band}]"
    lines = [{"name": name, "mean": mine["mean"], "p05": mine["p05"], "p95": mine["p95"], "said": said}]
    naive = told["naive_elasticity"]
    if naive is not None:
        none = float("nan")
        lines.append(
            {"name": words("learned.naive"), "mean": naive, "p05": none, "p95": none, "said": words.number(naive, 2)}
        )
    drawn.chart(charts.visit_effect, pd.DataFrame(lines), words, alt=words("learned.visits"))
    if naive is not None:
        st.caption(words("learned.naive_note"))


def response_curves(version: str, words: Words) -> None:
    """What an even rate of contacts does, channel by channel, with bands."""
    rows = state.curves(version)
    names = list(rows["channel"].drop_duplicates())
    chosen = frame.tabs(words("learned.channel"), names, "channel", "channel")
    mine = rows[rows["channel"] == chosen]
    kind = "learned.curve_visit" if chosen == "visit" else "learned.curve_other"
    st.caption(words(kind, channel=words.named("channel", str(chosen))))
    if not bool(mine["identified"].iloc[0]):
        st.warning(words("learned.curve_prior"), icon=":material/menu_book:")
    drawn.chart(curves.curves, mine, words, alt=words("learned.curves"))
    with st.expander(words("frame.as_table")):
        table = mine.iloc[::4][["rate", "mean", "p05", "p95"]]
        one = {"rate": lambda v: words.number(v, 1), **dict.fromkeys(("mean", "p05", "p95"), words.signed)}
        frame.shown(table, words, one)


def segments(version: str, words: Words) -> None:
    """Elasticity of visits by segment, a grouping at a time."""
    rows = state.table(version, "visit_segments")
    if not len(rows):
        st.caption(words("learned.no_segments"))
        return
    names = list(rows["grouping"].drop_duplicates())
    chosen = frame.chosen(
        st.selectbox, words("learned.grouping"), names, "grouping", format_func=lambda n: grouping(n, words)
    )
    mine = rows[rows["grouping"] == chosen].copy()
    used = bool(mine["used"].iloc[0])
    st.caption(words("learned.segments_used" if used else "learned.segments_alike"))
    mine["low"], mine["high"] = mine["elasticity"] * mine["p10"], mine["elasticity"] * mine["p90"]
    mine["said"] = [words.number(value, 2) for value in mine["elasticity"]]
    mine["segment"] = [words.named("level", str(name)) or words("learned.no_value") for name in mine["segment"]]
    drawn.chart(curves.segments, mine, words, alt=words("learned.segments"))


def grouping(name: str, words: Words) -> str:
    """A grouping in words: ours have phrases, columns of the data keep their names."""
    return words.named("grouping", name)


def season(version: str, words: Words) -> None:
    """Category totals and their fit."""
    told: dict[str, Any] = state.document(version, "diagnostics")
    st.caption(frame.plain(words("learned.source", source=words.sentence(told["season"]["source"]))))
    rows = state.table(version, "season")
    if len(rows):
        drawn.chart(charts.season, rows, words, alt=words("learned.season"))
