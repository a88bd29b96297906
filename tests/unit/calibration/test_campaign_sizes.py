"""Campaigns: how sure their effect is, how strong each was, and how strong the next one may be."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from calendar_worlds import FIRST, SIX_YEARS, Planted, bare_world, history_of, plant, sales_of

from twin.calibration.calendar.campaign_noise import error_of
from twin.calibration.calendar.learning import learn_rival_calendar
from twin.calibration.calendar.rival_calendar import RivalCalendar, future_campaigns
from twin.market.history import Campaign

WEEKS = 208


def lasting(seed: int, part: float, half_life: float) -> np.ndarray:
    """Noise of variance one, of which a part fades by half in so many weeks."""
    dice, keep = np.random.default_rng(seed), 0.5 ** (1.0 / half_life)
    fades = np.zeros(WEEKS)
    fades[0] = dice.standard_normal()
    for week in range(1, WEEKS):
        fades[week] = keep * fades[week - 1] + np.sqrt(1 - keep**2) * dice.standard_normal()
    return np.sqrt(part) * fades + np.sqrt(1 - part) * dice.standard_normal(WEEKS)


@pytest.mark.parametrize("part, half_life", [(0.0, 1.0), (0.6, 6.0)])
def test_errors_are_as_large_as_the_effects_that_noise_makes(part: float, half_life: float):
    """Forty series without an effect: 80 % intervals hold zero in 25 to 38 of them but once in a hundred."""
    active = np.zeros(WEEKS)
    for start in range(8, WEEKS - 4, 26):
        active[start : start + 3] = 1.0
    middle = np.arange(WEEKS, dtype=float)
    knots = np.linspace(0, WEEKS - 1, 9)
    columns = np.column_stack([active, np.maximum(1 - np.abs(middle[:, None] - knots) / (knots[1] - knots[0]), 0)])
    influence = np.linalg.pinv(columns)[0]
    held = 0
    for seed in range(40):
        y = lasting(seed, part, half_life)
        effect = float(influence @ y)
        left = y - columns @ (np.linalg.pinv(columns) @ y)
        held += abs(effect) < 1.2816 * error_of(influence, left, columns, np.ones(WEEKS), middle)
    assert 25 <= held <= 38


def test_a_record_that_hardly_outlasts_its_columns_tells_nothing():
    columns = np.eye(8)[:, :4]
    assert error_of(np.ones(8), np.zeros(8), columns, np.ones(8), np.arange(8.0)) == np.inf


@pytest.fixture(scope="module")
def calendar() -> RivalCalendar:
    weekly, _, _ = plant(Planted(n_brands=3), seed=1)
    return learn_rival_calendar(bare_world(3, FIRST + SIX_YEARS), history_of(audit=sales_of(weekly)), 40, 1)


def test_the_next_campaign_is_as_uncertain_as_the_past_one(calendar):
    """Strengths to come scatter by what is not known of the past, around it; where nothing is open they are it."""
    event = next(e for e in calendar.events if e.recurring)
    assert event.strength_sd > 0.02
    alone = dataclasses.replace(calendar, events=(dataclasses.replace(event, probability=1.0),), years=1)
    alone = dataclasses.replace(alone, events=(dataclasses.replace(alone.events[0], year=-1),))
    drawn = [m.strength for d in range(400) for m in future_campaigns(alone, calendar.until, 104, d, 1)]
    assert len(drawn) > 200
    assert np.mean(drawn) == pytest.approx(event.strength, abs=5 * event.strength_sd / np.sqrt(len(drawn)))
    assert np.std(drawn) == pytest.approx(event.strength_sd, rel=0.2)
    sure = dataclasses.replace(alone, events=(dataclasses.replace(alone.events[0], strength_sd=0.0),))
    assert {m.strength for d in range(20) for m in future_campaigns(sure, calendar.until, 104, d, 1)} == {
        event.strength
    }


def test_our_promotions_count_as_strong_as_they_are_recorded():
    """Half the promotions twice as strong: the effect is that of a strength of one, not of their mean."""
    weekly, _, ours = plant(Planted(n_brands=3, per_year=0, one_offs=0, own_campaigns=16, noise=0.01), seed=5)
    strong = tuple(dataclasses.replace(one, strength=1.0 + place % 2) for place, one in enumerate(ours))
    weekly = weekly.copy()
    for one in strong:
        weekly[max(one.start - FIRST, 0) : one.stop - FIRST, 0] *= 1.25 ** (one.strength - 1.0)
    found = learn_rival_calendar(
        bare_world(3, FIRST + SIX_YEARS), history_of(audit=sales_of(weekly), campaigns=strong), 40, 1
    )
    assert found.promo_effect[0].draws.mean() == pytest.approx(np.log(1.25), rel=0.08)


def test_a_recorded_strength_of_one_is_no_measurement():
    weekly, true, _ = plant(Planted(n_brands=2, one_offs=0), seed=2)
    past = [one for one in true if one[2] <= FIRST + SIX_YEARS]
    books = (Campaign(*past[0]), Campaign(*past[3], strength=1.4))
    found = learn_rival_calendar(
        bare_world(2, FIRST + SIX_YEARS), history_of(audit=sales_of(weekly), campaigns=books), 40, 1
    )
    unmeasured, measured = (next(e for e in found.events if e.start == one.start) for one in books)
    assert unmeasured.recorded and unmeasured.strength_sd > 0
    assert measured.strength == 1.4 and measured.strength_sd == 0.0
