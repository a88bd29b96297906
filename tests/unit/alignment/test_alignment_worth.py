"""Worth of a map, the frontier, and its picture."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely
from conftest import force

from twin.alignment.annealing import Wishes
from twin.alignment.areas import Areas
from twin.alignment.frontier import PROFIT, SCRATCH, TODAY, Beliefs, frontier
from twin.alignment.picture import before_and_after
from twin.alignment.worth import gain_of_balance, loss_by_handover

BELIEFS = Beliefs(np.array([0.2, 0.3, 0.4]), np.array([0.13, 0.155, 0.18]))


def pair(load: tuple[float, ...], today: tuple[int, ...]) -> Areas:
    n = len(load)
    row = np.array(load)
    names = np.array([f"B{i}" for i in range(n)])
    where = np.linspace(30, 31, n), np.full(n, 38.0)
    return Areas(
        names, *where, row[None], np.ones(n), row * 10, np.array(today, dtype=np.int32), np.zeros(n, dtype=bool)
    )


def test_todays_map_gains_and_loses_nothing(made_up):
    areas, territories, _ = made_up()
    assert not gain_of_balance(areas, territories, areas.today, BELIEFS.elasticity).any()
    assert not loss_by_handover(areas, areas.today, BELIEFS.handover).any()


def test_gain_and_loss_of_one_move_by_hand():
    """Loads 3 + 1 and 2: the lesser goes over, and both reps have three."""
    areas, territories = pair((3.0, 1.0, 2.0), (0, 0, 1)), force(2)
    after = np.array([0, 1, 1], dtype=np.int32)
    # visits per load: 1/4 and 1/2 before, 1/3 and 1/3 after
    expected = 30 * ((4 / 3) ** 0.3 - 1) + 10 * ((4 / 3) ** 0.3 - 1) + 20 * ((2 / 3) ** 0.3 - 1)
    assert gain_of_balance(areas, territories, after, np.array([0.3])) == pytest.approx([expected])
    assert loss_by_handover(areas, after, np.array([0.155])) == pytest.approx([1.55])


def test_without_an_effect_of_visits_balance_brings_nothing(made_up):
    areas, territories, _ = made_up()
    assert not gain_of_balance(areas, territories, areas.today[::-1].copy(), np.zeros(2)).any()


@pytest.fixture(scope="module")
def points(made_up):
    areas, territories, graph = made_up(n=400, k=6, n_attributes=2)
    return frontier(areas, territories, graph, BELIEFS, Wishes(n_sweeps=120)), areas, territories


def test_the_frontier_runs_from_today_over_ever_more_moves_and_bounds_them_from_below(points):
    found, *_ = points
    moved = [one.measures.moved_customers for one in found]
    assert found[0].name == TODAY and moved[0] == 0 and moved == sorted(moved)
    assert all(one.measures.moved_load.max() >= one.least_moved - 1e-9 for one in found)
    assert all(one.measures.pieces == 0 for one in found if one.name != TODAY)
    assert {one.name for one in found} >= {PROFIT, SCRATCH, "tolerance_4"}


def test_no_map_is_expected_to_sell_more_than_the_one_that_was_to(points):
    found, *_ = points
    by_name = {one.name: one.net.mean() for one in found}
    best = max(by_name.values())
    assert by_name[PROFIT] >= best - 0.1 * abs(best) and by_name[PROFIT] >= 0


def test_balance_alone_is_not_what_sells_most(points):
    """Skiera and Albers 1998."""
    found, *_ = points
    by_name = {one.name: one for one in found}
    assert by_name[PROFIT].measures.cv[0] > by_name["even"].measures.cv[0]
    assert by_name[PROFIT].net.mean() > by_name["even"].net.mean()


def test_a_limit_on_moves_holds_for_the_whole_frontier(made_up):
    areas, territories, graph = made_up(n=300)
    found = frontier(areas, territories, graph, BELIEFS, Wishes(n_sweeps=60, most_moved=0.05), tolerances=(0.05,))
    assert max(one.measures.moved_customers for one in found) <= 0.05 + 1e-9
    assert SCRATCH not in {one.name for one in found}


def test_a_frontier_without_draws_is_refused():
    with pytest.raises(ValueError, match="at least one draw"):
        Beliefs(np.array([]), np.array([]))


def test_the_picture_shows_each_area_before_and_after_in_plain_json(points):
    found, areas, territories = points
    shapes = np.array([shapely.Point(x, y).buffer(0.05) for x, y in zip(areas.lon, areas.lat)], dtype=object)
    shapes[0] = None
    nowhere = replace(areas, lon=np.where(np.arange(400) == 1, np.nan, areas.lon))
    last = found[-1].territory
    for outlines, form in ((None, "Point"), (shapes, "Polygon")):
        picture = json.loads(json.dumps(before_and_after(nowhere, territories, last, outlines), allow_nan=False))
        features = picture["areas"]["features"]
        assert [one["properties"]["moved"] for one in features] == (last != areas.today).tolist()
        assert features[2]["geometry"]["type"] == form and features[0]["geometry"]["type"] == "Point"
        assert (features[1]["geometry"] is None) == (outlines is None)
        assert len(picture["territories"]["features"]) == (0 if outlines is None else 12)
