"""Call allocation as a knapsack: bound, answer and exact search against HiGHS and against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import optimize, sparse

from twin.planning import allocation
from twin.planning.allocation import Groups, Menus, allocate

SHAPES = ("concave", "s", "wild")


def problem(seed: int, shape: str, n: int = 12, items: int = 6, groups: int = 1, resources: int = 1):
    """Random menus, the first item costing nothing; capacity for a third of the dearest."""
    rng = np.random.default_rng(seed)
    takes = np.sort(rng.integers(1, 40, (resources, n, items)).astype(float), axis=2)
    takes[:, :, 0] = 0.0
    effort, size = np.linspace(0, 3, items), rng.lognormal(0, 1, (n, 1))
    if shape == "concave":
        value = size * (1 - np.exp(-rng.uniform(0.2, 2, (n, 1)) * effort))
    elif shape == "s":
        value = size * effort**3 / (rng.uniform(0.5, 6, (n, 1)) + effort**3)
    else:
        value = rng.normal(0, 1, (n, items))
    first = np.linspace(0, n, groups + 1).astype(int)
    dearest = [[takes[q, a:b, -1].sum() / 3 for a, b in itertools.pairwise(first)] for q in range(resources)]
    menus = Menus(np.arange(n + 1) * items, takes.reshape(resources, -1), value.ravel())
    return Groups(first, np.array(dearest)), menus


def part(menus: Menus):
    def give(lo: int, hi: int) -> Menus:
        a, b = menus.start[lo], menus.start[hi]
        return Menus(menus.start[lo : hi + 1] - a, menus.takes[:, a:b], menus.value[a:b])

    return give


def highs(groups: Groups, menus: Menus, whole: bool) -> float:
    """Optimum by HiGHS, of the knapsack or of its linear relaxation."""
    n, m = len(menus.start) - 1, len(menus.value)
    customer = np.repeat(np.arange(n), np.diff(menus.start))
    group = np.searchsorted(groups.first, customer, side="right") - 1
    one = sparse.csr_matrix((np.ones(m), (customer, np.arange(m))))
    rows = [sparse.csr_matrix((row, (group, np.arange(m))), (len(groups), m)) for row in menus.takes]
    limits = [
        optimize.LinearConstraint(one, 1, 1),
        *(optimize.LinearConstraint(row, ub=cap) for row, cap in zip(rows, groups.capacity)),
    ]
    found = optimize.milp(-menus.value, constraints=limits, bounds=optimize.Bounds(0, 1), integrality=np.full(m, whole),
                          options={"mip_rel_gap": 0.0})  # fmt: skip
    assert found.status == 0
    return -found.fun


def spent(groups: Groups, menus: Menus, choice: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    item = menus.start[:-1] + choice
    group = np.repeat(np.arange(len(groups)), np.diff(groups.first))
    used = np.stack([np.bincount(group, row[item], len(groups)) for row in menus.takes])
    return used, np.bincount(group, menus.value[item], len(groups))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_is_the_optimum_of_the_linear_relaxation(shape, seed):
    groups, menus = problem(seed, shape, n=40, groups=4)
    answer = allocate(groups, part(menus))
    assert answer.bound.sum() == pytest.approx(highs(groups, menus, False), rel=1e-9)
    assert (answer.value <= answer.bound + 1e-9).all()


@pytest.mark.parametrize("seed", range(4))
def test_with_two_resources_the_bound_is_that_of_the_relaxation_too(seed):
    groups, menus = problem(seed, "concave", n=40, resources=2)
    relaxed = highs(groups, menus, False)
    bound = allocate(groups, part(menus)).bound.sum()
    assert relaxed - 1e-9 <= bound <= relaxed * (1 + 2e-4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("seed", range(4))
def test_the_exact_search_finds_what_highs_finds(shape, seed):
    groups, menus = problem(seed, shape, n=30, groups=2)
    answer = allocate(groups, part(menus), states=200_000)
    assert answer.proven.all()
    assert answer.value.sum() == pytest.approx(highs(groups, menus, True), rel=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_exact_search_finds_what_trying_everything_finds(shape):
    for seed in range(6):
        groups, menus = problem(100 + seed, shape, n=5, items=4)
        best = max(
            value[0]
            for choice in itertools.product(range(4), repeat=5)
            for used, value in [spent(groups, menus, np.array(choice))]
            if used[0, 0] <= groups.capacity[0, 0]
        )
        assert allocate(groups, part(menus), states=10_000).value[0] == pytest.approx(best, abs=1e-12)


@pytest.mark.parametrize("resources", [1, 2])
@pytest.mark.parametrize("states", [0, 50_000])
def test_an_answer_fits_and_is_worth_what_it_says(resources, states):
    for seed, shape in itertools.product(range(5), SHAPES):
        groups, menus = problem(seed, shape, n=30, groups=3, resources=resources)
        answer = allocate(groups, part(menus), states)
        used, value = spent(groups, menus, answer.choice)
        assert (used <= groups.capacity * (1 + 1e-8)).all()
        np.testing.assert_allclose(value, answer.value, rtol=1e-9)
        if resources == 2 and states:
            best = highs(groups, menus, True)
            assert answer.value.sum() <= best + 1e-9 <= answer.bound.sum() + 2e-9


def test_more_capacity_is_never_worth_less():
    for shape in SHAPES:
        groups, menus = problem(3, shape, n=30)
        worth = [
            allocate(Groups(groups.first, groups.capacity * factor), part(menus), states=100_000)
            for factor in np.linspace(0, 2, 15)
        ]
        assert (np.diff([answer.value[0] for answer in worth]) >= -1e-12).all()
        assert (np.diff([answer.bound[0] for answer in worth]) >= -1e-12).all()


def test_the_price_lies_between_what_a_little_less_and_a_little_more_would_change():
    groups, menus = problem(5, "concave", n=60)

    def bound(factor: float) -> float:
        return float(allocate(Groups(groups.first, groups.capacity * factor), part(menus)).bound[0])

    answer, step = allocate(groups, part(menus)), 1e-4
    assert (bound(1 + step) - bound(1)) / step <= answer.price[0] + 1e-6
    assert answer.price[0] <= (bound(1) - bound(1 - step)) / step + 1e-6
    assert answer.price_of(groups.capacity[0])[0] == pytest.approx(answer.price[0] / groups.capacity[0, 0])


def test_an_s_shaped_response_gets_nothing_or_enough():
    effort = np.arange(7.0)
    one = 10.0 * effort**4 / (3.0**4 + effort**4)  # steepest, as seen from nothing, at four
    menus = Menus(np.arange(11) * 7, np.tile(effort, 10)[None], np.tile(one, 10))
    choice = allocate(Groups(np.array([0, 10]), np.array([[20.0]])), part(menus)).choice
    assert set(choice.tolist()) <= {0, 4, 5} and (choice == 4).sum() == 5


def test_where_nothing_gains_the_cheapest_is_chosen():
    groups, menus = problem(1, "concave", n=20)
    still = Menus(menus.start, menus.takes, np.zeros_like(menus.value))
    answer = allocate(groups, part(still), states=1000)
    assert not answer.choice.any() and answer.price[0] == 0.0 and answer.proven.all()


def test_what_harms_is_left_alone_even_where_it_fits():
    menus = Menus(np.array([0, 3]), np.array([[0.0, 1.0, 2.0]]), np.array([0.0, 5.0, -3.0]))
    assert allocate(Groups(np.array([0, 1]), np.array([[9.0]])), part(menus)).choice.tolist() == [1]


def test_a_group_that_cannot_hold_its_cheapest_items_says_so():
    menus = Menus(np.array([0, 1, 2, 4]), np.array([[3.0, 3.0, 0.0, 1.0]]), np.array([1.0, 1.0, 0.0, 1.0]))
    answer = allocate(Groups(np.array([0, 2, 3]), np.array([[5.0, 1.0]])), part(menus), states=100)
    assert answer.feasible.tolist() == [False, True]
    assert answer.choice.tolist() == [-1, -1, 1]


def test_without_room_for_its_states_the_search_leaves_a_gap_that_holds():
    groups, menus = problem(2, "wild", n=60, items=8)
    short, long = (allocate(groups, part(menus), states) for states in (3, 2_000_000))
    assert long.proven.all() and not short.proven.any()
    assert short.value[0] <= long.value[0] <= short.bound[0]


def test_it_does_not_matter_how_many_groups_are_solved_at_once(monkeypatch):
    groups, menus = problem(4, "s", n=60, groups=6)
    together = allocate(groups, part(menus), states=20_000)
    monkeypatch.setattr(allocation, "_CUSTOMERS_AT_ONCE", 5)
    apart = allocate(groups, part(menus), states=20_000)
    for name in ("choice", "value", "bound", "price", "proven"):
        np.testing.assert_array_equal(getattr(together, name), getattr(apart, name))


def test_a_group_without_capacity_gets_what_costs_nothing():
    groups, menus = problem(6, "concave", n=10)
    answer = allocate(Groups(groups.first, np.zeros((1, 1))), part(menus))
    assert not answer.choice.any() and answer.price_of(np.zeros(1)).tolist() == [0.0]


@pytest.mark.parametrize(
    ("start", "takes", "value", "complaint"),
    [
        ([0, 1, 1], [[1.0]], [1.0], "at least one item"),
        ([0, 2], [[1.0]], [1.0], "as many amounts"),
        ([0, 1], [[-1.0]], [1.0], "not negative"),
        ([0, 1], [[1.0]], [np.nan], "finite"),
    ],
)
def test_menus_check_themselves(start, takes, value, complaint):
    with pytest.raises(ValueError, match=complaint):
        Menus(np.array(start), np.array(takes), np.array(value))


@pytest.mark.parametrize(
    ("first", "capacity", "complaint"),
    [
        ([0, 2, 1], [[1.0, 1.0]], "ascending"),
        ([0, 1], [[1.0], [1.0], [1.0]], "one or two"),
        ([0, 1], [[-1.0]], "not negative"),
    ],
)
def test_groups_check_themselves(first, capacity, complaint):
    with pytest.raises(ValueError, match=complaint):
        Groups(np.array(first), np.array(capacity))
