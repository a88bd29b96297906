"""What was learned: parameters with their priors marked, the rivals' calendar, the fit, the look back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import frame, state
from dashboard.charts import learned as charts
from dashboard.words import Words


def parameters(heads: dict[str, Any], words: Words) -> None:
    """Every scalar, estimated or prior, and the effect of visits beside its naive figure."""
    if not (version := _calibrated(heads, words)):
        return
    rows = state.table(version, "parameters")
    _visit_effect(rows, state.document(version, "diagnostics")["visit_effect"], words)
    st.subheader(words("learned.parameters"))
    n = int((~rows["identified"]).sum())
    st.caption(words("learned.parameters_note", priors=n, all=len(rows)))
    options = ["all", "estimated", "prior"]
    which = st.segmented_control(
        words("learned.which"),
        options,
        default="all",
        required=True,
        key="which",
        format_func=lambda name: words.named("learned", name),
        label_visibility="collapsed",
    )
    if which != "all":
        rows = rows[rows["identified"] == (which == "estimated")]
    marks = {True: "● " + words("learned.estimated"), False: "○ " + words("learned.prior")}
    table = pd.DataFrame(
        {
            "source": rows["identified"].map(marks),
            "parameter": [_parameter(name, words) for name in rows["name"]],
            "mean": rows["mean"],
            "interval_90": [words.between(low, high, words.volume) for low, high in zip(rows["p05"], rows["p95"])],
            "unit": rows["unit"].map(words.sentence),
            "reason": rows["reason"].fillna("").map(words.sentence),
            "prior_used": rows["prior"].fillna("").map(words.sentence),
            "name": rows["name"],
        }
    )
    frame.shown(
        table, words, {"mean": words.volume}, {"reason": st.column_config.TextColumn(width="large")}, height=520
    )


def rivals(heads: dict[str, Any], words: Words) -> None:
    """The rivals' moves: what was seen, what comes back, when next."""
    if not (version := _calibrated(heads, words)):
        return
    rows = state.table(version, "rival_calendar")
    st.subheader(words("learned.rivals"))
    if not len(rows):
        seen = state.document(version, "diagnostics")["market_seen"]
        frame.empty(words("learned.no_rivals" if seen else "learned.rivals_unseen"))
        return
    st.caption(words("learned.rivals_note"))
    kind = rows["recurring"].map({True: words("chart.recurring"), False: words("chart.once")})
    said = [
        words(
            "learned.campaign_said",
            start=words.date(r.start),
            end=words.date(r.end),
            strength=words.number(r.strength, 2),
            chance=words.percent(r.probability),
        )
        for r in rows.itertuples()
    ]
    following = [words.date(day) if pd.notna(day) else "" for day in rows["next_start"]]
    rows = rows.assign(kind=kind, said=said, next_said=following)
    st.altair_chart(charts.rival_calendar(rows, words), width="stretch", theme=None, alt=words("learned.rivals"))
    with st.expander(words("frame.as_table")):
        columns = ["brand", "start", "end", "strength", "probability", "kind", "next_start", "next_probability"]
        forms = {
            "start": words.date,
            "end": words.date,
            "next_start": words.date,
            "probability": words.percent,
            "next_probability": words.percent,
            "strength": lambda v: words.number(v, 2),
        }
        frame.shown(rows[columns], words, forms)


def fit(heads: dict[str, Any], words: Words) -> None:
    """Season: totals and their fit."""
    if not (version := _calibrated(heads, words)):
        return
    told = state.document(version, "diagnostics")
    st.subheader(words("learned.season"))
    st.caption(words("learned.source", source=words.sentence(told["season"]["source"])))
    rows = state.table(version, "season")
    if len(rows):
        st.altair_chart(charts.season(rows, words), width="stretch", theme=None, alt=words("learned.season"))
    st.subheader(words("learned.potential"))
    potential = told["potential"]
    ranking, hidden = potential["spearman_cv"], potential["spearman_unknown"]
    lines = [words("learned.source", source=words.sentence(potential["source"]))]
    lines.append(
        words("learned.ranking", value=words.number(ranking, 2)) if ranking is not None else words("learned.no_ranking")
    )
    if hidden is not None:
        lines.append(words("learned.ranking_unknown", value=words.number(hidden, 2)))
    st.markdown("\n".join(f"- {frame.plain(line)}" for line in lines))


