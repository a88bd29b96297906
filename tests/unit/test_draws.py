"""Bands of futures hold one more future as often as they say, however few were lived through."""

import numpy as np
import pytest

from twin.draws import band

SETS = 6000


@pytest.mark.parametrize("n", [19, 32, 80])
def test_one_more_run_lies_inside_as_often_as_the_band_says(n: int) -> None:
    """False alarm: the share of 6,000 sets has a standard error of half a point; two points are four of them."""
    dice = np.random.default_rng(n)
    runs, more = dice.lognormal(0, 0.4, (n, SETS)), dice.lognormal(0, 0.4, SETS)
    low, high = band(runs, [0.1, 0.9])
    assert np.mean((low <= more) & (more <= high)) == pytest.approx(0.80, abs=0.02)
    assert np.mean(more <= band(runs, [0.95])[0]) == pytest.approx(0.95, abs=0.012)


def test_a_band_of_very_few_runs_ends_at_the_outermost() -> None:
    assert band(np.array([3.0, 1.0, 2.0]), [0.05, 0.5, 0.95]).tolist() == [1.0, 2.0, 3.0]
