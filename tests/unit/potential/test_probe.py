"""A probe is a random sample of the unknown, shared among territories, that makes the total surer."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from twin.draws import identity
from twin.potential.probe import plan_probe


def market(n=600, sd=0.4):
    rng = np.random.default_rng(3)
    people = SimpleNamespace(
        known=np.arange(n) % 2 == 0, territory=(np.arange(n) // 2 % 3).astype(np.int32),
        entity=identity(np.arange(n).astype(str), "customer"),
    )  # fmt: skip
    world = SimpleNamespace(population=people, territories=np.array(["T1", "T2", "T3"]))
    potential = SimpleNamespace(
        member=np.arange(n) % 20 == 1, mean=rng.lognormal(2, 0.5, n), free_sd=np.full(n, 0.5),
        total_unknown=SimpleNamespace(draws=1000.0 * np.exp(sd * rng.normal(size=200))),
    )  # fmt: skip
    return world, potential


def test_only_unknown_customers_outside_the_panel_are_probed_and_each_once():
    world, potential = market()
    plan = plan_probe(world, potential, 60, 5)
    assert len(plan.customer) == 60 == len(np.unique(plan.customer))
    assert not world.population.known[plan.customer].any()
    assert not potential.member[plan.customer].any()
    assert (np.bincount(world.population.territory[plan.customer], minlength=3) >= 5).all()


def test_more_visits_make_the_total_surer_and_none_makes_it_less_sure():
    world, potential = market()
    small, large = (plan_probe(world, potential, n, 5) for n in (30, 120))
    assert large.total_then < small.total_then < small.total_now
    assert (large.half_width_then <= large.half_width_now).all()


def test_a_smaller_probe_is_part_of_a_larger_one_and_another_seed_draws_others():
    world, potential = market()
    small, large, other = (
        plan_probe(world, potential, 30, 5),
        plan_probe(world, potential, 90, 5),
        plan_probe(world, potential, 30, 6),
    )
    assert set(small.customer) <= set(large.customer)
    assert set(small.customer) != set(other.customer)


def test_nobody_can_be_probed_twice_where_few_are_unknown():
    world, potential = market(n=40)
    plan = plan_probe(world, potential, 100, 5)
    assert len(plan.customer) <= (~world.population.known & ~potential.member).sum()
    with pytest.raises(ValueError, match="at least 1"):
        plan_probe(world, potential, 0, 5)
