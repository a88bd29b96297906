"""Benchmarks repeat what they say they repeat, smooth as the oracle does, and their bands hold. Seeds are fixed."""

import numpy as np
import pytest

from twin.forecast.benchmarks import ETS, LAST_YEAR, MEAN, QUANTILES, SEASONAL, benchmarks
from twin.forecast.pooled import pooled
from twin.forecast.scores import quantile
from twin.forecast.smoothing import smooth

MIDDLE = len(QUANTILES) // 2
SEASON = np.sin(2 * np.pi * np.arange(12) / 12)


def by_name(past, is_share=False, weight=None):
    weight = np.ones_like(past) if weight is None else weight
    return {one.method: one.quantiles for one in benchmarks(past, weight, is_share, 12)}


def seasonal_volumes(seed, n=200, years=6, noise=0.1):
    r = np.random.default_rng(seed)
    level = np.cumsum(r.normal(0, 0.03, (n, 12 * years)), axis=1)
    return np.exp(3.0 + level + 0.3 * np.tile(SEASON, years) + r.normal(0, noise, (n, 12 * years)))


def test_the_seasonal_naive_repeats_last_year():
    past = seasonal_volumes(1)[:, :48]
    assert by_name(past)[SEASONAL][MIDDLE] == pytest.approx(past[:, -12:], rel=1e-5)


def test_last_years_share_is_a_ratio_of_sums():
    share, weight = np.full((1, 24), 0.2), np.ones((1, 24))
    share[0, -1], weight[0, -1] = 0.6, 11.0
    wanted = (11 * 0.2 + 0.6 * 11) / 22
    assert by_name(share, True, weight)[LAST_YEAR][MIDDLE, 0, 0] == pytest.approx(wanted, rel=1e-5)


def test_bands_of_every_benchmark_hold_about_four_in_five():
    """200 series of 12 months that go together within a series: 0.70 to 0.90 is six times the sd of 200 binomials."""
    whole = seasonal_volumes(2, years=7)
    past, actual = whole[:, :72], whole[:, 72:]
    for name, q in by_name(past).items():
        held = (quantile(q, QUANTILES, 0.1) <= actual) & (actual <= quantile(q, QUANTILES, 0.9))
        assert 0.70 <= held.mean() <= 0.92, name


def test_smoothing_beats_repeating_where_there_is_a_level_and_a_season():
    whole = seasonal_volumes(3, years=7)
    found, actual = by_name(whole[:, :72]), whole[:, 72:]
    error = {name: np.abs(q[MIDDLE] - actual).mean() for name, q in found.items()}
    assert error[ETS] < error[SEASONAL] and error[ETS] < error[MEAN]


def test_smoothing_forecasts_as_statsmodels_does():
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    values = np.log(seasonal_volumes(4, n=6)[:, :60])
    mean, _ = smooth(values, 12, 12)
    theirs = []
    for row in values:
        model = ETSModel(
            pd.Series(row), error="add", seasonal="add", seasonal_periods=12, initialization_method="heuristic"
        )
        theirs.append(np.asarray(model.fit(disp=False).forecast(12)))
    # constants are found on a grid here, by search there
    assert np.abs(mean - np.array(theirs)).mean() < 0.25 * np.diff(values, axis=1).std()


def test_short_histories_have_fewer_benchmarks_and_gaps_are_borne():
    past = seasonal_volumes(5)[:3, :20]
    past[0, 4] = np.nan
    assert set(by_name(past)) == {MEAN, SEASONAL}
    assert all(np.isfinite(q).all() for q in by_name(past).values())
    assert set(by_name(past[:, :8])) == {MEAN} and by_name(past[:, :2]) == {}


def test_trees_over_all_series_need_many_of_them_and_learn_a_common_season():
    whole = seasonal_volumes(6, n=220, years=5)
    assert pooled(whole[:150, :48], False, 12) == []
    (found,) = pooled(whole[:, :48], False, 12)
    actual, flat = whole[:, 48:], by_name(whole[:, :48])[MEAN][MIDDLE]
    assert np.abs(found.quantiles[MIDDLE] - actual).mean() < 0.8 * np.abs(flat - actual).mean()
