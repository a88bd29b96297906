"""Hindsight: --as-of hides whatever came later, and calibrating anew says what moved."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from walking import SAMPLE, twin

from twin.intake.hindsight import tables_as_of
from twin.intake.ingest import read_bundle
from twin.tasks.data.ingest import run_ingest
from twin.tasks.forecasts.published import due, published_forecasts
from twin.tasks.shelf import CALIBRATION, load_twin
from twin.workspace.store import Workspace

DAY = dt.date(2025, 6, 18)
"""In the middle of a week and of a month: half-told periods must go too."""
_DATES = {"sales": "date", "visits": "date", "market_sales": "period_start", "campaigns": "start"}


def poisoned(folder: Path, seed: int) -> Path:
    """The sample with everything after the day changed at random, whichever way a later record can be changed."""
    rng = np.random.default_rng(seed)
    shutil.copytree(SAMPLE, folder)
    for name, column in _DATES.items():
        frame = pd.read_csv(folder / f"{name}.csv")
        later = pd.to_datetime(frame[column]) > pd.Timestamp(DAY)
        if "volume" in frame:
            frame.loc[later, "volume"] = np.round(rng.uniform(0.1, 900.0, later.sum()), 2)
        if "value" in frame:
            frame.loc[later, "value"] = np.round(rng.uniform(1.0, 9000.0, later.sum()), 2)
        for who in ("customer_id", "rep_id", "channel") if name in ("sales", "visits") else ():
            if who in frame:
                frame.loc[later, who] = rng.permutation(frame.loc[later, who].to_numpy())
        keep = ~later | (rng.uniform(size=len(frame)) < 0.5)
        frame[keep].to_csv(folder / f"{name}.csv", index=False)
    _poison_people(folder, rng)
    return folder


def _poison_people(folder: Path, rng: np.random.Generator) -> None:
    """Later newcomers, departures and successors tell other stories."""
    customers = pd.read_csv(folder / "customers.csv")
    since, left = (pd.to_datetime(customers[name]) for name in ("known_since", "left_on"))
    late = since > pd.Timestamp(DAY)
    day = pd.Timestamp(DAY) + pd.to_timedelta(rng.integers(1, 120, len(customers)), unit="D")
    customers.loc[late, "known_since"] = day[late].strftime("%Y-%m-%d")
    for name in [column for column in customers if column.startswith("consent_")]:
        customers.loc[late, name] = rng.uniform(size=late.sum()) < 0.5
    customers.loc[late, "prefers_channel"] = rng.choice(["visit", "phone", "email"], late.sum())
    stays = (left > pd.Timestamp(DAY)).to_numpy()
    customers.loc[stays, ["left_on", "left_reason"]] = None
    customers.loc[stays, "status"] = "active"
    still = (left.isna() & ~late & (customers["status"] == "active")).to_numpy()
    goes = still & (rng.uniform(size=len(customers)) < 0.1)
    customers.loc[goes, "status"] = "lapsed"
    customers.loc[goes, "left_on"] = day[goes].strftime("%Y-%m-%d")
    customers.to_csv(folder / "customers.csv", index=False)
    reps = pd.read_csv(folder / "reps.csv")
    now = pd.to_datetime(reps["end_date"]).isna().to_numpy()
    reps.loc[now, "end_date"] = "2025-11-30"
    successor = reps[now].assign(rep_id="LATER", name="Later", start_date="2025-12-01", end_date=None)
    pd.concat([reps, successor.assign(visits_per_week=3.0).iloc[:1]]).to_csv(folder / "reps.csv", index=False)


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """Calibrations as of the day: of the sample, and of the poisoned one."""
    found = []
    for seed in (None, 1):
        place = tmp_path_factory.mktemp("hindsight")
        bundle = SAMPLE if seed is None else poisoned(place / "bundle", seed)
        run_ingest(place / "w", bundle)
        ran = twin("calibrate", "-w", place / "w", "--draws", 4, "--as-of", DAY, "--mode", "none", "--json")
        assert ran.status == 0, ran.err
        found.append(Workspace.open(place / "w"))
    return found


def test_nothing_that_came_later_changes_a_byte_of_the_calibration(learned):
    heads = [workspace.head(CALIBRATION) for workspace in learned]
    for part in heads[0].parts:
        contents = {workspace.blob(head, part) for workspace, head in zip(learned, heads)}
        assert len(contents) == 1, part


def test_the_poison_is_there(learned):
    sales = [workspace.table(workspace.head("dataset"), "table_sales")["volume"].sum() for workspace in learned]
    assert len(set(sales)) == 2


def test_a_twin_of_the_past_is_laid_out_as_it_was_learned(learned):
    stands = load_twin(learned[0])
    assert len(stands.calibration.potential.mean) == len(stands.world.population)
    assert stands.history.origin == stands.calibration.origin
    assert (stands.history.touches.week < stands.calibration.origin).all()
    assert (stands.world.population.known_since[stands.world.population.known] < stands.calibration.origin).all()


def test_a_bundle_of_monthly_sales_loses_the_month_that_had_not_ended():
    tables = read_bundle(SAMPLE, None).tables
    month = tables["sales"]["date"].dt.to_period("M").dt.start_time
    cut = tables_as_of({**tables, "sales": tables["sales"].assign(date=month)}, DAY)
    assert cut["sales"]["date"].max() == pd.Timestamp("2025-05-01")


def test_who_has_neither_a_date_nor_a_sale_was_not_known(learned):
    tables = read_bundle(SAMPLE, None).tables
    undated = tables["customers"].assign(known_since=pd.NaT)
    cut = tables_as_of({**tables, "customers": undated}, DAY)
    ours = cut["customers"]["status"] != "prospect"
    bought = cut["customers"]["customer_id"].isin(cut["sales"]["customer_id"])
    assert (ours == bought).all()


def test_calibrating_anew_says_what_moved_and_forecasts_keep_what_they_came_from(learned, tmp_path):
    place = shutil.copytree(learned[0].path, tmp_path / "w")
    assert twin("forecast", "-w", place, "--weeks", 4, "--draws", 2, "--replicates", 1).status == 0
    first = Workspace.open(place).head(CALIBRATION).id
    again = twin("calibrate", "-w", place, "--draws", 4, "--mode", "none", "--json").json
    assert again["since"] == first
    assert any("new sales 2025-06 to " in row["reason"] for row in again["moved"])
    workspace = Workspace.open(place)
    [forecast] = published_forecasts(workspace)
    assert forecast.calibration.id == first and not forecast.of_newest_calibration
    assert forecast.result(workspace)["made_from"]["calibration"] == first
    assert [one.version.id for one in due(workspace)] == [forecast.version.id]
    out = tmp_path / "moved.csv"
    assert twin("export", "moved", "-w", place, "--out", out).status == 0
    assert {"parameter", "before", "after", "sds", "reason"} <= set(pd.read_csv(out).columns)
    assert twin("export", "health", "-w", place, "--out", tmp_path / "health.csv").status == 0
    assert pd.read_csv(tmp_path / "health.csv")["verdict"].isin(["pass", "review", "fail", "not made"]).all()
