"""Beside: columns next to the figures that say the figures are not all of one sort.

Two currencies in one column of values, two units in one column of volumes, a week that is not that of its date. Knows
one table at a time.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from twin.errors import Problem
from twin.intake.fold import header
from twin.intake.raw import Raw

_CURRENCY = {"currency", "currencyisocode", "currency_code", "para_birimi", "doviz", "doviz_cinsi", "waers", "waerk",
             "transactioncurrencyid", "doviz_kodu"}  # fmt: skip
_TAX = {"vat_included", "vat_basis", "kdv_dahil", "kdv_durumu", "kdv_dahil_mi", "tax_included"}
_UNIT = {"unit", "birim", "olcu_birimi", "uom", "uomid", "vrkme", "meins", "unit_of_measure", "satis_birimi"}
_WEEK = {"iso_week", "isoweek", "yil_hafta", "iso_hafta"}
_MIXED = (("value", _CURRENCY, "one currency"), ("value", _TAX, "one tax basis"), ("volume", _UNIT, "one unit"))


def doubts(raw: Raw, frame: pd.DataFrame) -> list[Problem]:
    """Columns of one table that contradict its figures."""
    found: list[Problem] = []
    for figure, names, what in _MIXED:
        for title in (name for name in raw.columns if figure in frame and header(raw.titles.get(name, name)) in names):
            words = pd.Series(raw.columns[title].cast(pa.large_string()).to_pandas(), dtype="str").str.strip()
            words = words.where(words != "")
            other = (words.notna() & (words != words.dropna().iloc[0])) if words.notna().any() else words.notna()
            if other.any():
                row = int(np.argmax(other))
                theirs = raw.titles.get(title, title)
                said = f"{words.dropna().iloc[0]!r} and {words.iloc[row]!r} in {theirs}"
                cure = (f"Convert the figures to one and export again, or read one of them with "
                        f'keep = {{"{theirs}" = ["{words.dropna().iloc[0]}"]}} in the mapping.')  # fmt: skip
                found.append(Problem(raw.file_of(row), raw.title_of(figure), f"{what} in a column", said, cure,
                                     row=raw.line_of(row), count=int(other.sum())))  # fmt: skip
    return found + _weeks(raw, frame)


def _weeks(raw: Raw, frame: pd.DataFrame) -> list[Problem]:
    """Rows whose week is not the ISO week of their date: 30 December 2024 lies in 2025-W01."""
    day = next((name for name in ("date", "period_start") if name in frame), None)
    titles = [name for name in raw.columns if header(raw.titles.get(name, name)) in _WEEK]
    if day is None or not titles:
        return []
    words = pd.Series(raw.columns[titles[0]].cast(pa.large_string()).to_pandas(), dtype="str").str.strip()
    parts = words.str.extract(r"^(?P<year>\d{4})-?[WwHh](?P<week>\d{1,2})$")
    calendar = frame[day].dt.isocalendar()
    stated = pd.to_numeric(parts["year"]).astype(float) * 100 + pd.to_numeric(parts["week"]).astype(float)
    real = calendar["year"].astype("Float64") * 100 + calendar["week"].astype("Float64")
    wrong = (stated.notna() & real.notna() & (stated != real.astype(float))).to_numpy()
    if not wrong.any():
        return []
    row = int(np.argmax(wrong))
    date = frame[day].iloc[row].date()
    year, week = int(calendar["year"].iloc[row]), int(calendar["week"].iloc[row])
    expected = f"the ISO week of its date ({date} lies in {year}-W{week:02d})"
    cure = "Export ISO weeks with the year of the week, or leave the column out."
    return [Problem(raw.file_of(row), raw.titles.get(titles[0], titles[0]), expected, repr(words.iloc[row]), cure,
                    row=raw.line_of(row), count=int(wrong.sum()))]  # fmt: skip
