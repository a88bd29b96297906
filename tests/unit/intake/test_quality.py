"""Quality: impossible rows are counted where they are, scores fall with them, and nothing else moves."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from twin.intake.assemble import assemble
from twin.intake.ingest import read_bundle
from twin.intake.quality import quality_of
from twin.intake.quality_scores import gaps_of, quality_scores
from twin.intake.quality_signals import robust_z, signals_of

TODAY = dt.date(2024, 6, 1)


@pytest.fixture
def judged(bundle):
    """Judge a bundle with some files changed: its quality, and its signals by name."""

    def judge(changes=None):
        read = read_bundle(bundle(changes or {}), today=TODAY)
        world, history = assemble(read.tables, read.links)
        rows = [quality_of(name, table) for name, table in read.tables.items()]
        found = quality_scores(world, history, read.tables, rows, read.pairs)
        return found, {signal.name: signal for signal in signals_of(world, read.tables, read.pairs)}

    return judge


def test_scores_are_parts_of_one_and_every_customer_has_one(judged):
    found, _ = judged()
    parts = found.by_customer[["score", "completeness", "freshness", "accuracy"]]
    assert ((parts >= 0) & (parts <= 1)).all(axis=None)
    assert found.by_customer["customer_id"].is_unique
    product = parts[["completeness", "freshness", "accuracy"]].prod(axis=1)
    assert np.allclose(product, parts["score"], atol=1e-3)


def test_a_visit_after_closing_is_counted_and_costs_its_customer_alone(judged, good):
    lines = good["customers.csv"].splitlines()
    closed = "\n".join([lines[0] + ",left_on", lines[1] + ",2024-01-20", *(line + "," for line in lines[2:])]) + "\n"
    late = good["visits.csv"] + "2024-03-01,R1,007,visit\n"
    before, _ = judged({"customers.csv": closed})
    after, signals = judged({"customers.csv": closed, "visits.csv": late})
    assert signals["visits after closing"].bad.sum() == 1
    was, now = (one.by_customer.set_index("customer_id")["accuracy"] for one in (before, after))
    assert now["007"] < was["007"]
    assert (was.drop("007") == now.drop("007")).all()
    assert after.by_rep.set_index("rep_id")["visits_after_closing"].to_dict() == {"R1": 1, "R2": 0}


def test_a_rep_out_of_service_and_an_hour_when_nobody_works_are_counted(judged, good):
    lines = good["reps.csv"].splitlines()
    reps = "\n".join([lines[0] + ",end_date", lines[1] + ",2024-01-20", lines[2] + ","]) + "\n"
    night = good["visits.csv"] + "2024-02-05 03:30,R2,7,visit\n"
    found, signals = judged({"reps.csv": reps, "visits.csv": night})
    assert signals["contact by a rep out of service"].bad.sum() == 1
    assert signals["contact at an impossible hour"].bad.sum() == 1
    assert found.by_rep.set_index("rep_id").loc["R1", "contact_by_a_rep_out_of_service"] == 1
    assert found.by_territory["contact_at_an_impossible_hour"].sum() == 1


def test_a_stray_value_is_far_and_its_group_decides_what_far_is():
    values = np.concatenate([np.linspace(0, 1, 50), [9.0], np.linspace(0, 100, 50)])
    group = np.repeat([0, 1], [51, 50])
    z = robust_z(values, group, 0.01)
    assert z[50] > 6
    assert np.abs(z[51:]).max() < 6
    assert np.isnan(robust_z(np.arange(5.0), np.zeros(5, dtype=int), 0.01)).all()


def test_gaps_are_periods_without_a_row_between_the_first_and_the_last():
    unit, period = np.array([0, 0, 0, 1, 1]), np.array([1, 2, 6, 0, 1])
    empty, span = gaps_of(unit, period, 3, 8)
    assert empty.tolist() == [3, 0, 0]
    assert span.tolist() == [6, 2, 0]


def test_tables_say_what_is_filled_and_what_is_doubtful(judged):
    found, signals = judged()
    measures = set(found.by_column["measure"])
    assert {"filled", "repeated rows", "newest date"} <= measures
    assert set(signals) <= measures
    assert pd.Series(found.by_column["share"].dropna()).between(0, 1).all()