def backtest(heads: dict[str, Any], words: Words) -> None:
    """Forecasts as of past dates, beside naive ones, and who was nearer."""
    st.subheader(words("learned.backtest"))
    if "backtest" not in heads:
        frame.empty(words("learned.no_backtest"), "twin backtest")
        return
    version = heads["backtest"]
    rows, verdict = state.table(version.id, "backtest"), state.document(version.id, "verdict")
    if heads["dataset"].id not in version.parents:
        st.warning(words("learned.backtest_stale"), icon=":material/history:")
    for measure, score in verdict.items():
        key = "learned.naive_wins" if score["naive_wins"] else "learned.ours_wins"
        share = measure == "brand_share"
        say = (lambda v: words.percent(v, 2)) if share else words.volume
        values = {"ours": say(score["mean_absolute_error"]), "naive": say(score["naive_mean_absolute_error"])}
        line = words(key, measure=words.named("measure", measure), inside=words.percent(score["inside_80"]), **values)
        (st.warning if score["naive_wins"] else st.success)(line, icon=":material/balance:")
    said = [words.percent if measure == "brand_share" else words.volume for measure in rows["measure"]]
    digits = [(lambda v: words.percent(v, 1)) if each == words.percent else each for each in said]
    table = pd.DataFrame(
        {
            "origin": rows["origin"].map(words.date),
            "measure": [words.named("measure", m) for m in rows["measure"]],
            "of": [words.named("of", name) for name in rows["of"]],
        }
    )
    for name in ("actual", "forecast", "naive"):
        table[name] = [say(value) for say, value in zip(digits, rows[name])]
    table["interval_80"] = [words.between(low, high, say) for say, low, high in zip(digits, rows["p10"], rows["p90"])]
    table["inside_80"] = rows["inside_80"].map({True: "✓", False: "✕"})
    table["error_pct"], table["naive_error_pct"] = (
        pd.to_numeric(rows["error_pct"]),
        pd.to_numeric(rows["naive_error_pct"]),
    )
    order = [
        "origin",
        "measure",
        "of",
        "actual",
        "forecast",
        "interval_80",
        "inside_80",
        "error_pct",
        "naive",
        "naive_error_pct",
    ]
    frame.shown(table[order], words, {"error_pct": words.signed, "naive_error_pct": words.signed})


def _visit_effect(rows: pd.DataFrame, told: dict[str, Any], words: Words) -> None:
    st.subheader(words("learned.visits"))
    ours = rows[rows["name"] == "visit_elasticity"]
    if not len(ours):
        return
    mine = ours.iloc[0]
    if not told["identified"]:
        st.warning(
            words("learned.visits_prior", reason=frame.plain(words.sentence(told["reason"]))),
            icon=":material/menu_book:",
        )
    else:
        st.caption(words.sentence(told["reason"]))
    band = words.between(mine["p05"], mine["p95"], lambda v: words.number(v, 2))
    lines = [
        {
            "name": words("learned.ours" if told["identified"] else "learned.ours_prior"),
            "mean": mine["mean"],
            "p05": mine["p05"],
            "p95": mine["p95"],
            "said": f"{words.number(mine['mean'], 2)}  [{band}]",
        }
    ]
    if told["naive_elasticity"] is not None:
        said = words.number(told["naive_elasticity"], 2)
        lines.append(
            {
                "name": words("learned.naive"),
                "mean": told["naive_elasticity"],
                "p05": float("nan"),
                "p95": float("nan"),
                "said": said,
            }
        )
    st.altair_chart(
        charts.visit_effect(pd.DataFrame(lines), words), width="stretch", theme=None, alt=words("learned.visits")
    )
    if told["naive_elasticity"] is not None:
        st.caption(words("learned.naive_note"))


def _parameter(name: str, words: Words) -> str:
    """A parameter in words; what follows its colon is a name from the data."""
    stem, _, of = name.partition(":")
    return words.named("parameter", stem) + (f": {of}" if of else "")


def _calibrated(heads: dict[str, Any], words: Words) -> str:
    if "calibration" not in heads:
        frame.empty(words("overview.no_calibration"), "twin calibrate")
        return ""
    return str(heads["calibration"].id)
