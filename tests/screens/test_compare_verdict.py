"""What a comparison says of its scenarios: a clear gain, a clear loss, neither, and all of them together."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from dashboard.charts import forecast as charts
from dashboard.views import compare_tables, report
from dashboard.words import Words

EN = Words("en")
GAIN, LOSS, OPEN, NONE = (2.0, 1.0, 3.0), (-2.9, -3.9, -2.1), (0.5, -1.0, 2.0), (0.0, 0.0, 0.0)
HIGH, LOW = (4.0, -0.5, 8.0), (-3.5, -8.0, 1.0)


def row(name: str, figures: tuple[float, float, float]) -> dict:
    mean, low, high = figures
    gain = {"mean": mean, "p05": low, "p10": low, "p50": mean, "p90": high, "p95": high}
    return {"name": name, "versus_baseline": {"own_volume_pct": gain, "probability_of_gain": 0.5}}


def said(language: str = "en", **rows: tuple[float, float, float]) -> str:
    return "\n".join(compare_tables.findings([row(*each) for each in rows.items()], {}, Words(language)))


@pytest.mark.parametrize(
    ("rows", "key", "named"),
    [
        ({"A": GAIN}, "finding", "A"),
        ({"A": LOSS}, "finding_worse_one", "A"),
        ({"A": LOSS, "B": (-1.0, -1.5, -0.5)}, "finding_worse", "B"),
        ({"A": OPEN}, "finding_unclear", "A"),
        ({"A": OPEN, "B": LOSS}, "finding_no_gain", "A"),
        ({"A": LOSS, "B": LOW}, "finding_no_gain", "B"),
        ({"A": HIGH, "B": GAIN}, "finding_sure", "B"),
        ({"A": GAIN, "B": OPEN}, "finding", "A"),
        ({"A": NONE}, "finding_same", "A"),
        ({"A": NONE, "B": LOSS}, "finding_worse_one", "B"),
    ],
)
def test_the_verdict_is_what_the_intervals_say(rows, key, named):
    told = said(**rows)
    values = compare_tables._values(row(named, rows[named]), EN) if key != "finding_same" else {"name": named}
    assert told.splitlines()[0] == EN(f"compare.{key}", **values)


def test_a_scenario_that_clearly_loses_is_never_said_to_hold_zero():
    for language in ("en", "tr"):
        told = said(language, Dark=LOSS)
        assert "holds zero" not in told and "sıfırı içeriyor" not in told and "Dark" in told


def test_a_mixed_company_says_who_loses_and_who_is_open():
    told = said(High=HIGH, Sure=GAIN, Bad=LOSS)
    assert EN("compare.finding_above", names="High") in told and EN("compare.finding_losers", names="Bad") in told
    assert EN("compare.finding_losers", names="Bad") in said(Open=OPEN, Bad=LOSS)


def test_names_with_commas_stay_whole_in_a_list():
    assert "A, B; C" in said(Open=OPEN, **{"A, B": LOSS, "C": LOSS})


def test_the_report_says_the_same():
    rows = [row("Dark", LOSS)]
    assert report._findings(rows, {}, EN) == compare_tables.findings(rows, {}, EN)


def test_the_axis_writes_percent_as_the_language_does():
    past = pd.DataFrame({"date": pd.to_datetime(["2025-12-01", "2025-12-08"]), "value": [0.2, 0.24]})
    band = pd.DataFrame({"date": pd.to_datetime(["2026-01-05", "2026-01-12"]), "p10": 0.2, "p50": 0.22, "p90": 0.24})

    def axis(language: str) -> dict:
        chart = charts.fan(past, [("x", band)], dt.date(2026, 1, 5), "Share", ".1%", Words(language))
        return chart.to_dict()["layer"][0]["encoding"]["y"]["axis"]

    assert axis("tr")["labelExpr"].startswith("'%' + ") and "format" not in axis("tr")
    assert axis("en")["format"] == ".1%"


def test_longer_figures_are_given_more_room():
    def part(said: str) -> float:
        rows = pd.DataFrame(
            [{"name": "A", "mean": 2, "p05": 0, "p10": 1, "p90": 3, "p95": 4, "clear": True, "said": said}]
        )
        spec = charts.uplift(rows, EN).to_dict()
        low, high = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
        return (high - 4) / (high - low)

    long = "+28.6  [+24.4 … +32.8]"
    assert part("+2.0") < part(long)
    assert 430 * part(long) > 6 * len(long), "the figures reach into the marks"
