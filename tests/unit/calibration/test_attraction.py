"""Attraction: planted effects come back from shares, with zeros, without being moved by what the category does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from twin.calibration.attraction.cells import Moves, Source, merged
from twin.calibration.attraction.cross import cross_effects
from twin.calibration.attraction.fit import Cells, fit_attraction, score_statistics
from twin.calibration.attraction.learning import FEWEST_UNITS, lead_test, learn_attraction
from twin.calibration.attraction.outside import FEWEST_BUYERS, learn_outside
from twin.calibration.attraction.table import COLUMNS, table

NAMES = ("Ours", "A", "B")
CAMPAIGN, GOODWILL = np.array([0.25, 0.30, 0.35]), 0.5


def planted(
    seed: int, n_units: int = 60, n_periods: int = 110, lumps: bool = True, outside: float = 0.0, cross: float = 0.0,
    goodwill: float = GOODWILL,
) -> Source:  # fmt: skip
    """A panel in which brands gain by campaigns, ours by goodwill, and the category of each customer has shocks."""
    rng = np.random.default_rng(seed)
    running = np.stack([np.convolve(rng.uniform(size=n_periods) < 0.1, np.ones(3), "same") > 0 for _ in NAMES])
    shared = np.zeros((3, n_periods, 3))
    for j in range(3):
        shared[j, :, j] = running[j]
    felt = np.log1p(rng.gamma(2.0, 1.5, (n_units, n_periods))) + rng.normal(0.0, 0.6, (n_units, 1))
    eta = rng.normal(0.0, 1.0, (n_units, 1, 3)) + np.tensordot(CAMPAIGN, shared, 1)
    eta[:, :, 1] += cross * running[2]
    before = np.log(np.exp(eta).sum(axis=2))
    eta[:, :, 0] += goodwill * felt
    share = np.exp(eta)
    share /= share.sum(axis=2, keepdims=True)
    wanted = np.exp(rng.normal(3.0, 1.0, (n_units, 1)) + rng.normal(0.0, 0.3, (n_units, n_periods)))
    wanted *= np.exp(outside * (np.log(np.exp(eta).sum(axis=2)) - before))
    volume = share * wanted[:, :, None]
    if lumps:
        chance, u = 1.0 - np.exp(-2.0 * share), 1.0 - rng.uniform(size=share.shape)
        volume = np.where(u < chance, -np.log(np.minimum(u / chance, 1.0)) * volume / chance, 0.0)
    cells = Cells(volume, shared, felt[None], 1, np.arange(n_units) % 20)
    return Source("panel", cells, (*(f"campaign:{name}" for name in NAMES), "goodwill"), np.arange(n_units), 1)


def test_without_noise_every_effect_comes_back_whatever_the_category_does():
    fit = fit_attraction(planted(1, lumps=False).cells)
    np.testing.assert_allclose(fit.coefficients, [*CAMPAIGN, GOODWILL], atol=1e-6)
    assert fit.deviance < 1e-4


def test_with_lumpy_orders_and_zeros_effects_come_back_within_their_errors():
    """Four effects in three worlds: beyond 4 errors once in 1,300 such tests, if the errors are right."""
    for seed in range(3):
        source = planted(seed)
        assert (source.cells.volume == 0).mean() > 0.3
        fit = fit_attraction(source.cells)
        assert np.abs((fit.coefficients - [*CAMPAIGN, GOODWILL]) / fit.sd).max() < 4.0
        assert (fit.sd < 0.2).all()


def test_a_units_size_moves_nothing_but_its_weight():
    source = planted(2, lumps=False)
    larger = replace(source.cells, volume=source.cells.volume * np.linspace(0.1, 9.0, 60)[:, None, None])
    np.testing.assert_allclose(
        fit_attraction(larger).coefficients, fit_attraction(source.cells).coefficients, atol=1e-6
    )


def test_a_brand_that_a_unit_never_buys_has_no_level_there():
    source = planted(3)
    volume = source.cells.volume.copy()
    volume[:20, :, 2] = 0.0
    fit = fit_attraction(replace(source.cells, volume=volume))
    assert np.isneginf(fit.level[:20, 2]).all() and np.isfinite(np.delete(fit.level, np.s_[:20], axis=0)).all()
    assert np.isfinite(fit.coefficients).all() and np.isfinite(fit.sd).all()


def test_periods_together_keep_volumes_and_average_columns():
    cells = planted(4, n_periods=11).cells
    three = merged(cells, 3)
    np.testing.assert_allclose(three.volume.sum(axis=1), cells.volume.sum(axis=1))
    np.testing.assert_allclose(three.own[0, :, 0], cells.own[0, :, :3].mean(axis=1))
    np.testing.assert_allclose(three.shared[:, -1], cells.shared[:, 9:].mean(axis=1))
    assert three.weeks == 3.0 and three.volume.shape[1] == 4


def test_a_column_that_was_left_out_is_found_by_its_score_and_noise_is_not():
    """The noise passes 4 errors once in 16,000 such tests. What is left out is in the error too: t is cautious."""
    source = planted(5, n_units=200)
    less = replace(source.cells, shared=source.cells.shared[:2])
    noise = np.zeros_like(source.cells.shared[:1])
    noise[0, :, 1] = np.random.default_rng(9).normal(size=noise.shape[1])
    t = score_statistics(less, fit_attraction(less), np.concatenate([source.cells.shared[2:], noise]), less.own[:0])
    assert t[0] > 2.0 and abs(t[1]) < 4.0


def test_a_brand_that_loses_more_than_others_is_named_and_drawn_towards_none():
    found = cross_effects(*fitted(planted(6, n_units=150, cross=-0.5)), NAMES)
    assert [(one.brand, one.by) for one in found] == [(1, 2)]
    assert -0.5 < found[0].effect < -0.2


def test_without_a_cross_effect_none_is_named():
    """Each of six candidates must pass 2.4 errors: in a world without any, one does about once in 20 such worlds."""
    assert cross_effects(*fitted(planted(7, n_units=150)), NAMES) == []


def fitted(source: Source):
    return source, fit_attraction(source.cells)


def test_a_category_that_moves_with_attraction_is_seen():
    found = learn_outside(*fitted(planted(8, n_units=200, outside=0.5)), 200, 1)
    assert found.identified and found.draws.mean() == pytest.approx(0.5, abs=0.2)  # error 0.07


def test_a_category_that_does_not_move_is_left_alone():
    """A false alarm once in 80 such worlds."""
    found = learn_outside(*fitted(planted(9, n_units=200)), 50, 1)
    assert not found.identified and not found.draws.any() and "absent" in found.reason


def test_too_few_buyers_say_nothing_of_the_category():
    found = learn_outside(*fitted(planted(10, n_units=FEWEST_BUYERS - 1, outside=0.6)), 50, 1)
    assert not found.identified and str(FEWEST_BUYERS) in found.reason


def test_a_single_year_tells_nothing_of_the_category():
    found = learn_outside(*fitted(planted(12, n_units=200, n_periods=52, outside=0.6)), 50, 1)
    assert not found.identified and not found.draws.any() and "104 weeks" in found.reason


def test_visits_that_follow_sales_are_betrayed_by_the_visits_to_come():
    source = planted(11, n_units=150, goodwill=0.0)
    assert abs(lead_test(*fitted(source))) < 4.0
    past = source.cells.volume[:, :, 0] / source.cells.volume[:, :, 0].mean(axis=1, keepdims=True)
    felt = np.zeros_like(past)
    for lag in range(4, 22):  # reps come a month after good sales and for a quarter
        felt[:, lag:] += 0.1 * past[:, : past.shape[1] - lag]
    chasing = replace(source, cells=replace(source.cells, own=felt[None]))
    assert lead_test(*fitted(chasing)) > 2.0


def test_without_market_data_there_is_nothing_and_it_is_said(made_world):
    world, history = made_world
    n = len(world.brands)
    moves = Moves(np.ones(len(world.channels)), 0.9, 0.0, np.zeros((n, history.n_weeks)))
    found = learn_attraction(world, history, moves, 10, 1)
    assert found.sources == () and str(FEWEST_UNITS) in found.reason and not found.outside.draws.any()
    rows = table(found)
    assert tuple(rows) == COLUMNS and rows["what"] == ["outside"]


@pytest.fixture
def made_world():
    from worlds_by_hand import lay_out

    from twin.market.history import History, Sales, Touches
    from twin.weeks import periods_covering

    world, _ = lay_out(20, 2)
    empty = np.zeros(0, np.int32)
    periods = periods_covering(np.array(["2024-01-01", "2025-12-28"], "datetime64[D]"), "week")
    none = Sales(empty, empty, empty.astype(np.int16), np.zeros(0), periods)
    touches = Touches(empty, empty.astype(np.int8), empty, empty)
    first = int(periods.mid_week()[0])
    return world, History(first, first + len(periods), touches, none, none, none, empty, ())
