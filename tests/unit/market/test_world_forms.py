"""Made-up worlds of other forms: heavier tails, waves of demand, quiet rivals; and the usual ones stay as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kurtosis

from twin.forecast.lived_history import live_history
from twin.forecast.true_future import true_counterfactual
from twin.market.synthetic import make_up
from twin.market.synthetic_settings import SyntheticSettings, TrueMarket
from twin.scenario.scenario import FieldForce, Scenario, Targeting

SMALL = SyntheticSettings(n_outlets=200, n_territories=2, years=2, outlets_per_rep=50, seed=5, horizon_weeks=26)


def test_a_tail_makes_sizes_heavier_and_leaves_all_else_alone() -> None:
    usual, heavy = (make_up(replace(SMALL, n_outlets=4000, size_tail=tail)).outlets for tail in (0.0, 0.15))
    assert np.array_equal(usual.hidden, heavy.hidden)
    assert np.array_equal(usual.known_rank, heavy.known_rank)
    hidden = [np.log(one.volume) - np.log(usual.volume) + 0.5 * usual.hidden for one in (usual, heavy)]
    # of 4,000 normal numbers the excess kurtosis has a standard error of 0.08
    assert abs(kurtosis(hidden[0])) < 0.4
    assert kurtosis(hidden[1]) > 1.0


def test_quiet_rivals_never_campaign_and_our_own_calendar_stays() -> None:
    usual, quiet = (make_up(replace(SMALL, rival_campaigns=loud)).campaigns for loud in (True, False))
    assert {move.brand for move in usual} == {0, 1, 2, 3}
    assert quiet == tuple(move for move in usual if move.brand == 0)


def test_orders_with_tails_keep_their_weeks_and_nearly_their_sum() -> None:
    usual, heavy = (live_history(replace(SMALL, order_tail=tail)).orders for tail in (0.0, 0.8))
    assert np.array_equal(usual.week, heavy.week)
    assert np.array_equal(usual.what, heavy.what)
    ratio = heavy.amount / usual.amount
    assert np.log(ratio).std() == pytest.approx(0.8, abs=0.02)
    # mean of so many lognormal numbers: standard error below one percent
    assert heavy.amount.sum() / usual.amount.sum() == pytest.approx(1.0, abs=0.05)


def test_waves_move_each_outlet_by_itself_and_spare_the_closed() -> None:
    usual, waving = (live_history(replace(SMALL, wave=wave, truth=TrueMarket(closes=0.5))) for wave in (0.0, 0.4))
    closed = waving.market.volume == 0
    assert closed.any()
    moved = np.log(waving.market.volume[~closed] / waving.made.outlets.volume[~closed])
    assert moved.std() == pytest.approx(0.4, abs=0.1)
    assert np.array_equal(usual.market.volume > 0, usual.made.outlets.volume * (usual.closed > 10**6) > 0)


@pytest.mark.parametrize("name", ["hidden_sd", "size_tail", "order_tail", "wave"])
def test_a_setting_that_makes_no_sense_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        replace(SMALL, **{name: -0.1})


def test_a_ranking_by_potential_follows_what_the_company_believes() -> None:
    lived = live_history(SMALL)
    move = Scenario("by potential", targeting=Targeting(unknown_share=0.3, unknown_rank="potential"))
    right, wrong = (
        true_counterfactual(SMALL, [move], 2, 26, lived=lived, believed=believed)
        for believed in (None, lived.market.volume[::-1].copy())
    )
    assert np.array_equal(right.own_volume[0], wrong.own_volume[0])
    assert not np.array_equal(right.own_volume[1], wrong.own_volume[1])


def test_territories_together_sell_what_the_company_sells() -> None:
    future = true_counterfactual(SMALL, [Scenario("more", field_force=FieldForce(capacity_factor=1.2))], 2, 13)
    assert future.own_by_territory.sum(axis=2) == pytest.approx(future.own_volume.sum(axis=2))
