"""Diagnostics: whether to trust what was learned: lights with reasons, parameters, curves, recovery, the look back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import access, drawn, frame, jobs_panel, state
from dashboard.charts import diagnostics as charts
from dashboard.views import learned, looking_back
from dashboard.words import Words, catalogue

_TABS = ("health", "parameters", "curves", "fit", "recovery", "backtest", "readiness")
_HALF = 430
"""Least width of a half of the page, pixels."""
_ORDER = {"fail": 0, "review": 1, "not made": 2, "pass": 3}


def render() -> None:
    """The page."""
    words, heads = state.words(), state.heads()
    st.title(words("diagnostics.title"))
    jobs_panel.panel(("calibrate", "backtest"))
    calibration = heads.get("calibration")
    if calibration is None:
        frame.unlearned(words("overview.no_calibration"))
        return
    chosen = frame.tabs(words("diagnostics.which"), _TABS, "view", "diagnostics_tab")
    _VIEWS[chosen](heads, words)


def _health(heads: dict[str, Any], words: Words) -> None:
    """Every light, the worst first, with its figure, threshold, reason and cure."""
    version = heads["calibration"].id
    rows = state.table(version, "health_table")
    if not len(rows):
        frame.empty(words("health.none"), "twin calibrate", "calibration")
        return
    first, rows = rows.iloc[0], rows.iloc[1:]
    because = [words.named("check", name.strip()) for name in str(first["reason"] or "").split(",") if name.strip()]
    learned.light(first["verdict"], words, words("health.because", names=", ".join(because)) if because else "")
    counts = rows["verdict"].value_counts()
    names = ("pass", "review", "fail", "not made")
    told = " · ".join(
        f"{learned.sign(name)} {words.named('verdict_of', name)}: {words.number(int(counts.get(name, 0)))}"
        for name in names
    )
    st.caption(told)
    rows = rows.iloc[rows["verdict"].map(_ORDER).fillna(2).argsort(kind="stable")]
    for row in rows[rows["verdict"].isin(["fail", "review"])].itertuples():
        with st.container(border=True):
            st.markdown(f"{learned.sign(row.verdict)} **{frame.plain(words.sentence(row.about))}**")
            st.markdown(frame.plain(_named(words.sentence(row.reason or ""), words)))
            if row.action:
                st.caption(frame.plain(words("health.cure", text=_named(words.sentence(row.action), words))))
    table = pd.DataFrame(
        {
            "light": [f"{learned.sign(name)} {words.named('verdict_of', name)}" for name in rows["verdict"]],
            "check": [words.sentence(text) for text in rows["about"]],
            "value": [words.volume(value) for value in rows["value"]],
            "reason": [_named(words.sentence(text), words) for text in rows["reason"].fillna("")],
            "threshold": [words.sentence(text) for text in rows["threshold"].fillna("")],
        }
    )
    frame.written(table, words)


def _named(text: str, words: Words) -> str:
    """A sentence of the health card with its parameters in words: before a colon, or as all that stands after one."""
    parts = []
    for part in text.split("; "):
        head, colon, rest = part.partition(": ")
        body = rest.removesuffix(".")
        names = body.split(", ")
        if all(_is_parameter(name) for name in names):
            rest = ", ".join(learned.parameter(name, words) for name in names) + rest[len(body) :]
        parts.append((learned.parameter(head, words) if _is_parameter(head) else head) + colon + rest)
    return "; ".join(parts)


def _is_parameter(name: str) -> bool:
    """Whether a word is the code of a parameter."""
    stem = name.partition(":")[0]
    return f"parameter.{stem}" in catalogue("en") or stem.startswith("elasticity_")


def _parameters(heads: dict[str, Any], words: Words) -> None:
    learned.parameters(heads["calibration"].id, words)


def _curves(heads: dict[str, Any], words: Words) -> None:
    version = heads["calibration"].id
    grid = st.grid("auto", min_column_width=_HALF, gap="medium")
    with grid.container(border=True, height="stretch"):
        st.header(words("learned.curves"))
        learned.response_curves(version, words)
    with grid.container(border=True, height="stretch"):
        st.header(words("learned.visits"))
        learned.visit_effect(version, words)
    with st.container(border=True):
        st.header(words("learned.segments"))
        learned.segments(version, words)


def _fit(heads: dict[str, Any], words: Words) -> None:
    """Season, ranking, and cells of the last year that were foretold."""
    version = heads["calibration"].id
    if access.company():  # the season is drawn through totals of the market
        with st.container(border=True):
            st.header(words("learned.season"))
            learned.season(version, words)
    left, right = st.columns(2, gap="medium")
    with left, st.container(border=True, height="stretch"):
        st.header(words("learned.potential"))
        potential = state.document(version, "diagnostics")["potential"]
        ranking, hidden = potential["spearman_cv"], potential["spearman_unknown"]
        lines = [words("learned.source", source=words.sentence(potential["source"]))]
        known = words("learned.ranking", value=words.number(ranking, 2)) if ranking is not None else ""
        lines.append(known or words("learned.no_ranking"))
        if hidden is not None:
            lines.append(words("learned.ranking_unknown", value=words.number(hidden, 2)))
        lines += [words.sentence(note) for note in potential["notes"]]
        frame.findings(lines)
    with right, st.container(border=True, height="stretch"):
        st.header(words("diagnostics.foretold"))
        cells = state.table(version, "predictive")
        if not len(cells):
            st.caption(words("diagnostics.not_foretold"))
            return
        told = cells.groupby("source")["inside_80"].agg(["size", "mean"])
        frame.findings(
            words("diagnostics.cells", source=words.named("evidence", str(name)), n=words.number(row["size"]),
                  inside=words.percent(row["mean"]))
            for name, row in told.iterrows()
        )  # fmt: skip
        st.caption(words("diagnostics.cells_note"))


def _recovery(heads: dict[str, Any], words: Words) -> None:
    """Whether this very calibration would find the truth in a company like this one."""
    rows = state.table(heads["calibration"].id, "certificate")
    if not len(rows):
        frame.empty(words("diagnostics.no_certificate"), "twin calibrate --certificate 20", "calibration")
        return
    n = int(rows["n"].max())
    fine = pd.to_numeric(rows["p_coverage"]) >= 0.05
    shown = rows.assign(
        parameter=[learned.parameter(name, words) for name in rows["parameter"]], fine=fine,
        said=[words("diagnostics.of_histories", inside=int(a), n=int(b)) for a, b in zip(rows["inside"], rows["n"])],
    )  # fmt: skip
    st.markdown(words("diagnostics.certificate", n=n, fine=int(fine.sum()), all=len(rows)))
    drawn.chart(charts.recovery, shown, words, alt=words("diagnostics_tab.recovery"))
    table = shown[["parameter", "coverage", "bias_sds", "relative_bias"]].assign(source=learned.sources(shown, words))
    forms = {"coverage": words.percent, "bias_sds": lambda v: words.signed(v, 2), "relative_bias": words.percent}
    frame.shown(table, words, forms)


def _backtest(heads: dict[str, Any], words: Words) -> None:
    if not access.company():
        st.caption(words("access.company_only"))
        return
    if "backtest" not in heads:
        frame.empty(words("learned.no_backtest"), "twin backtest")
    allowed, busy = access.may("learn"), jobs_panel.busy(("backtest",))
    if st.button(
        words("calibration.run_backtest"), disabled=busy or not allowed, help=words("calibration.backtest_help")
    ):
        jobs_panel.start("backtest", [])
    if "backtest" in heads:
        looking_back.render(heads, words)


def _readiness(heads: dict[str, Any], words: Words) -> None:
    """Score of each criterion, what it rests on, and what each gap costs."""
    ready = state.readiness(heads["dataset"].id)
    st.markdown(f"**{words.named('verdict', ready['verdict'])}** · {words.percent(ready['score'])}")
    rows = pd.DataFrame(ready["criteria"])
    table = pd.DataFrame(
        {
            "criterion": [words.named("criterion", name) for name in rows.iloc[:, 0]],
            "score": [words.percent(score) for score in rows["score"]],
            "evidence": [words.sentence(text) for text in rows["evidence"]],
            "missing": [words.sentence(text) for text in rows["missing"].fillna("")],
        }
    )
    frame.written(table if access.company() else table[["criterion", "score"]], words)


_VIEWS = {
    "health": _health, "parameters": _parameters, "curves": _curves, "fit": _fit, "recovery": _recovery,
    "backtest": _backtest, "readiness": _readiness,
}  # fmt: skip
