"""Expectations of steady programmes are what the laws give on average."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from twin.response import goodwill, journey, steady


def weeks_by_chance(visits: float, remote: float):
    """Every course of three weeks with its probability: whether visited, whether written to."""
    for met in itertools.product((False, True), repeat=3):
        for wrote in itertools.product((False, True), repeat=3):
            odds = np.prod(np.where(met, visits, 1 - visits)) * np.prod(np.where(wrote, remote, 1 - remote))
            yield odds, np.array(met), np.array(wrote)


def since(happened: np.ndarray) -> int:
    """Weeks since the last time before this week, the last of three."""
    return next((ago for ago in (1, 2) if happened[2 - ago]), 99)


@pytest.mark.parametrize(("visits", "remote"), [(0.0, 0.3), (0.4, 0.0), (0.25, 0.2), (1.0, 0.7)])
def test_inflow_and_contacts_are_means_over_all_courses_of_three_weeks(visits, remote):
    worth, written, synergy, memory = 1.2, 0.35, 0.3, 0.4
    flow = pressure = 0.0
    for odds, met, wrote in weeks_by_chance(visits, remote):
        seconded = goodwill.is_seconded(met[2], wrote[2], since(met), since(wrote))
        flow += odds * goodwill.inflow(worth * met[2] + written * wrote[2], seconded, synergy, memory)
        pressure += odds * goodwill.advance_pressure(0.0, float(met[2]) + float(wrote[2]), seconded, memory)
    expected = steady.expected_inflow(worth, visits, written * remote, remote, synergy, memory)
    assert expected == pytest.approx(flow, rel=1e-12)
    assert steady.expected_contacts(visits, remote, remote, memory) == pytest.approx(pressure, rel=1e-12)


def test_chances_a_week_are_means_over_a_visit_that_comes_or_not():
    for visits in (0.0, 0.3, 1.0):
        found = [journey.discovery(0.001, 0.06, 0.002, n, 0.5) for n in (0, 1)]
        assert steady.expected_discovery(0.001, 0.06, 0.002, visits, 0.5) == pytest.approx(
            (1 - visits) * found[0] + visits * found[1]
        )
        assert steady.expected_winback(0.05, visits) == pytest.approx(visits * 0.05)


@pytest.mark.parametrize("interval", [1, 2, 5, 16])
def test_the_spread_of_a_rhythm_is_that_of_the_stock_it_feeds(interval):
    carry, stock, seen = 0.93, 0.0, []
    for week in range(4000):
        stock = goodwill.advance_goodwill(stock, float(week % interval == 0), carry)
        seen.append(stock)
    settled = np.array(seen[2000 - 2000 % interval :][: 16 * interval])
    assert steady.spread_of_rhythm(np.array(1.0 / interval), carry) == pytest.approx(settled.var(), abs=1e-9)
    assert steady.spread_of_rhythm(np.array(0.0), carry) == 0.0


def test_the_spread_of_chance_is_that_of_the_stock_it_feeds():
    carry, rate, rng = 0.9, 0.25, np.random.default_rng(3)
    stock, seen = np.full(20_000, rate / (1 - carry)), []
    for _ in range(120):
        stock = goodwill.advance_goodwill(stock, rng.uniform(size=len(stock)) < rate, carry)
        seen.append(stock.var())
    # a variance of 20,000 has a standard error of one per cent
    assert steady.spread_of_chance(np.array(rate), carry) == pytest.approx(np.mean(seen[-20:]), rel=0.04)


def test_an_uneven_stock_sells_what_the_expansion_says():
    stock = np.array([2.0, 4.0])  # half the time each
    coefficient, rival = 0.5, 1.5

    def share(a: np.ndarray) -> np.ndarray:
        return (1 + a) ** coefficient / ((1 + a) ** coefficient + rival)

    mean = stock.mean()
    loss = steady.uneven(stock.var(), mean, coefficient, 0.0, share(mean))
    even = (1 + mean) ** coefficient * np.exp(-loss)
    assert even / (even + rival) == pytest.approx(share(stock).mean(), rel=1e-3)
    assert share(stock).mean() < share(mean)
