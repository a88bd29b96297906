"""Rival calendar: its rules on small made-up markets; how well it recovers campaigns stands in the laws."""

import dataclasses

import numpy as np
import pytest
from calendar_worlds import (
    FIRST,
    SIX_YEARS,
    Planted,
    bare_world,
    history_of,
    no_sales,
    plant,
    plant_regions,
    region_world,
    sales_of,
    sales_of_regions,
)  # fmt: skip

from twin.calibration.calendar.campaign_events import exposure
from twin.calibration.calendar.campaign_known import knowledge
from twin.calibration.calendar.campaign_recurrence import find_recurrences
from twin.calibration.calendar.campaign_strength import fit_strength
from twin.calibration.calendar.feasts import feast_spans
from twin.calibration.calendar.learning import learn_rival_calendar
from twin.calibration.calendar.rival_calendar import future_campaigns, regional, table
from twin.calibration.calendar.rival_reaction import learn_reaction, reaction_regression
from twin.calibration.levels.period_totals import Series
from twin.market.history import Campaign
from twin.market.remarks import Remark
from twin.weeks import NEVER, WEEKS_PER_YEAR, mondays, week_of

ORIGIN = FIRST + SIX_YEARS
N_DRAWS = 40


def learn(weekly, kind="week", campaigns=(), **sources):
    sources = sources or {"audit": sales_of(weekly, kind)}
    history = history_of(len(weekly), **sources, campaigns=tuple(campaigns))
    return learn_rival_calendar(bare_world(weekly.shape[1], FIRST + len(weekly)), history, N_DRAWS, seed=1)


@pytest.fixture(scope="module")
def calendar():
    weekly, _, _ = plant(Planted(n_brands=3), seed=1)
    return learn(weekly)


def test_the_same_seed_gives_the_same_calendar_and_futures(calendar):
    again = learn(plant(Planted(n_brands=3), seed=1)[0])
    assert again.events == calendar.events
    assert future_campaigns(again, ORIGIN, 52, 3, 5) == future_campaigns(calendar, ORIGIN, 52, 3, 5)


def test_a_future_does_not_depend_on_the_window_that_asks(calendar):
    both = future_campaigns(calendar, ORIGIN, 104, 2, 1)
    halves = {*future_campaigns(calendar, ORIGIN, 52, 2, 1), *future_campaigns(calendar, ORIGIN + 52, 52, 2, 1)}
    assert set(both) == halves


def test_one_rivals_future_does_not_depend_on_the_others(calendar):
    alone = dataclasses.replace(calendar, events=tuple(event for event in calendar.events if event.brand == 2))
    of_two = tuple(move for move in future_campaigns(calendar, ORIGIN, 52, 4, 1) if move.brand == 2)
    assert future_campaigns(alone, ORIGIN, 52, 4, 1) == of_two


def test_draws_and_seeds_differ_and_ours_never_appear(calendar):
    futures = {future_campaigns(calendar, ORIGIN, 52, draw, 1) for draw in range(20)}
    assert len(futures) > 3
    assert all(move.brand >= 1 for future in futures for move in future)
    assert {future_campaigns(calendar, ORIGIN, 52, draw, 2) for draw in range(20)} != futures


def test_each_future_year_is_one_past_year_moved(calendar):
    """Every campaign of one rival's future year comes from the same past year, as far from its anchor as it was."""
    for draw in range(10):
        moves = [move for move in future_campaigns(calendar, ORIGIN, 52, draw, 1) if move.brand == 1]
        sources = [
            {
                event.year
                for event in calendar.events
                if event.brand == 1
                and event.stop - event.start == move.stop - move.start
                and abs(event.strength - move.strength) <= 4 * event.strength_sd
                and abs(event.start - event.year * WEEKS_PER_YEAR - move.start) <= 1
            }
            for move in moves
        ]
        assert not moves or set.intersection(*sources)


def test_strengths_average_one_over_a_brands_campaigns(calendar):
    for brand in (1, 2):
        own = [event for event in calendar.events if event.brand == brand]
        weeks = [event.stop - event.start for event in own]
        assert np.average([event.strength for event in own], weights=weeks) == pytest.approx(1, abs=0.02)


def test_table_has_the_columns_of_the_contract(calendar):
    rows = table(calendar)
    assert list(rows)[:7] == ["brand", "start", "end", "strength", "probability", "recurring", "next_start"]
    assert len({len(column) for column in rows.values()}) == 1 and (rows["end"] > rows["start"]).all()
    assert rows["start"].dtype == rows["next_start"].dtype == np.dtype("datetime64[D]")
    assert (np.isnat(rows["next_start"]) == ~rows["recurring"]).all() and set(rows["brand"]) <= {"Rival 1", "Rival 2"}
    assert (rows["next_start"][rows["recurring"]] >= mondays(np.int32(ORIGIN))).all()


def test_an_empty_calendar_has_an_empty_table_and_no_future():
    nothing = learn(np.full((60, 2), 100.0))
    assert nothing.events == () and len(table(nothing)["brand"]) == 0
    assert future_campaigns(nothing, ORIGIN, 52, 0, 1) == () and nothing.start.shape == (0,)


