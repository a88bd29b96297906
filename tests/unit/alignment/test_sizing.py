"""How many reps, and where."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from worlds_by_hand import lay_out

from twin.alignment.sizing import FLAT, SizeCurve, best_size, size_curve
from twin.alignment.staffing import sales_by_heads
from twin.errors import TwinError


@pytest.mark.parametrize("concave", [True, False])
def test_reps_stand_where_they_sell_most_whatever_the_shape_of_the_response(concave):
    rng = np.random.default_rng(1)
    sales = np.cumsum(rng.uniform(0, 10, (2, 3, 5)), axis=2)
    if concave:
        sales = np.cumsum(-np.sort(-np.diff(sales, axis=2, prepend=0), axis=2), axis=2)
    sizes = np.arange(3, 10)
    curve = size_curve(sales, np.ones(3, int), np.array([1, 0, 0]), sizes)
    for s, size in enumerate(sizes):
        ways = [way for way in itertools.product(range(1, 5), range(5), range(5)) if sum(way) == size]
        best = max(sum(sales.mean(axis=0)[z, n] for z, n in enumerate(way)) for way in ways)
        assert curve.heads[s].sum() == size and curve.heads[s, 0] >= 1
        assert curve.sales[:, s].mean() == pytest.approx(best)


def curve_of(scale: float = 1000.0, draws: tuple[float, ...] = (0.2, 0.3, 0.4), today: int = 20) -> SizeCurve:
    """One territory whose sales go with the reps to a power."""
    reps = np.arange(61)
    sales = np.stack([scale * (reps / today) ** e for e in draws])[:, None, :]
    return size_curve(sales, np.array([today]), np.array([1]), np.arange(5, 61))


def test_reps_are_hired_while_one_more_brings_more_than_it_costs():
    curve = curve_of()
    sized = best_size(curve, 2.0, 25.0)
    gain = 2.0 * curve.marginal().mean(axis=0)
    at = int(np.flatnonzero(curve.size == sized.best)[0])
    assert gain[at - 1] > 25.0 > gain[at] and not sized.at_the_edge
    # sales 1000 (n / 20) ^ e: the best n in closed form
    each = [20 * (2.0 * 1000 * e / 20 / 25.0) ** (1 / (1 - e)) for e in (0.2, 0.4)]
    assert sized.low == pytest.approx(each[0], abs=1) and sized.high == pytest.approx(each[1], abs=1)


def test_sizes_near_the_best_are_as_good_as_the_best():
    curve = curve_of()
    sized = best_size(curve, 2.0, 25.0)
    mean = sized.profit.mean(axis=0)
    inside = (curve.size >= sized.flat_low) & (curve.size <= sized.flat_high)
    assert sized.flat_low < sized.best < sized.flat_high
    assert (
        mean.max() - mean[inside].min() <= FLAT * 2.0 * 1000 and (mean.max() - mean[~inside] > FLAT * 2.0 * 1000).all()
    )


def test_dearer_reps_are_fewer_and_an_edge_is_told():
    curve = curve_of()
    sizes = [best_size(curve, 1.0, cost).best for cost in (10.0, 15.0, 25.0)]
    assert sizes == sorted(sizes, reverse=True) and len(set(sizes)) == 3
    assert best_size(curve, 1.0, 1e-3).at_the_edge and best_size(curve, 1.0, 1e6).at_the_edge


def test_figures_that_make_no_sense_are_refused():
    curve = curve_of()
    with pytest.raises(TwinError, match="cost of a rep: expected above zero"):
        best_size(curve, 1.0, 0.0)
    with pytest.raises(TwinError, match="worth of a unit: expected above zero"):
        best_size(curve, float("nan"), 1.0)
    with pytest.raises(TwinError, match="reps: expected 1 to 60 in all"):
        size_curve(np.ones((1, 1, 61)), np.ones(1, int), np.ones(1, int), np.array([0, 5]))


def test_today_sells_todays_sales_and_each_further_rep_adds_less():
    world, market = lay_out(400, 4)
    heads = np.ones(4, dtype=int)
    sales = sales_by_heads(world, market, heads, 6)
    step = np.diff(sales, axis=1)
    assert (step > 0).all() and (np.diff(step, axis=1) < 1e-9).all()
    quiet = replace(market, response=replace(market.response, coefficient=0.0, discovery_visit=0.0, winback=0.0))
    assert np.ptp(sales_by_heads(world, quiet, heads, 3), axis=1) == pytest.approx(0.0, abs=1e-9)


def test_of_a_territory_without_reps_nothing_is_claimed():
    world, market = lay_out(400, 4)
    sales = sales_by_heads(world, market, np.array([0, 1, 1, 1]), 3)
    assert np.ptp(sales[0]) == 0.0 and (np.ptp(sales[1:], axis=1) > 0).all()
