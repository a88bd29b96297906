"""Tables become the world and the history that they say, and nothing more."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twin.intake.assemble import assemble
from twin.intake.ingest import read_bundle
from twin.weeks import FAR_PAST, NEVER, monday, week_of_date

TODAY = dt.date(2024, 6, 1)
REAL = Path(__file__).parents[4] / "shared" / "bundles"


def built(folder):
    return assemble(read_bundle(folder, today=TODAY).tables)


def week(*day):
    return week_of_date(dt.date(*day))


def test_customers_of_a_territory_stand_together_the_known_first(bundle, good):
    text = good["customers.csv"].replace(
        "7,Yıldız Market,29.02,41.02,B1,active", "8,Yıldız Market,29.02,41.02,B1,prospect"
    )
    sales = good["sales.csv"].replace(",7,", ",007,")
    visits = good["visits.csv"].replace(",7,", ",8,")
    world, _ = built(bundle({"customers.csv": text, "sales.csv": sales, "visits.csv": visits}))
    people = world.population
    assert people.ids.tolist() == ["007", "P1", "8", "NA", "P2"]
    assert people.known.tolist() == [True, False, False, True, False]
    assert people.territory.tolist() == sorted(people.territory)


def test_known_since_is_given_or_the_first_sale_and_never_for_the_unknown(bundle):
    people = built(bundle())[0].population
    assert dict(zip(people.ids, people.known_since, strict=True)) == {
        "007": week(2024, 1, 8), "7": week(2024, 1, 17), "NA": week(2024, 2, 6), "P1": NEVER, "P2": NEVER,
    }  # fmt: skip


def test_who_never_bought_was_always_known_and_the_lapsed_left_after_the_last_sale(bundle, good):
    people = built(bundle({"sales.csv": good["sales.csv"].replace(",7,", ",007,")}))[0].population
    assert people.known_since[people.ids == "7"] == FAR_PAST
    assert people.left[people.ids == "NA"] == week(2024, 2, 6) + 1
    assert people.left[people.ids == "007"] == NEVER


def test_dates_on_any_day_make_weeks_and_firsts_of_months_make_months(bundle, good):
    _, history = built(bundle())
    assert history.own_sales.periods.kind == "week"
    text = "date,customer_id,brand,volume\n2024-01-01,007,Ours,3\n2024-01-01,007,Ours,2\n2024-03-01,7,Ours,1\n"
    _, history = built(bundle({"sales.csv": text}))
    assert history.own_sales.periods.kind == "month"
    assert len(history.own_sales.periods) == 3
    assert history.own_sales.totals(2)[:, 0].tolist() == [5.0, 0.0, 1.0]


def test_the_origin_is_the_week_in_which_the_last_period_ends(bundle):
    text = "date,customer_id,brand,volume\n2024-01-01,007,Ours,3\n2024-04-01,7,Ours,1\n"
    world, history = built(bundle({"sales.csv": text}))
    assert monday(history.origin) == dt.date(2024, 4, 29)  # April ends on the Tuesday of that week
    assert (world.origin, history.first_week) == (history.origin, week(2024, 1, 1))


def test_a_last_week_that_had_not_ended_is_left_out(bundle):
    days = pd.bdate_range("2024-01-01", "2024-03-05")  # ends on a Tuesday
    rows = "".join(f"{day.date()},007,Ours,1\n" for day in days)
    _, history = built(bundle({"sales.csv": "date,customer_id,brand,volume\n" + rows, "market_sales.csv": None}))
    assert monday(history.origin) == dt.date(2024, 3, 4)
    assert history.own_sales.volume.tolist() == [5.0] * 9


def test_our_brands_come_first_and_the_price_is_what_was_paid(bundle):
    brands = "brand,owner\nRival A,Rival\nOurs,us\nOurs 2,US\n"
    sales = "date,customer_id,brand,volume,value\n2024-01-08,007,Ours 2,4,10\n2024-01-08,007,Ours 2,1,\n"
    world, _ = built(bundle({"brands.csv": brands, "sales.csv": sales}))
    assert world.brands.names.tolist() == ["Ours", "Ours 2", "Rival A"]
    np.testing.assert_array_equal(world.brands.unit_price, [np.nan, 2.5, np.nan])


def test_unobserved_rivals_are_one_implicit_brand(bundle):
    world, history = built(bundle({"market_sales.csv": None}))
    assert world.brands.owners.tolist() == ["us", "Rival", "unobserved"]
    assert len(history.audit) == len(history.panel) == len(history.panel_members) == 0
    assert built(bundle())[0].brands.owners.tolist() == ["us", "Rival"]


def test_market_rows_go_to_audit_or_panel_and_keep_their_volume(bundle):
    world, history = built(bundle())
    assert history.audit.totals(2).tolist() == [[9.0, 20.0], [5.0, 0.0]]
    assert world.population.ids[history.panel_members].tolist() == ["P1"]
    assert history.panel.volume.tolist() == [7.0]


def test_weeks_among_months_are_summed_into_the_month_of_their_middle(bundle, good):
    text = good["market_sales.csv"] + "2024-01-29,week,B1,,Ours,4\n"  # its Thursday is 1 February
    _, history = built(bundle({"market_sales.csv": text}))
    assert history.audit.totals(2)[:, 0].tolist() == [9.0, 9.0]


def test_a_sale_without_volume_is_no_entry(bundle, good):
    _, history = built(bundle({"sales.csv": good["sales.csv"].replace(",4\n", ",0\n")}))
    assert history.own_sales.volume.min() > 0


def test_an_empty_consent_is_none_except_for_visits_and_no_column_leaves_it_to_history(bundle):
    text = "customer_id,consent_email,consent_visit\n007,yes,no\n7,,\nNA,no,yes\n"
    world, _ = built(bundle({"customers.csv": text}))
    email, visit, sms = (world.population.consent[world.channels.index(name)] for name in ("email", "visit", "sms"))
    assert email.tolist() == [True, False, False, False, False]
    assert visit.tolist() == [False, True, True, True, True]
    assert sms.all()


def test_customers_are_placed_by_polygon_when_they_name_no_brick(bundle):
    def ring(w, s, e, n):
        corners = f"[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]"
        return f'"{{""type"":""Polygon"",""coordinates"":[[{corners}]]}}"'

    bricks = f"brick_id,territory_id,geometry\nB1,T1,{ring(28, 40, 30, 42)}\nB2,T2,{ring(32, 39, 34, 41)}\n"
    customers = "customer_id,lon,lat\n007,29,41\n7,33,40\nNA,34.01,40\n8,35.9,38\n9,,\n"
    world, _ = built(bundle({"bricks.csv": bricks, "customers.csv": customers, "prospects.csv": None,
                             "visits.csv": None, "market_sales.csv": None}))  # fmt: skip
    assert world.population.brick.tolist() == [0, 1, 1, -1, -1]
    assert world.territories[world.population.territory].tolist() == ["T1", "T2", "T2", "unplaced", "unplaced"]


def test_with_centres_alone_the_nearest_brick_counts(bundle, good):
    text = good["customers.csv"].replace(",B1,", ",,").replace(",B2,", ",,")
    people = built(bundle({"customers.csv": text}))[0].population
    assert dict(zip(people.ids, people.brick)) == {"007": 0, "7": 0, "NA": 1, "P1": 0, "P2": 1}


def test_without_bricks_and_reps_there_is_one_territory(bundle):
    world, history = built(bundle({"bricks.csv": None, "reps.csv": None}))
    assert world.territories.tolist() == ["all"]
    assert world.bricks.ids.tolist() == ["B1", "B2"]  # the audit's bricks remain units of observation
    assert history.audit.volume.sum() == 34.0
    assert (world.reps.listed, world.reps.ids.tolist()) == (False, ["unlisted-all"])


def test_without_bricks_the_rep_who_visits_tells_the_territory(bundle, good):
    customers = good["customers.csv"].replace(",B1,", ",,").replace(",B2,", ",,")
    only = ("brands.csv", "sales.csv", "reps.csv")
    visits = "date,rep_id,customer_id,channel\n" + "".join(
        f"2024-01-09,{rep},007,visit\n" for rep in ("R2", "R2", "R1")
    )
    world, _ = built(bundle({"customers.csv": customers, "visits.csv": visits}, only))
    assert world.territories[world.population.territory].tolist() == ["T2", "unplaced", "unplaced"]


def test_unlisted_reps_carry_the_pace_of_the_last_year(bundle):
    visits = "date,customer_id,channel\n" + "".join(
        f"2024-0{month}-1{day},007,visit\n" for month in (1, 2, 3) for day in range(5)
    )
    world, history = built(bundle({"reps.csv": None, "visits.csv": visits}))
    recorded = history.origin - history.touches.week.min()
    assert world.reps.visits_per_week.tolist() == [len(history.touches) / recorded]
    assert world.territories[world.reps.territory].tolist() == ["T1"]
    assert (history.touches.rep == 0).all()


def test_without_visits_and_reps_nobody_is_invented(bundle):
    world, history = built(bundle({"reps.csv": None, "visits.csv": None}))
    assert (len(world.reps), world.reps.listed, len(history.touches)) == (0, False, 0)


def test_contacts_keep_channel_rep_and_week_and_end_at_the_origin(bundle, good):
    visits = good["visits.csv"] + "2024-05-30,R1,007,visit\n"
    world, history = built(bundle({"visits.csv": visits}))
    touches = history.touches
    assert world.population.ids[touches.customer].tolist() == ["007", "P1", "7"]
    assert [world.channels[h] for h in touches.channel] == ["visit", "visit", "email"]
    assert touches.rep.tolist() == [0, 0, -1]
    assert touches.week.tolist() == [week(2024, 1, 9), week(2024, 2, 1), week(2024, 2, 2)]


def test_campaigns_cover_the_weeks_that_they_touch(bundle):
    (campaign,) = built(bundle())[1].campaigns
    assert (campaign.brand, campaign.start, campaign.stop) == (1, week(2024, 2, 5), week(2024, 2, 18) + 1)
    assert campaign.strength == 1.0


def test_attributes_are_numbers_flags_or_categories_and_free_text_is_left_out(bundle):
    rows = "".join(
        f"{i},{i % 3},{'E' if i % 2 else 'H'},kind {i % 4},street {i},B1,20{10 + i % 9}-01-01\n" for i in range(120)
    )
    text = "customer_id,size,vip,kind,address,brick_id,opened\n" + rows
    world, _ = built(bundle({"customers.csv": text, "sales.csv": "date,customer_id,brand,volume\n2024-01-09,7,Ours,1\n",
                             "visits.csv": None, "prospects.csv": None, "market_sales.csv": None}))  # fmt: skip
    attributes = world.population.attributes
    assert {name: values.dtype.kind for name, values in attributes.items()} == {
        "size": "f", "vip": "b", "kind": "O", "opened": "f", "brick_income": "f",
    }  # fmt: skip
    assert attributes["opened"][0] == pytest.approx(2010.0, abs=0.01)
    assert (attributes["brick_income"] == 5.0).all()


def test_row_order_changes_nothing_but_the_order(bundle, good):
    head, *rows = good["sales.csv"].splitlines()
    _, before = built(bundle())
    _, after = built(bundle({"sales.csv": "\n".join([head, *rows[::-1]])}))
    for name in ("unit", "period", "brand", "volume"):
        np.testing.assert_array_equal(getattr(before.own_sales, name), getattr(after.own_sales, name))


@pytest.mark.skipif(not (REAL / "iowa_west").is_dir(), reason="the real bundle is not on this machine")
def test_the_spirits_bundle_keeps_its_volume_and_its_half_unknown_market():
    bundle = read_bundle(REAL / "iowa_west")
    world, history = assemble(bundle.tables)
    linked = (bundle.links["decision"] == "linked").sum()
    assert world.population.known.sum() == 638
    assert len(world.population) == 638 + 506 - linked
    assert linked < 0.05 * 506
    observed = history.audit.volume.sum() + history.panel.volume.sum()
    assert observed == pytest.approx(bundle.tables["market_sales"]["volume"].sum())
    assert history.own_sales.volume.sum() == pytest.approx(bundle.tables["sales"]["volume"].sum())
    assert (world.reps.listed, len(world.territories), world.brands.n_own) == (True, 8, 1)
    assert monday(history.origin) == dt.date(2020, 12, 28)


@pytest.mark.skipif(not (REAL / "detailing").is_dir(), reason="the real bundle is not on this machine")
def test_the_detailing_bundle_has_visits_and_no_place():
    world, history = assemble(read_bundle(REAL / "detailing").tables)
    assert (len(world.population), world.territories.tolist(), len(world.bricks)) == (1000, ["all"], 0)
    assert not world.population.placed.any()
    assert (history.own_sales.periods.kind, len(history.own_sales.periods)) == ("month", 17)
    assert history.own_sales.volume.sum() == 87_439
    assert not world.reps.listed


def test_whom_the_register_lists_is_kept_with_its_certainty():
    tables = {
        "customers": pd.DataFrame({"customer_id": ["a", "b", "c"], "brick_id": None}),
        "prospects": pd.DataFrame({"prospect_id": ["p"], "brick_id": None}),
        "brands": pd.DataFrame({"brand": ["Ours"], "owner": ["us"]}),
        "sales": pd.DataFrame({
            "date": pd.to_datetime(["2024-01-01"]), "customer_id": ["a"], "brand": ["Ours"], "volume": [1.0],
        }),
    }  # fmt: skip
    links = pd.DataFrame({
        "prospect_id": ["q", "r"], "customer_id": ["a", "b"], "score": [100.0, 80.0], "decision": ["same id", "review"],
    })  # fmt: skip
    world, _ = assemble(tables, links)
    listed = dict(zip(world.population.ids.tolist(), world.population.on_register.tolist()))
    assert listed["a"] == 1.0 and listed["p"] == 1.0 and listed["c"] == 0.0
    assert 0.5 < listed["b"] < 1.0
    assert assemble({name: tables[name] for name in ("customers", "brands", "sales")})[0].population.on_register is None