def test_without_market_data_only_recorded_campaigns_are_known():
    recorded = [
        Campaign(1, FIRST + round(10 + year * WEEKS_PER_YEAR), FIRST + round(13 + year * WEEKS_PER_YEAR))
        for year in range(6)
    ]
    history = history_of(campaigns=tuple(recorded))
    found = learn_rival_calendar(bare_world(3, ORIGIN), history, N_DRAWS, 1)
    assert [event.start for event in found.events] == [campaign.start for campaign in recorded]
    assert all(event.recorded and event.recurring and event.probability == 1 for event in found.events)
    assert found.events[0].next_start == pytest.approx(ORIGIN + 10, abs=1)
    assert len(future_campaigns(found, ORIGIN, 52, 0, 1)) == 1
    assert not any(estimate.identified for estimate in found.promo_effect)


def test_recorded_campaigns_ahead_come_in_every_draw(calendar):
    weekly, _, _ = plant(Planted(n_brands=3), seed=1)
    ahead = Campaign(1, ORIGIN + 8, ORIGIN + 12, strength=1.5)
    found = learn(weekly, campaigns=[ahead])
    for draw in range(5):
        moves = [move for move in future_campaigns(found, ORIGIN, 52, draw, 1) if move.brand == 1]
        assert (ahead.start, ahead.stop, 1.5) in [(move.start, move.stop, move.strength) for move in moves]
        assert not any(m.start < ahead.stop and ahead.start < m.stop for m in moves if m.start != ahead.start)


def test_a_recorded_rival_campaign_is_certain_and_not_found_twice():
    weekly, true, _ = plant(Planted(n_brands=2, one_offs=0), seed=2)
    known = [Campaign(*one) for one in true if one[2] <= ORIGIN][:6]
    found = learn(weekly, campaigns=known)
    for campaign in known:
        here = [e for e in found.events if e.start < campaign.stop and campaign.start < e.stop]
        assert len(here) == 1 and here[0].recorded and here[0].probability == 1.0


def test_our_recorded_campaigns_are_measured_and_their_ends_are_no_rival_campaign():
    weekly, _, ours = plant(Planted(n_brands=3, per_year=0, one_offs=0, own_campaigns=14, uplift=0.5), seed=3)
    found = learn(weekly, campaigns=ours)
    effect = found.promo_effect[0]
    assert effect.identified and effect.draws.mean() == pytest.approx(np.log(1.5), rel=0.15)
    assert len(found.events) == 0


def test_unseen_effects_are_priors_and_labelled():
    weekly, _, _ = plant(Planted(n_brands=3, per_year=0, one_offs=0), seed=4)
    found = learn(weekly)
    assert [estimate.name for estimate in found.promo_effect] == [
        "promotion:Ours",
        "promotion:Rival 1",
        "promotion:Rival 2",
    ]
    assert not any(estimate.identified for estimate in found.promo_effect) and found.promo_effect[0].prior


def test_a_weekly_panel_is_searched_before_a_monthly_audit_and_both_measure():
    weekly, _, _ = plant(Planted(n_brands=2), seed=5)
    both = learn(weekly, audit=sales_of(weekly, "month"), panel=sales_of(weekly / 10, "week"))
    assert both.resolution == "week" and both.source.startswith("panel by week")
    assert both.promo_effect[1].draws.mean() == pytest.approx(np.log(1.25), rel=0.25)


def test_a_short_history_reports_one_offs_and_says_that_nothing_can_return():
    weekly, _, _ = plant(Planted(n_brands=2), seed=6)
    found = learn(weekly[:70])
    assert "nothing can be seen to return" in found.source and not any(event.recurring for event in found.events)


def test_a_brand_that_hardly_sells_is_left_out_and_named():
    weekly, _, _ = plant(Planted(n_brands=3), seed=7)
    weekly[:200, 2] = 0
    found = learn(weekly)
    assert "Rival 2" in found.source and 2 not in found.brand


def test_no_recorded_market_period_is_invented():
    found = learn_rival_calendar(bare_world(2, ORIGIN), history_of(audit=no_sales()), N_DRAWS, 1)
    assert found.resolution == "none" and found.events == ()


def test_recurrence_prefers_the_anchor_that_fits_tighter():
    weeks = np.arange(FIRST, ORIGIN)
    start, _ = feast_spans("TR", weeks, "kurban")
    begin = week_of(start) - 3
    begin = begin[(begin >= FIRST) & (begin < ORIGIN)]
    (moving,) = find_recurrences(begin, begin + 3, FIRST, ORIGIN, "week", "TR")
    assert moving.anchor == "kurban" and len(moving.members) == len(begin)
    fixed_start = np.array([FIRST + round(20 + year * WEEKS_PER_YEAR) for year in range(6)])
    (fixed,) = find_recurrences(fixed_start, fixed_start + 3, FIRST, ORIGIN, "week", "TR")
    assert fixed.anchor == "date" and fixed.n_cycles == 6


