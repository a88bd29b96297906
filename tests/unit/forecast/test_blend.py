"""Blending: weights come from earlier origins alone, and the twin keeps its place until another has earned it."""

import numpy as np

from twin.forecast.benchmarks import ETS, QUANTILES, Foreseen
from twin.forecast.blend import BANDS, TWIN, blended, mixed, mixtures
from twin.forecast.scores import SUMS, Tally

CRPS = SUMS.index("crps")
BLOCK = np.zeros(1, dtype=np.int32)


def scored(origin, method, score):
    sums = np.zeros((1, 12, len(SUMS)))
    sums[:, :, CRPS] = score
    return Tally(origin, "m", "l", method, False, BLOCK, sums)


def rows(origin, twin, ets, half):
    found = [scored(origin, TWIN, twin), scored(origin, ETS, ets)]
    return found + [scored(origin, mixed(ETS, w), half if w == 0.5 else 99.0) for w in (0.25, 0.5, 0.75)]


def weight(weights, origin):
    return next(one["twin_weight"] for one in weights if one["origin"] == origin)


def test_a_mixture_lies_between_its_parts_quantile_by_quantile():
    low, high = (np.full((len(QUANTILES), 1, 1), v, np.float32) for v in (1.0, 3.0))
    found = {one.method: one.quantiles for one in mixtures([Foreseen(TWIN, low), Foreseen(ETS, high)])}
    assert (found[mixed(ETS, 0.25)] == 2.5).all() and len(found) == 3


def test_the_first_origin_is_not_blended():
    tallies, weights = blended(rows(0, twin=10.0, ets=1.0, half=2.0))
    assert weight(weights, 0) == 1.0 and (tallies[0].sums[:, :, CRPS] == 10.0).all()


def test_a_benchmark_that_was_better_gets_a_part_at_the_next_origin():
    tallies, weights = blended([*rows(0, 10.0, 5.0, 6.0), *rows(1, 10.0, 5.0, 6.0)])
    assert weight(weights, 1) == 0.5 and (tallies[1].sums[:, :, CRPS] == 6.0).all()


def test_the_origin_that_is_scored_has_no_say():
    """Only the second origin speaks for the mixture; the second origin must not hear it."""
    tallies, weights = blended([*rows(0, 10.0, 20.0, 20.0), *rows(1, 10.0, 1.0, 1.0)])
    assert weight(weights, 1) == 1.0 and (tallies[1].sums[:, :, CRPS] == 10.0).all()


def test_a_small_gain_over_few_origins_is_not_enough_and_over_many_it_is():
    few = [one for origin in range(1) for one in rows(origin, 10.0, 9.7, 9.7)]
    many = [one for origin in range(8) for one in rows(origin, 10.0, 9.7, 9.7)]
    assert weight(blended(few)[1], None) == 1.0 and weight(blended(many)[1], None) == 0.5


def test_each_band_of_months_has_weights_of_its_own():
    _, weights = blended(rows(0, 1.0, 1.0, 1.0))
    assert len([one for one in weights if one["origin"] == 0]) == len(BANDS)
