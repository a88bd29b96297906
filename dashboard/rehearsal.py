"""Rehearsal: one of each thing that pages are made of, drawn for nobody, so that nobody waits while it is read in.

Knows no page and no result.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from dashboard.charts import forecast
from dashboard.words import LANGUAGES, Words

_DAYS = pd.date_range("2024-01-01", periods=3)


def rehearse() -> None:
    """Say a number and a date in every language, draw a choice, a table and a chart."""
    for language in LANGUAGES:
        words = Words(language)
        words.number(1234.5, 1)
        words.percent(0.5)
        words.signed(1.0)
        words.date(dt.date(2024, 1, 1))
        words.moment("2024-01-01T00:00:00+00:00")
        words.sentence("No sentence that is known.")
    st.markdown("")
    st.segmented_control("", ["a"], key="rehearsal")
    st.dataframe(pd.DataFrame({"a": [1.0]}).style.format(str))
    lived = pd.DataFrame({"date": _DAYS, "value": [1.0, 2.0, 3.0]})
    band = pd.DataFrame({"date": _DAYS, **{name: [1.0, 2.0, 3.0] for name in ("p10", "p50", "p90")}})
    st.altair_chart(forecast.fan(lived, [("", band)], dt.date(2024, 1, 1), "", ",", words), theme=None)
