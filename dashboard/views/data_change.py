"""What changes between two datasets: rows, ids, months, consents, and what of it looks like a slip."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import drawn, frame, live, state
from dashboard.charts import diagnostics as charts
from dashboard.words import Words


def render(told: dict[str, Any], words: Words) -> None:
    """What a check found: nothing is published yet.

    Parameters
    ----------
    told : dict
        As :func:`twin.tasks.data.ingest.run_ingest` gives it.
    words : Words
    """
    st.header(words("data.change"))
    change = told.get("change")
    st.info(words.named("way_note", str(told.get("how", "first"))), icon=":material/preview:")
    warnings = [words.sentence(text) for text in told.get("warnings", ())]
    if warnings:
        with st.expander(words("data.warnings", n=len(warnings))):
            frame.findings(warnings[:200])
    if change is None:
        rows = told.get("rows", {})
        table = pd.DataFrame({"table": [words.named("table", name) for name in rows], "rows": list(rows.values())})
        frame.shown(table, words, {"rows": words.number})
        return
    difference(change, words)


def difference(change: dict[str, Any], words: Words) -> None:
    """A difference, slips first."""
    for slip in change["slips"]:
        st.warning(
            frame.plain(words("data.slip", where=slip["where"], expected=words.sentence(slip["expected"]),
                              found=words.sentence(slip["found"]))),
            icon=":material/report:",
        )  # fmt: skip
    left, right = st.columns(2, gap="medium")
    with left:
        rows = pd.DataFrame(change["rows"])
        if len(rows):
            rows["more"] = rows["after"] - rows["before"]
            rows["table"] = [words.named("table", name) for name in rows["table"]]
            forms = {"before": words.number, "after": words.number, "more": lambda v: words.signed(v, 0)}
            frame.shown(rows[["table", "before", "after", "more"]], words, forms)
    with right:
        lines = [
            words("data.ids", table=words.named("table", one["table"]), appeared=words.number(one["appeared"]),
                  vanished=words.number(one["vanished"]))
            for one in change["ids"]
            if one["appeared"] or one["vanished"]
        ]  # fmt: skip
        lines += [
            words("data.consents", channel=words.named("channel", one["channel"]), given=words.number(one["given"]),
                  withdrawn=words.number(one["withdrawn"]))
            for one in change["consents"]
            if one["given"] or one["withdrawn"]
        ]  # fmt: skip
        if change["closed"] or change["reopened"]:
            n = {"closed": words.number(change["closed"]), "reopened": words.number(change["reopened"])}
            lines.append(words("data.closed", **n))
        if lines:
            frame.findings(lines)
        else:
            st.caption(words("data.same_ids"))
    months = pd.DataFrame(change["months"])
    if not len(months):
        st.caption(words("data.same_months"))
        return
    st.markdown(f"**{words('data.months')}**")
    told = months.groupby(["table", "month"], as_index=False)[["rows_before", "rows_after"]].sum()
    told["table"] = [words.named("table", name) for name in told["table"]]
    drawn.chart(charts.months, told, words, alt=words("data.months"))


def versions(words: Words) -> None:
    """Datasets of the workspace, newest first, and how any two differ."""
    found = live.datasets()
    st.header(words("data.versions"))
    if len(found) < 2:
        st.caption(words("data.one_version"))
        return
    told = {one.id: f"{frame.short(one.id)} · {words.moment(one.created)}" for one in found}
    left, right = st.columns(2)
    after = left.selectbox(words("data.newer"), list(told), format_func=told.__getitem__, key="newer")
    before = right.selectbox(words("data.older"), list(told), index=1, format_func=told.__getitem__, key="older")
    if after and before and after != before:
        difference(state.difference_of(before, after), words)
