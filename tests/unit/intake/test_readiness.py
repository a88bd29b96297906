"""Readiness says what the data carry, what they do not, and what that costs."""

from __future__ import annotations

import datetime as dt

from twin.intake.assemble import assemble
from twin.intake.ingest import read_bundle
from twin.intake.readiness import readiness

TODAY = dt.date(2024, 6, 1)


def report(folder):
    tables = read_bundle(folder, today=TODAY).tables
    return readiness(*assemble(tables), tables)


def possible(ready):
    return {capability.name: capability.possible for capability in ready.capabilities}


def test_a_full_bundle_can_do_everything(bundle):
    assert all(possible(report(bundle())).values())


def test_three_tables_say_plainly_what_is_not_possible(bundle):
    folder = bundle(
        {"customers.csv": "customer_id\nA\n", "brands.csv": "brand,owner\nOurs,us\n",
         "sales.csv": "date,customer_id,brand,volume\n2024-01-01,A,Ours,1\n"}, only=())  # fmt: skip
    ready = report(folder)
    assert [name for name, can in possible(ready).items() if can] == ["forecast of own sales"]
    reasons = {capability.name: capability.reason for capability in ready.capabilities}
    assert "no visits in the data" in reasons["effect of visits"]
    assert "no map" in reasons["map"]
    assert "no plan" in reasons["visit plan"]


def test_a_gap_lowers_its_own_mark_and_names_its_cost(bundle):
    whole = {criterion.name: criterion for criterion in report(bundle()).criteria}
    gap = {criterion.name: criterion for criterion in report(bundle({"market_sales.csv": None})).criteria}
    assert gap["rival sales"].score == 0.0 < whole["rival sales"].score
    assert "market share" in gap["rival sales"].missing
    assert gap["segmentation"] == whole["segmentation"]


def test_marks_stay_in_range_and_a_full_mark_lacks_nothing(bundle):
    for criterion in report(bundle()).criteria:
        assert 0.0 <= criterion.score <= 1.0
        assert (criterion.missing == "") == (criterion.score == 1.0)


def test_quality_counts_filled_cells_last_dates_and_repetitions(bundle, good):
    twin_row = "9,CINAR ECZ.,29.01,41.01,B1,active,\n"
    quality = {item.table: item for item in report(bundle({"customers.csv": good["customers.csv"] + twin_row})).quality}
    assert quality["customers"].duplicates == 1
    assert quality["customers"].completeness["known_since"] == 0.25
    assert quality["sales"].last_date == "2024-03-07"
