"""Season against planted ones. Seeds are fixed; the rates of false alarms stand beside each test."""

import numpy as np
import pytest
from calendar_worlds import FIRST, SIX_YEARS, bare_world, history_of, sales_of

from twin.calibration.calendar.feasts import feast_regressors
from twin.calibration.calendar.season import learn_season
from twin.response.parameters import PRIORS
from twin.weeks import WEEKS_PER_YEAR, year_phase

N_DRAWS = 200
WEEKS = FIRST + np.arange(SIX_YEARS)


def waves(weeks, size=0.2):
    phase = 2 * np.pi * year_phase(weeks)
    return size * np.cos(phase - 1) + size / 2 * np.sin(2 * phase)


def category(seed, season=0.2, feast=0.0, walk=0.0, trend=0.03, noise=0.04, n_weeks=SIX_YEARS):
    r = np.random.default_rng(seed)
    weeks = WEEKS[:n_weeks]
    level = np.cumsum(r.normal(0, walk, n_weeks)) + trend / WEEKS_PER_YEAR * np.arange(n_weeks)
    effect = waves(weeks, season) + feast * feast_regressors(weeks, "ramazan")[:, 0]
    total = 1000 * np.exp(level + effect + r.normal(0, noise, n_weeks))
    return np.column_stack([0.4 * total, 0.6 * total])


def learn(weekly, kind="week", **sources):
    sources = sources or {"audit": sales_of(weekly, kind)}
    return learn_season(bare_world(2, FIRST + len(weekly)), history_of(len(weekly), **sources), N_DRAWS, seed=1)


@pytest.mark.parametrize(("kind", "reach"), [("week", 0.02), ("month", 0.04)])
def test_a_planted_season_is_found_next_year(kind, reach):
    season = learn(category(1), kind)
    ahead = FIRST + SIX_YEARS + np.arange(52)
    found, true = season.log_index_draws(ahead).mean(axis=0), waves(ahead)
    assert np.abs(found - found.mean() - true + true.mean()).max() < reach


@pytest.mark.parametrize("kind", ["week", "month"])
def test_the_index_averages_one_over_a_year_in_every_draw(kind):
    season = learn(category(2, feast=0.15), kind)
    years = FIRST + np.arange(round(8 * WEEKS_PER_YEAR))
    assert np.exp(season.log_index_draws(years)).mean(axis=1) == pytest.approx(1, abs=0.01)
    assert season.log_index(years[:5], 7) == pytest.approx(season.log_index_draws(years[:5])[7])


def test_no_season_is_found_in_flat_demand():
    # BIC on the long-run dispersion: below 5 in 100 for stable levels
    flat = [learn(category(seed, season=0.0, walk=0.003)).harmonics == 0 for seed in range(10)]
    assert sum(flat) >= 9


def test_a_feast_is_kept_where_it_matters_and_measured():
    season = learn(category(3, feast=0.15))
    before = next(one for one in season.estimates if one.name == "feast:ramazan:before")
    assert before.draws.mean() == pytest.approx(0.15, abs=0.03)


def test_feasts_are_dropped_where_they_do_not_matter():
    # AIC keeps a needless feast about once in ten
    kept = [len(learn(category(seed)).feasts) for seed in range(10)]
    assert sum(kept) <= 4


def test_trend_is_recovered_and_damped_ahead():
    season = learn(category(4, trend=0.04))
    assert season.trend_draws.mean() * WEEKS_PER_YEAR == pytest.approx(0.04, abs=0.012)
    path = season.log_trend(np.array([-52, 0, 1, 52, 104, 2000]), 0)
    assert path[1] == 0 and path[0] == pytest.approx(-52 * season.trend_draws[0])
    steps = np.diff(season.log_trend(np.arange(200), 0)) / season.trend_draws[0]
    assert (np.diff(steps) < 0).all() and steps[103] == pytest.approx(0.5, abs=0.01)


def test_a_single_year_does_not_take_half_a_season_for_growth():
    # a rise from one end of the year to the other is both; nothing planted grows here
    growth, doubt, shape = [], [], []
    for seed in range(12):
        season = learn(category(seed, trend=0.0, n_weeks=52))
        ahead = FIRST + 52 + np.arange(52)
        found, true = season.log_index_draws(ahead).mean(axis=0), waves(ahead)
        growth.append(season.trend_draws.mean() * WEEKS_PER_YEAR)
        doubt.append(season.trend_draws.std() * WEEKS_PER_YEAR)
        shape.append(np.abs(found - found.mean() - true + true.mean()).mean())
    assert np.abs(growth).max() < 0.03 and np.mean(shape) < 0.02
    assert min(doubt) > 0.7 * PRIORS["market_drift"].sd  # hardly more is known of growth than before


def test_a_wandering_level_shocks_more_than_a_stable_one():
    sds = [
        np.mean([learn(category(seed, walk=walk)).level_shock_sd for seed in range(8)]) for walk in (0.0, 0.005, 0.015)
    ]
    assert sds[0] < sds[1] < sds[2]
    assert sds[2] == pytest.approx(0.015, rel=0.35)


def test_under_two_years_the_shock_is_the_prior():
    season = learn(category(5, n_weeks=90))
    assert season.level_shock_sd == pytest.approx(PRIORS["market_drift"].sd / np.sqrt(WEEKS_PER_YEAR))
    assert not next(one for one in season.estimates if one.name == "market_shock").identified


def test_under_one_year_there_is_no_season_and_it_says_so():
    season = learn(category(6, n_weeks=40))
    assert not season.log_index_draws(WEEKS[:10]).any() and "less than one year" in season.source
    assert not season.estimates[0].identified


def test_without_any_sales_the_season_is_flat():
    season = learn_season(bare_world(2, FIRST + 100), history_of(100), N_DRAWS, 1)
    assert not season.log_index(WEEKS[:10], 0).any() and len(season.observed) == 0


def test_own_sales_stand_in_where_there_is_no_market():
    weekly = category(7)
    weekly[:, 1] = 0
    season = learn(weekly, own=sales_of(weekly, "month"))
    assert season.harmonics >= 1 and season.source.startswith("own sales")


def test_a_weekly_panel_lends_its_timing_to_a_monthly_audit():
    weekly = category(8, feast=0.15)
    season = learn(weekly, audit=sales_of(weekly, "month"), panel=sales_of(weekly / 10, "week"))
    assert season.source.startswith("audit by month") and len(season.observed) == len(season.fitted) < 80
    after = [one.draws.std() for one in season.estimates if one.name.startswith("feast:ramazan")]
    alone = [one.draws.std() for one in learn(weekly, "month").estimates if one.name.startswith("feast:ramazan")]
    assert len(after) == len(alone) == 3 and np.mean(after) < np.mean(alone)


def test_a_missing_month_is_no_zero():
    weekly = category(9)
    sales = sales_of(weekly, "month")
    holed = sales.volume.reshape(-1, 2).copy()
    holed[20] = 0
    season = learn(weekly, audit=type(sales)(sales.unit, sales.period, sales.brand, holed.ravel(), sales.periods))
    assert np.isnan(season.observed[20]) and np.isfinite(season.fitted).all()
    assert np.nanmean(np.abs(season.fitted / season.observed - 1)) < 0.05


def test_the_same_seed_gives_the_same_draws():
    one, two = learn(category(1)), learn(category(1))
    assert np.array_equal(one.coefficients, two.coefficients) and np.array_equal(one.trend_draws, two.trend_draws)
