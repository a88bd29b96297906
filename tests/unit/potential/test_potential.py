"""Potential from scraps of evidence: nothing crashes, nothing is invented silently."""

from dataclasses import replace

import numpy as np
import pytest

from twin.draws import identity
from twin.market.channels import channel_axis
from twin.market.history import History, Sales, Touches
from twin.market.population import Population
from twin.market.world import Brands, Bricks, Reps, World
from twin.potential.evidence import last_year, lumpiness, weekly
from twin.potential.potential import draw_volumes, intervals, learn_potential
from twin.response.parameters import PRIORS
from twin.weeks import FAR_PAST, NEVER, periods_covering, week_of

PERIODS = periods_covering(np.array(["2023-01-15", "2024-12-15"], dtype="datetime64[D]"), "month")
ORIGIN = int(week_of(PERIODS.stop[-1]))
EVERY = np.ones(3, dtype=bool)


def sales(rows):
    """From (unit, period, brand, volume)."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return Sales(
        table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2].astype(np.int16), table[:, 3], PERIODS
    )


def yearly(volumes, brand=0):
    """The same volume every month of both years for each unit of a mapping."""
    return [(unit, p, brand, volume / 12) for unit, volume in volumes.items() for p in range(24)]


def world(known, bricks=0, brick=None, attributes=None):
    known = np.array(known, dtype=bool)
    n, h = len(known), len(channel_axis())
    ids = np.array([f"C{i}" for i in range(n)], dtype=str)
    nan, empty = np.full(n, np.nan), np.zeros(0)
    people = Population(
        ids, identity(ids, "customer"), ids.astype(object), known,
        np.where(known, FAR_PAST, NEVER).astype(np.int32), np.full(n, NEVER, np.int32),
        np.full(n, -1, np.int32) if brick is None else np.array(brick, np.int32), np.zeros(n, np.int32), nan, nan,
        np.ones((h, n), bool), np.full(n, -1, np.int8), nan, nan, attributes or {},
    )  # fmt: skip
    places = Bricks(
        np.array([f"B{b}" for b in range(bricks)], dtype=str),
        np.zeros(bricks, np.int32),
        np.full(bricks, np.nan),
        np.full(bricks, np.nan),
    )
    reps = Reps(
        np.array([], dtype=str),
        np.array([], dtype=object),
        empty.astype(np.int32),
        empty,
        empty,
        empty,
        empty.astype(np.int32),
        empty.astype(np.int32),
    )
    brands = Brands(np.array(["Ours", "A", "B"]), np.array(["us", "x", "y"]), np.full(3, np.nan))
    return World(people, places, np.array(["T"]), reps, brands, channel_axis(), ORIGIN)


def history(own=(), audit=(), panel=(), members=()):
    nothing = np.zeros(0, np.int32)
    return History(
        int(week_of(PERIODS.start[0])),
        ORIGIN,
        Touches(nothing, nothing, nothing, nothing),
        sales(own),
        sales(audit),
        sales(panel),
        np.array(members, np.int32),
        (),
    )


def sane(potential, here):
    n = len(here.population)
    for name in ("log_mean", "log_sd", "own_now", "own_sd_log", "own_potential_mean", "active"):
        values = getattr(potential, name)
        assert values.shape == (n,), name
        assert np.isfinite(values).all(), name
    assert (potential.own_now >= 0).all()
    low, high = intervals(potential, here)
    assert (low <= high).all()
    assert np.isfinite(draw_volumes(potential, here, 0, 1)).all()
    assert potential.brand_share_known.sum() == pytest.approx(1.0)
    assert potential.brand_share_unknown.sum() == pytest.approx(1.0)
    return potential


def test_own_sales_alone_give_a_level_that_is_called_a_prior():
    here = world([True] * 10 + [False] * 5)
    potential = sane(learn_potential(here, history(yearly(dict.fromkeys(range(10), 520.0))), 20, 1), here)
    share = potential.own_now[:10].sum() / potential.mean[:10].sum()
    assert share == pytest.approx(PRIORS["own_share"].mean, rel=0.25)
    assert not potential.total_unknown.identified
    assert not potential.hidden_size.identified
    assert "prior" in potential.source


def test_one_customer_is_enough():
    here = world([True])
    potential = sane(learn_potential(here, history(yearly({0: 120.0})), 10, 1), here)
    assert potential.own_now[0] * PERIODS.weeks_in()[-12:].sum() == pytest.approx(120.0, rel=0.01)
    assert potential.total_unknown.draws == pytest.approx(np.zeros(10))


def test_nothing_observed_is_said():
    here = world([True, False, False])
    potential = sane(learn_potential(here, history(), 10, 1), here)
    assert potential.source == "nothing observed"
    assert potential.own_now.sum() == 0


def test_an_empty_market_is_no_reason_to_crash():
    here = world([])
    sane(learn_potential(here, history(), 10, 1), here)


def test_everybody_known_leaves_nothing_unknown():
    here = world([True] * 12, 3, [0, 1, 2] * 4)
    own, audit = yearly({i: 100.0 + i for i in range(12)}), yearly(dict.fromkeys(range(3), 2000.0), brand=1)
    potential = sane(learn_potential(here, history(own, audit), 10, 1), here)
    assert potential.total_unknown.draws == pytest.approx(np.zeros(10))
    assert potential.unknown_own_share == 0.0
    assert np.bincount(here.population.brick, potential.mean) == pytest.approx(potential.brick_total, rel=1e-6)


def test_nobody_known_is_levelled_by_the_audit():
    here = world([False] * 12, 3, [0, 1, 2] * 4)
    audit = yearly({0: 1040.0, 1: 520.0, 2: 260.0}, brand=1)
    potential = sane(learn_potential(here, history(audit=audit), 10, 1), here)
    assert potential.mean[:3] == pytest.approx(potential.brick_total / 4, rel=1e-6)
    assert potential.total_unknown.draws.mean() == pytest.approx(potential.brick_total.sum(), rel=0.1)


def test_a_brick_without_audit_gets_the_regional_level():
    here = world([True] * 20 + [False] * 20, 2, ([0] * 10 + [1] * 10) * 2)
    own = yearly(dict.fromkeys(range(20), 100.0))
    audit = [*yearly({0: 1000.0}), *yearly({0: 3000.0}, brand=1)]
    potential = sane(learn_potential(here, history(own, audit), 10, 1), here)
    there = potential.mean[here.population.brick == 1].sum()
    assert there == pytest.approx(potential.brick_total[0], rel=0.05)
    assert any("no audited brick" in note for note in potential.notes)


def test_own_volume_that_the_books_lack_reaches_the_unknown():
    here = world([True] * 5 + [False] * 5, 1, [0] * 10)
    own = yearly(dict.fromkeys(range(5), 100.0))
    audit = [*yearly({0: 700.0}), *yearly({0: 3000.0}, brand=1)]
    potential = sane(learn_potential(here, history(own, audit), 10, 1), here)
    weeks = PERIODS.weeks_in()[-12:].sum()
    assert potential.own_now[5:].sum() * weeks == pytest.approx(200.0, rel=0.01)
    assert potential.unknown_own_share > 0


def test_a_year_without_orders_is_not_taken_literally():
    here = world([True] * 40)
    order = np.random.default_rng(4).lognormal(2, 1, 39)
    own = [(i, 12 + (i + k) % 12, 0, order[i]) for i in range(39) for k in (0, 5)]
    potential = sane(learn_potential(here, history(own), 10, 1), here)
    silent, others = potential.own_now[39], potential.own_now[:39].mean()
    assert 0 < silent < 0.5 * others


def test_nothing_is_sold_to_a_customer_who_left():
    here = world([True] * 10)
    left = here.population.left.copy()
    left[0] = ORIGIN - 10
    here = replace(here, population=replace(here.population, left=left))
    potential = sane(learn_potential(here, history(yearly(dict.fromkeys(range(10), 100.0))), 10, 1), here)
    assert potential.own_now[0] == 0
    assert potential.own_now.sum() * PERIODS.weeks_in()[-12:].sum() == pytest.approx(900.0, rel=0.01)
    assert any("left" in note for note in potential.notes)


def test_a_panel_member_is_held_near_what_it_bought():
    here = world([True] * 30 + [False] * 30)
    own = yearly(dict.fromkeys(range(30), 100.0))
    panel = [row for j, part in enumerate((0.25, 0.5, 0.25))
             for row in yearly({0: 4000 * part, 30: 50 * part, 31: 400 * part, 1: 400 * part}, brand=j)]  # fmt: skip
    potential = sane(learn_potential(here, history(own, panel=panel, members=[0, 1, 30, 31]), 10, 1), here)
    weeks = PERIODS.weeks_in()[-12:].sum()
    assert potential.mean[[0, 30]] * weeks == pytest.approx([4000, 50], rel=0.15)
    assert potential.log_sd[0] < potential.log_sd[2]


def test_a_customer_served_below_its_peers_could_give_more_and_no_one_less():
    here = world([True] * 40 + [False] * 10, 1, [0] * 50)
    own = yearly({i: 50.0 + 10 * (i % 10) for i in range(40)})
    audit = [*yearly({0: sum(row[3] for row in own) / 2}), *yearly({0: 15000.0}, brand=1)]
    potential = sane(learn_potential(here, history(own, audit), 10, 1), here)
    assert (potential.own_potential_mean >= potential.own_now - 1e-9).all()
    assert (potential.own_potential_mean[40:] > 0).all()
    assert (potential.own_potential_mean <= np.maximum(potential.mean, potential.own_now) + 1e-9).all()


def test_a_year_is_taken_from_the_last_record_and_lumps_are_counted():
    steady, lumpy = yearly({0: 120.0, 1: 120.0, 2: 120.0}), [(3, 14, 0, 60.0), (3, 20, 0, 60.0)]
    record = sales(steady + lumpy)
    window = last_year(record)
    rate = weekly(record, 5, EVERY, window)
    assert window.whole_year
    assert rate[:4] * window.weeks == pytest.approx([120.0] * 4, rel=0.005)
    noise = lumpiness(record, 5, EVERY, window)
    # two orders a year: a relative variance of about a half; steady ones far less
    assert 0.3 < noise[3] < 0.6
    assert noise[0] < 0.1
    assert noise[4] == pytest.approx(np.median(noise[:4]), rel=0.5)
