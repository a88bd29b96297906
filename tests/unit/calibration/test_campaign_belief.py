"""A place alone is believed only where it is clear, many together are, and what a season could be is not."""

from __future__ import annotations

import numpy as np
import pytest
from calendar_worlds import FIRST, SIX_YEARS, Planted, bare_world, history_of, plant, sales_of

from twin.calibration.calendar.campaign_belief import MARKET, believed
from twin.calibration.calendar.campaign_evidence import LENGTHS
from twin.calibration.calendar.campaign_places import Place
from twin.calibration.calendar.campaign_search import grid_of
from twin.calibration.calendar.campaign_season import Own, own_of
from twin.calibration.levels.period_totals import even_market_series, finest

CHOSEN = 1.1  # as large as the noise is taken here: no gain changes
ALL = Own({"date": np.ones(len(LENGTHS))}, np.ones(len(LENGTHS)))


def place(gain, length=4, anchor="date"):
    return Place(anchor, 10.0, length, gain, 0.8, (), 5.0)


@pytest.fixture(scope="module")
def left():
    """What level and season leave in six years of weeks."""
    weekly, _, _ = plant(Planted(), 1)
    series = even_market_series(bare_world(3, FIRST + SIX_YEARS), history_of(audit=sales_of(weekly)))
    grid = grid_of(series, "TR")
    return own_of(finest(series), grid.first, grid.n_weeks, grid.anchors())


def test_one_dim_place_in_a_market_is_not_believed_and_one_clear_one_is():
    dim, clear = (believed({1: [place(gain)], 2: []}, ALL, CHOSEN)[1][0] for gain in (MARKET - 3, MARKET + 5))
    assert dim.probability < 0.1
    assert clear.probability > 0.9


def test_dim_places_of_several_rivals_speak_for_one_another():
    found = believed({brand: [place(5.0)] for brand in (1, 2, 3, 4)}, ALL, CHOSEN)
    assert all(one.probability > 0.9 for places in found.values() for one in places)


def test_a_rival_of_whom_little_is_seen_is_doubted_among_campaigners_too():
    found = believed({1: [place(40.0)], 2: [place(0.2)]}, ALL, CHOSEN)
    assert found[1][0].probability > 0.99
    assert found[2][0].probability < 0.5


def test_a_market_without_a_place_stays_without():
    assert believed({1: [], 2: []}, ALL, CHOSEN) == {1: (), 2: ()}


def test_two_months_every_year_could_be_a_season_and_a_week_could_not(left):
    date = left.places["date"]
    assert (np.diff(date) < 0).all()
    assert date[LENGTHS.tolist().index(1)] > 0.8
    assert date[LENGTHS.tolist().index(8)] < 0.35


def test_what_moves_with_a_feast_or_stands_alone_is_less_of_a_season(left):
    assert (left.places["ramazan"] > left.places["date"]).all()
    assert (left.single > left.places["date"]).all()


def test_long_places_lose_more_of_their_evidence(left):
    short, long = believed({1: [place(30.0, 2), place(30.0, 8)]}, left, 1.0)[1]
    assert short.gain > long.gain + 5
