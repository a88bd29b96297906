"""The demo bundle: records of a lived history that add up, and a truth to mark the twin by."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from twin.forecast.lived_history import Lived, live_history
from twin.forecast.lived_tables import audit, order_days
from twin.forecast.true_future import own_share_by_year, true_counterfactual, visit_elasticity, weekly_potential
from twin.market.synthetic_settings import SyntheticSettings
from twin.scenario.scenario import Promotion, Scenario, Targeting
from twin.tasks.demo_bundle import SAMPLE, write_demo_bundle, write_sample
from twin.weeks import NEVER, monday

SETTINGS = SyntheticSettings(n_outlets=400, n_territories=4, years=2, outlets_per_rep=100, seed=5)
_SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
_TABLES = ("brands", "reps", "campaigns", "customers", "prospects", "visits", "sales", "market_sales")
_ELECTRONIC = ("phone", "sms", "email", "ivr", "whatsapp", "web")


@pytest.fixture(scope="module")
def lived() -> Lived:
    return live_history(SETTINGS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_demo_bundle(tmp_path_factory.mktemp("demo"), SETTINGS)


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(folder / f"{name}.csv") for name in _TABLES}


def test_the_same_settings_write_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = write_demo_bundle(tmp_path, SETTINGS)
    written = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert len(written) == len(_TABLES) + 3
    assert all((folder / path).read_bytes() == (again / path).read_bytes() for path in written)


def test_the_committed_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    made = write_sample(tmp_path)
    stale = [path.name for path in sorted(made.iterdir()) if path.read_bytes() != (_SAMPLE / path.name).read_bytes()]
    assert not stale, f"python -m twin.tasks.demo_bundle data/sample writes another {', '.join(stale)}"
    assert sum(path.stat().st_size for path in _SAMPLE.iterdir()) < 1_500_000
    assert not (_SAMPLE / "truth").exists()


def test_every_known_customer_is_listed_once_and_every_other_outlet_in_the_register(
    lived: Lived, tables: dict[str, pd.DataFrame], folder: Path
) -> None:
    customers, prospects = tables["customers"]["customer_id"], tables["prospects"]["prospect_id"]
    doubles = json.loads((folder / "truth" / "truth.json").read_text(encoding="utf-8"))["doubles"]
    assert set(customers) == set(lived.ids[lived.known])
    assert set(prospects) - set(doubles) == set(lived.ids[~lived.known])
    assert set(doubles.values()) <= set(customers)
    assert len(doubles) == round(SETTINGS.duplicate_share * len(customers))
    assert len(customers) + len(prospects) - len(doubles) == SETTINGS.n_outlets


def test_a_double_is_not_told_by_its_number(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    doubles = json.loads((folder / "truth" / "truth.json").read_text(encoding="utf-8"))["doubles"]
    prospects = tables["prospects"]["prospect_id"]
    assert prospects.str[2:].astype(int).max() == len(prospects)
    assert np.median([int(prospect[2:]) for prospect in doubles]) < 0.95 * len(prospects)
    assert sum(prospect[2:] == customer[2:] for prospect, customer in doubles.items()) <= 2


def test_about_half_of_the_outlets_end_up_known() -> None:
    # known_share is met on average; the spread over seeds of a world this size is about 0.03
    shares = [live_history(replace(SETTINGS, years=3, seed=seed)).known.mean() for seed in (1, 2)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.07)


def test_sales_are_only_ours_only_to_customers_and_never_before_they_were_known(
    tables: dict[str, pd.DataFrame],
) -> None:
    sales, customers = tables["sales"], tables["customers"].set_index("customer_id")
    assert set(sales["brand"]) == {"Ours"}
    assert sales["customer_id"].isin(customers.index).all()
    since = pd.to_datetime(customers["known_since"])
    assert (pd.to_datetime(sales["date"]) >= since.loc[sales["customer_id"]].to_numpy()).all()
    assert (sales["volume"] > 0).all()
    assert (tables["market_sales"]["volume"] >= 0).all()


def test_known_since_is_the_day_of_the_first_purchase(lived: Lived, tables: dict[str, pd.DataFrame]) -> None:
    first = tables["sales"].groupby("customer_id")["date"].min()
    newcomers = lived.ids[lived.known & ~lived.start_known]
    since = tables["customers"].set_index("customer_id")["known_since"]
    assert len(newcomers) > 5
    assert (since.loc[newcomers] == first.loc[newcomers]).all()


def test_nobody_is_written_to_without_consent(tables: dict[str, pd.DataFrame]) -> None:
    customers = tables["customers"].set_index("customer_id")
    for channel in _ELECTRONIC:
        contacted = tables["visits"].loc[tables["visits"]["channel"] == channel, "customer_id"].unique()
        assert set(contacted) <= set(customers.index)  # a prospect has given no consent
        assert customers.loc[contacted, f"consent_{channel}"].all()
    assert tables["visits"]["channel"].isin(_ELECTRONIC).any()


def test_visits_keep_to_listed_capacity_and_working_hours(tables: dict[str, pd.DataFrame]) -> None:
    visits = tables["visits"][tables["visits"]["channel"] == "visit"]
    when = pd.to_datetime(visits["date"])
    assert (when.dt.day_of_week < 5).all()
    minutes = when.dt.hour * 60 + when.dt.minute
    assert minutes.between(9 * 60, 17 * 60 + 30).all()
    listed = tables["reps"].set_index("rep_id")["visits_per_week"]
    per_week = visits.groupby(["rep_id", when.dt.to_period("W")]).size()
    # fractions of a visit are carried over to the next week
    assert (per_week.to_numpy() <= listed.loc[per_week.index.get_level_values(0)].to_numpy() + 1).all()
    assert not visits.duplicated(["rep_id", "date"]).any()


def test_a_rep_visits_only_while_in_service_and_in_the_own_territory(
    folder: Path, tables: dict[str, pd.DataFrame]
) -> None:
    visits = tables["visits"][tables["visits"]["channel"] == "visit"]
    reps = tables["reps"].set_index("rep_id")
    left = pd.to_datetime(reps["end_date"]).loc[visits["rep_id"]]
    came = pd.to_datetime(reps["start_date"]).loc[visits["rep_id"]]
    when = pd.to_datetime(visits["date"]).dt.normalize().to_numpy()
    assert (left.isna() | (when <= left.to_numpy())).all()
    assert (came.isna() | (when >= came.to_numpy())).all()
    features = json.loads((folder / "bricks.geojson").read_text(encoding="utf-8"))["features"]
    territory = {each["properties"]["brick_id"]: each["properties"]["territory_id"] for each in features}
    ours = tables["customers"].set_index("customer_id")["brick_id"]
    places = pd.concat([ours, tables["prospects"].set_index("prospect_id")["brick_id"]])
    where = places.loc[visits["customer_id"]].map(territory)
    assert (where.to_numpy() == reps["territory_id"].loc[visits["rep_id"]].to_numpy()).all()


def test_audits_add_up_to_what_was_ordered(lived: Lived) -> None:
    days = order_days(lived)
    columns, months = audit(lived, days)
    ordered = lived.orders.amount[(days >= months.start[0]) & (days < months.stop[-1])].sum()
    # thousands of cells with an error of 2 % each: the sum is right within a part in 500
    assert columns["volume"].sum() == pytest.approx(ordered, rel=0.002)
    exact = audit(replace(lived, made=replace(lived.made, settings=replace(SETTINGS, audit_noise=0.0))), days)[0]
    assert not np.array_equal(exact["volume"], columns["volume"])


def test_our_sales_and_our_panel_rows_tell_the_same_story(tables: dict[str, pd.DataFrame]) -> None:
    panel = tables["market_sales"].query("period == 'week' and brand == 'Ours'")
    sales = tables["sales"].copy()
    sales["week"] = pd.to_datetime(sales["date"]).dt.to_period("W").dt.start_time.dt.strftime("%Y-%m-%d")
    weekly = sales.groupby(["customer_id", "week"])["volume"].sum()
    rows = pd.MultiIndex.from_frame(panel[["customer_id", "period_start"]])
    assert len(rows) > 100
    assert np.allclose(weekly.loc[rows], panel["volume"], atol=0.011)


def test_history_fills_the_weeks_before_the_origin(tables: dict[str, pd.DataFrame]) -> None:
    days = pd.to_datetime(tables["sales"]["date"])
    assert days.min().date() == monday(SETTINGS.first_week)
    assert dt.date(2025, 12, 29) <= days.max().date() < SETTINGS.origin_day


def test_those_who_closed_buy_nothing_afterwards_and_are_not_visited() -> None:
    truth = replace(SETTINGS.truth, closes=0.5, loss=0.01)
    lived = live_history(replace(SETTINGS, truth=truth))
    shut = lived.closed[lived.orders.outlet]
    assert (lived.closed < NEVER).sum() > 10
    assert (lived.orders.week <= shut).all()
    assert (lived.contacts.week <= lived.closed[lived.contacts.outlet]).all()
    assert (weekly_potential(lived)[lived.closed < NEVER] == 0).all()


def test_the_market_is_plausible(lived: Lived) -> None:
    assert all(0.12 < share < 0.40 for share in own_share_by_year(lived).values())
    assert 0.1 < visit_elasticity(lived) < 0.35


def test_a_scenario_that_changes_nothing_makes_exactly_no_difference_and_one_for_the_dark_side_does(
    lived: Lived,
) -> None:
    scenarios = [
        Scenario("nothing"),
        Scenario("dark", targeting=Targeting(unknown_share=0.5, unknown_rank="potential")),
        Scenario("push", promotions=(Promotion("Ours", dt.date(2026, 2, 2), 8),)),
    ]
    future = true_counterfactual(SETTINGS, scenarios, n_replicates=2, n_weeks=26, lived=lived)
    assert (future.pct_by_luck[:2] == 0.0).all()
    assert future.own_volume_unknown[2].mean() > 1.3 * future.own_volume_unknown[0].mean()
    assert (future.pct_by_luck[3] > 0.5).all()


def test_the_true_future_is_the_same_whether_history_is_lived_again_or_handed_over(lived: Lived) -> None:
    anew = true_counterfactual(SETTINGS, [], n_replicates=1, n_weeks=4)
    kept = true_counterfactual(SETTINGS, [], n_replicates=1, n_weeks=4, lived=lived)
    assert np.array_equal(anew.own_volume, kept.own_volume)


def test_progress_reaches_its_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    write_demo_bundle(tmp_path, replace(SAMPLE, n_outlets=60, years=1), lambda done, of, what: told.append((done, of)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1]