def test_scattered_campaigns_are_not_said_to_return():
    start = FIRST + np.array([5, 80, 130, 190, 230, 290])
    assert find_recurrences(start, start + 3, FIRST, ORIGIN, "week", "TR") == ()


def test_strength_is_exact_without_noise():
    weekly, true, _ = plant(Planted(n_brands=3, noise=0, drift=0, natural=0.1), seed=8)
    sales = sales_of(weekly)
    series = Series("audit", sales.totals(3), sales.periods)
    fit = fit_strength(series, exposure(series, true, 3))
    assert fit.effect[1:] == pytest.approx(np.log(1.25), abs=0.01) and np.isnan(fit.effect[0])


def test_events_without_a_next_time_have_none(calendar):
    for event in calendar.events:
        assert (event.next_start == NEVER) == (not event.recurring)
        assert 0 < event.next_probability <= 1 and 0.5 <= event.probability <= 1


def remark(action, brand, start, stop, was=None, territories=()):
    was = was or (start, stop)
    return Remark("a-move", action, brand, start, stop, *was, np.nan, territories, 0, "Ayşe", "seen")


def test_a_rejected_move_is_taken_out_and_a_confirmed_one_is_certain(calendar):
    weekly, _, _ = plant(Planted(n_brands=3), seed=1)
    one = next(event for event in calendar.events if event.brand == 1)
    history = history_of(len(weekly), audit=sales_of(weekly))
    world = bare_world(3, ORIGIN)
    no, yes = (
        learn_rival_calendar(world, history, N_DRAWS, 1, remarks=(remark(action, 1, one.start, one.stop),))
        for action in ("reject", "confirm")
    )
    assert not any(e.brand == 1 and e.start < one.stop and one.start < e.stop for e in no.events)
    (sure,) = [e for e in yes.events if e.brand == 1 and e.start < one.stop and one.start < e.stop]
    assert (sure.probability, sure.source, sure.id, sure.recurring) == (1.0, "taught", "a-move", one.recurring)


def test_an_edited_move_has_its_new_weeks_and_a_remark_goes_before_the_books():
    books = [Campaign(1, ORIGIN - 50, ORIGIN - 46)]
    edited = remark("edit", 1, ORIGIN - 48, ORIGIN - 45, was=(ORIGIN - 50, ORIGIN - 46))
    known = knowledge(books, [edited])
    assert [move.span for move in known.moves] == [(1, ORIGIN - 48, ORIGIN - 45)]
    assert known.denied == ((1, ORIGIN - 50, ORIGIN - 48),)
    assert len(knowledge(books, [remark("reject", 1, ORIGIN - 50, ORIGIN - 46)]).moves) == 0


def test_a_campaign_of_one_territory_is_found_there_and_laid_out_there_alone():
    # four territories, noise of 5 %: one market in some hundred would hide a lift of 40 % for four weeks
    weekly, _ = plant_regions(Planted(uplift=0.4), 3, 4, (2,), 0.05)
    history = history_of(audit=sales_of_regions(weekly))
    found = learn_rival_calendar(region_world(3, 4, ORIGIN), history, N_DRAWS, 1)
    local = [event for event in found.events if event.brand == 1]
    assert local and np.mean([event.territories == (2,) for event in local]) > 0.7
    assert not any(event.territories for event in found.events if event.brand == 2)
    laid = regional(local, FIRST, SIX_YEARS, 4, 3)
    assert laid[2, 1].sum() > 0.7 * laid.sum() > 0


def test_everywhere_needs_no_territories():
    assert regional([], FIRST, 10, 3, 2) is None


def test_an_answer_that_was_planted_has_its_sign_and_none_is_called_passive(calendar):
    weekly, _, _ = plant(Planted(n_brands=3), seed=1)
    series = Series("audit", sales_of(weekly).totals(3), sales_of(weekly).periods)
    fit = fit_strength(series, exposure(series, [(e.brand, e.start, e.stop) for e in calendar.events], 3))
    # our gain, made to rise in the ten weeks before every single campaign of rival 1
    noise, single = np.zeros_like(fit.noise), [e for e in calendar.events if e.brand == 1 and not e.recurring]
    single = single or [dataclasses.replace(e, recurring=False, series=-1) for e in calendar.events if e.brand == 1][:4]
    for event in single:
        noise[max(event.start - FIRST - 10, 0) : event.start - FIRST, 0] = 0.2
    others = [e for e in calendar.events if e.brand == 1 and e.recurring]
    planted = dataclasses.replace(fit, noise=noise)
    slope, sd = reaction_regression(series, planted, [*single, *others], 1, [0.2, 0.2, 0.2])
    assert slope > 2 * sd > 0
    passive = learn_reaction((0.05, 0.2), N_DRAWS, 1)
    assert passive.draws.mean() == pytest.approx(0, abs=1e-9) and "passive" in passive.reason
    assert learn_reaction((1.0, 0.05), N_DRAWS, 1).draws.mean() > 0.8
    unseen = learn_reaction(None, N_DRAWS, 1)
    assert not unseen.identified
    assert abs(unseen.draws.mean()) < 1e-9 and unseen.draws.std() > 0.3  # the prior's spread, around passive
