"""Learned segments: thirds are thirds, who stands still moves one time in ten, and scenarios may name them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_ordering import OFTEN, lived

from twin.agents.conditions import lay_out
from twin.calibration.learned_segments import SIZES, TRENDS, learn_segments
from twin.calibration.lives.ordering import Ordering
from twin.calibration.market_draw import lay_out_draw
from twin.market.history import Touches
from twin.response.parameters import Estimate
from twin.scenario import files
from twin.scenario.check import check_against
from twin.scenario.scenario import Scenario
from twin.tasks.forecasts.forecast import scenario_facts


class Known:
    """What segments read of a potential."""

    def __init__(self, mean: np.ndarray, own_now: np.ndarray) -> None:
        self.mean, self.own_now = mean, own_now


def true_ordering(size: np.ndarray, by_size: float) -> Ordering:
    often, elasticity = (
        Estimate(name, "", np.array([value]), True, "")
        for name, value in (("orders_per_week", OFTEN), ("orders_by_size", by_size))
    )
    return Ordering(often, elasticity, float(np.exp(np.log(size).mean())))


def learned(seed: int, n: int = 400, moved: float = 1.0, by_size: float = 0.4):
    """Segments of a market under the law; half the customers buy ``moved`` times as much in the last half year."""
    world, history, size, share = lived(seed, n, by_size)
    own = history.own_sales
    late = (own.periods.mid_week()[own.period] >= history.origin - 26) & (own.unit % 2 == 1)
    history = replace(history, own_sales=replace(own, volume=np.where(late, own.volume * moved, own.volume)))
    potential = Known(size, size * share)
    silent = np.zeros(n, dtype=bool)
    silent[:40] = True
    found = learn_segments(world, history, potential, silent, true_ordering(size, by_size))
    return found, size, share


def test_each_third_holds_a_third_of_the_volume_and_the_largest_are_few():
    found, size, _ = learned(1)
    third = found.code[0]
    for k in range(3):
        assert size[third == k].sum() / size.sum() == pytest.approx(1 / 3, abs=0.06)
    assert size[third == 2].min() >= size[third == 1].max() and size[third == 1].min() >= size[third == 0].max()
    assert (found.values()["segment_size"] == np.array(SIZES)[third]).all()


def test_interest_is_none_below_or_above_what_all_who_buy_give_us():
    found, size, share = learned(2)
    usual = (size * share)[40:].sum() / size[40:].sum()
    assert (found.code[1][:40] == 0).all()
    assert ((found.code[1][40:] == 2) == (share[40:] >= usual)).all()


def test_who_does_not_move_is_said_to_move_one_time_in_ten():
    """Of 4,000 customers under the law; a tail of 10 % by the normal, which sums of few orders only come near."""
    moved = [np.isin(learned(seed)[0].code[2], (1, 3)).mean() for seed in range(10)]
    assert np.mean(moved) == pytest.approx(0.10, abs=0.04)


def test_who_buys_less_is_found_more_often_the_more_they_order():
    found, size, _ = learned(3, 1200, moved=0.4, by_size=1.0)
    falling = found.values()["segment_trend"] == "falling"
    large = size > np.median(size)
    odd = np.arange(len(size)) % 2 == 1
    assert falling[odd & large].mean() > falling[odd & ~large].mean() + 0.1
    assert falling[odd].mean() > 2 * falling[~odd].mean()


def test_the_channel_is_the_one_of_most_contacts_of_the_last_year():
    world, history, size, share = lived(4, 20)
    visit, phone = 0, 1
    rows = np.array([0, 0, 0, 1, 1, 2, 2, 3], np.int32)
    by = np.array([visit, visit, phone, visit, phone, phone, phone, visit], np.int8)
    weeks = np.full(8, history.origin - 3, np.int32)
    weeks[-1] = history.origin - 60
    history = replace(history, touches=Touches(rows, by, weeks, np.full(8, -1, np.int32)))
    found = learn_segments(
        world, history, Known(size, size * share), np.zeros(20, dtype=bool), true_ordering(size, 0.4)
    )
    names = found.values()["segment_channel"]
    first, second = (str(world.channels[one]) for one in (visit, phone))
    assert names[:4].tolist() == [first, "mixed", second, "none"]
    assert found.figure[3][:4].tolist() == [3, 2, 2, 0]


def test_without_a_year_of_books_nobody_has_a_trend():
    world, history, size, share = lived(5, 60)
    short = replace(history, own_sales=history.own_sales.before(np.datetime64("1990-01-01")))
    found = learn_segments(world, short, Known(size, size * share), np.zeros(60, dtype=bool), true_ordering(size, 0.4))
    assert (found.values()["segment_trend"] == TRENDS[0]).all()


def scenario(where: str) -> Scenario:
    return files.loads(f"""
        name = "by segment"
        [[targeting.frequency]]
        where = "{where}"
        visits_per_month = 2.0
    """)


def test_a_scenario_may_name_a_learned_segment_and_no_other(sample):
    segments = sample.calibration.segments
    facts = scenario_facts(sample.world, sample.history, segments)
    asked = scenario("segment_size = 'large'")
    assert not check_against(asked, facts, "s.toml").errors
    wrong = check_against(scenario("segment_size = 'huge'"), facts, "s.toml")
    assert any("huge" in str(one) for one in (*wrong.errors, *wrong.warnings))
    market = lay_out_draw(sample.calibration, sample.world, sample.history, 0, 8)
    frequency = lay_out(sample.world, market, asked, 8).frequency
    large = segments.values()["segment_size"] == "large"
    assert large.any() and not large.all()
    assert (np.isfinite(frequency) == large).all()


def test_before_a_calibration_segments_are_not_known(sample):
    facts = scenario_facts(sample.world, sample.history)
    told = check_against(scenario("segment_size = 'large'"), facts, "s.toml").errors
    assert any("segment_size" in str(one) for one in told)
