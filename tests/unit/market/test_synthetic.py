"""A made-up world before anything is lived: its map, its outlets, its reps, its calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
import shapely
from scipy import sparse
from scipy.sparse import csgraph

from twin.market.synthetic import MadeUp, make_up
from twin.market.synthetic_calendar import campaign_calendar, log_season, strengths, working_days
from twin.market.synthetic_names import disguised
from twin.market.synthetic_settings import SyntheticSettings
from twin.weeks import FAR_PAST, NEVER, week_of_date, year_phase

SETTINGS = SyntheticSettings(n_outlets=1000, n_territories=6, seed=3)


@pytest.fixture(scope="module")
def made() -> MadeUp:
    return make_up(SETTINGS)


def test_the_same_settings_make_the_same_world_and_another_seed_another_one(made: MadeUp) -> None:
    again, other = make_up(SETTINGS), make_up(replace(SETTINGS, seed=4))
    assert np.array_equal(again.outlets.volume, made.outlets.volume)
    assert np.array_equal(again.outlets.names, made.outlets.names)
    assert shapely.equals_exact(again.region.polygons, made.region.polygons).all()
    assert again.campaigns == made.campaigns
    assert not np.array_equal(other.outlets.volume, made.outlets.volume)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bricks_are_valid_and_fill_the_region_without_gap_or_overlap(seed: int) -> None:
    region = make_up(replace(SETTINGS, seed=seed)).region
    assert shapely.is_valid(region.polygons).all()
    together = shapely.union_all(region.polygons)
    assert together.symmetric_difference(region.outline).area < 1e-6 * region.outline.area
    assert shapely.area(region.polygons).sum() == pytest.approx(together.area, rel=1e-6)


def test_every_outlet_stands_in_its_brick_and_every_rep_lives_in_the_own_territory(made: MadeUp) -> None:
    region, reps = made.region, made.reps
    assert shapely.intersects_xy(region.polygons[region.brick], region.lon, region.lat).all()
    home = shapely.STRtree(region.polygons).query(shapely.points(reps.home_lon, reps.home_lat), predicate="intersects")
    assert np.array_equal(np.unique(home[0]), np.arange(len(reps)))
    assert all(reps.territory[r] in region.territory_of_brick[home[1][home[0] == r]] for r in range(len(reps)))


@pytest.mark.parametrize("n_territories", [6, 8, 10])
def test_territories_are_in_one_piece_and_of_comparable_size(n_territories: int) -> None:
    made = make_up(replace(SETTINGS, n_territories=n_territories))
    region = made.region
    assert list(made.territories) == [f"T{z + 1}" for z in range(n_territories)]
    tree = shapely.STRtree(region.polygons)
    left, right = tree.query(region.polygons, predicate="touches")
    same = region.territory_of_brick[left] == region.territory_of_brick[right]
    graph = sparse.coo_matrix((np.ones(same.sum()), (left[same], right[same])), shape=(len(region.polygons),) * 2)
    assert csgraph.connected_components(graph)[0] == n_territories
    load = np.bincount(made.territory, minlength=n_territories)
    assert load.min() > 0.3 * load.mean()
    assert load.max() < 2.5 * load.mean()


def test_size_and_kind_explain_volume_but_not_all_of_it(made: MadeUp) -> None:
    log_volume, size = np.log(made.outlets.volume), made.outlets.attributes["size_class"]
    seen = np.corrcoef(log_volume, size)[0, 1]
    hidden = np.corrcoef(log_volume, made.outlets.hidden)[0, 1]
    assert 0.4 < seen < 0.9
    assert 0.3 < hidden < 0.8
    assert abs(np.corrcoef(size, made.outlets.hidden)[0, 1]) < 0.13  # false alarm 1 in 25,000


def test_those_known_first_are_larger_than_their_attributes_say(made: MadeUp) -> None:
    first = made.outlets.known_rank < len(made.outlets) // 2
    hidden = made.outlets.hidden
    assert hidden[first].mean() - hidden[~first].mean() > 0.3


def test_names_carry_turkish_letters(made: MadeUp) -> None:
    everything = "".join([*made.outlets.names, *made.brick_names])
    assert set("ıİşğöüçŞÖ") <= set(everything)


def test_a_disguise_changes_nearly_every_name_and_keeps_it_recognisable(made: MadeUp) -> None:
    names = made.outlets.names
    other = disguised(SETTINGS.dice, names)
    assert (other != names).mean() > 0.85
    assert all(abs(len(a) - len(b)) <= 12 and len(b) >= 3 for a, b in zip(names, other))


def test_a_rep_never_can_do_more_than_is_listed_and_nothing_before_or_after_service(made: MadeUp) -> None:
    reps, weeks = made.reps, np.arange(SETTINGS.first_week, SETTINGS.origin)
    assert (made.capacity <= reps.visits_per_week[:, None]).all()
    serving = (reps.start[:, None] <= weeks) & (weeks < reps.end[:, None])
    assert (made.capacity[~serving] == 0).all()
    assert (reps.end < NEVER).sum() == SETTINGS.rep_changes == (reps.start > FAR_PAST).sum()
    assert 0.6 < made.availability < 0.95


def test_one_who_left_leaves_a_vacancy_so_that_capacity_varies(made: MadeUp) -> None:
    gone = made.reps.end[made.reps.end < NEVER]
    vacant = [(made.capacity[made.reps.territory == z].sum(axis=0) == 0).sum() for z in range(SETTINGS.n_territories)]
    assert len(gone) and max(vacant) > min(vacant) + 6
    assert np.std(made.capacity.sum(axis=0)) > 0.05 * made.capacity.sum(axis=0).mean()


def test_nobody_works_on_a_feast_day() -> None:
    week = week_of_date(dt.date(2024, 4, 10))  # Ramazan Bayramı 2024: 10 to 12 April
    assert working_days(week, 1).tolist() == [[True, True, False, False, False]]


def test_the_season_neither_adds_nor_takes_volume_over_the_years() -> None:
    season = log_season(SETTINGS.first_week, SETTINGS.n_weeks, SETTINGS.origin)
    assert np.exp(season).mean() == pytest.approx(1.0, abs=0.05)
    assert np.ptp(season) > 0.15


def test_rival_campaigns_recur_with_jitter_and_gaps() -> None:
    campaigns = campaign_calendar(SETTINGS)
    yearly = [move for move in campaigns if move.brand > 0 and move.anchor == "year"]
    phases = year_phase(np.array([move.start for move in yearly])) * 52.18
    for brand in (1, 2, 3):
        mine = np.sort(phases[[move.brand == brand for move in yearly]])
        if len(mine):
            groups = np.split(mine, np.flatnonzero(np.diff(mine) > 6) + 1)
            assert len(groups) <= 4  # series, one of which may straddle New Year
            assert all(np.ptp(group) <= 6 for group in groups)
    assert {move.anchor for move in campaigns} == {"year", "ramazan", "kurban", "once"}
    assert all(2 <= move.stop - move.start <= 5 for move in campaigns)


def test_all_our_campaigns_are_recorded_and_few_of_the_rivals() -> None:
    campaigns = campaign_calendar(SETTINGS)
    assert all(move.recorded for move in campaigns if move.brand == 0)
    rivals = [move.recorded for move in campaigns if move.brand > 0]
    assert 0 < np.mean(rivals) < 0.4


def test_an_average_campaign_has_strength_one_and_history_does_not_depend_on_the_horizon() -> None:
    campaigns = campaign_calendar(SETTINGS)
    for brand in range(4):
        past = [move.strength for move in campaigns if move.brand == brand and move.start < SETTINGS.origin]
        assert np.mean(past) == pytest.approx(1.0, abs=0.002)
    short = campaign_calendar(replace(SETTINGS, horizon_weeks=1))
    span = SETTINGS.first_week, SETTINGS.n_weeks
    assert np.array_equal(strengths(short, 4, *span), strengths(campaigns, 4, *span))


def test_settings_that_make_no_world_are_refused() -> None:
    with pytest.raises(ValueError, match="n_outlets"):
        SyntheticSettings(n_outlets=10)
    with pytest.raises(ValueError, match="n_territories"):
        SyntheticSettings(n_outlets=100, n_territories=50)
