"""Goodwill state: stock and pressure at the origin are those that the weekly laws would have left."""

from __future__ import annotations

import numpy as np
import pytest

from twin.calibration.visits import goodwill_state
from twin.market.channels import VISIT
from twin.market.history import Touches
from twin.response import attraction, goodwill
from twin.weeks import NEVER

ORIGIN, N, WEEKS = 3000, 30, 104


@pytest.fixture(scope="module")
def touches() -> Touches:
    rng = np.random.default_rng(5)
    n = 900
    channel = rng.choice([VISIT, 2, 3], n).astype(np.int8)
    week = rng.integers(ORIGIN - WEEKS, ORIGIN, n).astype(np.int32)
    return Touches(rng.integers(0, N, n).astype(np.int32), channel, week, np.full(n, -1, np.int32))


def lived(touches: Touches, memory: float, carryover: float, q: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Week by week, by the laws."""
    stock, pressure, felt = np.zeros(N), np.zeros(N), []
    since = np.full((2, N), 99)
    for week in range(ORIGIN - WEEKS, ORIGIN):
        now = touches.week == week
        count = [np.bincount(touches.customer[now & side], minlength=N) for side in
                 (touches.channel == VISIT, touches.channel != VISIT)]  # fmt: skip
        met, wrote = (one > 0 for one in count)
        seconded = goodwill.is_seconded(met, wrote, since[0], since[1])
        stock = goodwill.advance_goodwill(stock, np.array(count).sum(axis=0), carryover)
        pressure = goodwill.advance_pressure(pressure, np.array(count).sum(axis=0), seconded, memory)
        since = np.where([met, wrote], 1, since + 1)
        felt.append(attraction.warmth(stock, q))
    return stock, pressure, np.mean(felt[-52:], axis=0)


@pytest.mark.parametrize("memory", [0.0, 0.4, 1.0])
def test_pressure_is_what_the_law_leaves_when_channels_repeat_one_another(touches, memory):
    _, pressure, _ = lived(touches, memory, 0.9, 0.0)
    np.testing.assert_allclose(goodwill_state.pressure_at(touches, N, ORIGIN, memory), pressure, rtol=1e-9)


@pytest.mark.parametrize("q", [-1.0, 0.0])
def test_stock_and_what_is_usually_felt_of_it_are_those_of_the_law(touches, q):
    stock, _, felt = lived(touches, 0.5, 0.9, q)
    found = goodwill_state.stock_at(touches, np.ones(len(touches)), N, ORIGIN, 0.9, q)
    np.testing.assert_allclose(found[0], stock, rtol=1e-9)
    np.testing.assert_allclose(found[1], felt, rtol=1e-9)


def test_contacts_before_the_records_begin_were_made_as_well(touches):
    # a year that is all that was written down tells as much of the usual level as the same year after another one
    steady = np.arange(ORIGIN - WEEKS, ORIGIN, 3, dtype=np.int32)
    whole = Touches(
        np.zeros(len(steady), np.int32), np.full(len(steady), VISIT, np.int8), steady, np.full(len(steady), -1)
    )
    late = whole.where(whole.week >= ORIGIN - 52)
    worth = np.ones(len(late))
    real = goodwill_state.felt_at(whole, np.ones(len(whole)), 1, ORIGIN, 0.93)
    cut = goodwill_state.felt_at(late, worth, 1, ORIGIN, 0.93)
    mended = goodwill_state.felt_at(late, worth, 1, ORIGIN, 0.93, since=ORIGIN - 52)
    assert cut[1] < real[1] - 0.2 and mended[1] == pytest.approx(real[1], abs=0.02)
    assert mended[0] == pytest.approx(real[0], rel=0.02) and mended[2] < 0.1 * cut[2]
    # where two years are written down, nothing changes
    same = goodwill_state.felt_at(touches, np.ones(len(touches)), N, ORIGIN, 0.93, since=ORIGIN - WEEKS - 10)
    np.testing.assert_array_equal(same, goodwill_state.felt_at(touches, np.ones(len(touches)), N, ORIGIN, 0.93))


def test_a_newcomer_is_looked_at_in_the_weeks_in_which_its_sales_are(touches):
    weeks = np.arange(ORIGIN - 30, ORIGIN, dtype=np.int32)
    made = Touches(np.zeros(len(weeks), np.int32), np.full(len(weeks), VISIT, np.int8), weeks, np.full(len(weeks), -1))
    since = np.array([ORIGIN - 20, ORIGIN - WEEKS, NEVER], dtype=np.int32)
    found = [goodwill_state.felt_at(made, np.ones(len(made)), 3, ORIGIN, 0.9, known_since=one) for one in (since, None)]
    stock = np.cumsum(0.9 ** np.arange(30))
    assert found[0][1][0] == pytest.approx(np.log1p(stock[10:]).mean())
    assert found[0][2][0] == pytest.approx(np.log1p(stock[10:]).var())
    assert found[1][1][0] < found[0][1][0] - 1.0
    for one, other in zip(*found):  # who was ours all along, or is not yet, is seen the same
        np.testing.assert_array_equal(one[1:], other[1:])
