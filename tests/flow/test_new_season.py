"""A second season: later data are added to what stands, shown before they are published, and can be taken back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from season_worlds import cut, edited, rows_of, write_rows
from walking import SAMPLE, Ran, marks, twin, write_tables

from twin.tasks.data.versions import TABLE
from twin.tasks.shelf import DATASET, load_dataset
from twin.workspace import codec
from twin.workspace.store import Workspace

DAY = "2025-06-02"


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return cut(SAMPLE, tmp_path_factory.mktemp("halves"), DAY)


@pytest.fixture(scope="module")
def _first(halves: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("first") / "workspace"
    assert twin("ingest", halves[0], "-w", workspace).status == 0
    return workspace


@pytest.fixture
def first(_first: Path, tmp_path: Path) -> Path:
    """A workspace that holds the first season."""
    return Path(shutil.copytree(_first, tmp_path / "workspace"))


@pytest.fixture
def late(halves: tuple[Path, Path], tmp_path: Path) -> Path:
    """The second season's folder, to be spoilt."""
    return Path(shutil.copytree(halves[1], tmp_path / "late"))


def ingest(workspace: Path, folder: Path, *more: str) -> dict[str, Any]:
    return twin("ingest", folder, "-w", workspace, "--json", *more).json


def head(workspace: Path) -> str:
    version = Workspace.open(workspace, create=False).head(DATASET)
    assert version is not None
    return version.id


def tables(workspace: Path) -> dict[str, pd.DataFrame]:
    store = Workspace.open(workspace, create=False)
    version = store.head(DATASET)
    assert version is not None
    names = [name for name in version.parts if name.startswith(TABLE)]
    return {name.removeprefix(TABLE): store.table(version, name) for name in names}


def same_market(one: Path, other: Path) -> None:
    """Both workspaces hold the same world and history, to the last bit."""
    markets = []
    for path in (one, other):
        world, history, _ = load_dataset(Workspace.open(path, create=False))
        markets.append(codec.encode((world, history)))
    assert markets[0] == markets[1]


def sold(workspace: Path, **where: str) -> float:
    rows = tables(workspace)["sales"]
    for name, value in where.items():
        rows = rows[rows[name].astype(str) == value]
    return float(rows["volume"].sum())


def test_a_later_season_is_added_without_being_told_and_equals_the_whole(
    first: Path, halves: tuple[Path, Path], tmp_path: Path
) -> None:
    stood = head(first)
    said = ingest(first, halves[1])
    assert (said["how"], said["since"], said["published"]) == ("add", stood, True)
    assert twin("ingest", SAMPLE, "-w", tmp_path / "whole").status == 0
    same_market(first, tmp_path / "whole")
    assert Workspace.open(first).version(said["dataset"]).parents == (stood,)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "day"), [("iowa_west", "2023-01-01"), ("detailing", "2004-07-01")])
def test_a_real_bundle_in_two_seasons_equals_the_whole(
    name: str, day: str, shared_bundle: Callable[[str], Path], tmp_path: Path
) -> None:
    bundle = shared_bundle(name)
    _, rows = rows_of(bundle / "sales.csv")
    days = sorted(row["date"] for row in rows)
    day = days[2 * len(days) // 3][:7] + "-01"
    early, late = cut(bundle, tmp_path, day)
    ingest(tmp_path / "two", early)
    assert ingest(tmp_path / "two", late)["how"] == "add"
    ingest(tmp_path / "one", bundle)
    same_market(tmp_path / "two", tmp_path / "one")


def test_the_same_season_twice_changes_nothing(first: Path, late: Path) -> None:
    ingest(first, late)
    before = tables(first)
    again = ingest(first, late, "--add")
    assert (again["change"]["months"], again["change"]["slips"]) == ([], [])
    for name, frame in tables(first).items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_a_late_correction_takes_the_place_of_the_row_that_it_corrects(first: Path, tmp_path: Path) -> None:
    header, rows = rows_of(SAMPLE / "sales.csv")
    row = next(row for row in rows if row["date"] < DAY)
    was = sold(first)
    fixed = {**row, "volume": str(float(row["volume"]) + 100.0)}
    write_rows(tmp_path / "fix" / "sales.csv", header, [fixed])
    said = ingest(first, tmp_path / "fix", "--add")
    assert sold(first) == pytest.approx(was + 100.0)
    assert len(tables(first)["sales"]) == said["rows"]["sales"]
    (month,) = [one for one in said["change"]["months"] if one["table"] == "sales"]
    assert month["month"] == row["date"][:7] and month["brand"] == row["brand"]
    assert month["volume_after"] - month["volume_before"] == pytest.approx(100.0)
    assert month["rows_after"] == month["rows_before"]


def test_a_restated_month_loses_the_rows_that_it_no_longer_has(first: Path, tmp_path: Path) -> None:
    header, rows = rows_of(SAMPLE / "sales.csv")
    month = [row for row in rows if row["date"].startswith("2025-03")]
    write_rows(tmp_path / "again" / "sales.csv", header, month[: len(month) - len(month) // 10])
    ingest(first, tmp_path / "again", "--add")
    kept = len(tables(first)["sales"])
    said = ingest(first, tmp_path / "again", "--add", "--restate")
    assert said["rows"]["sales"] == kept - len(month) // 10


def test_new_and_closed_customers_are_told(first: Path, late: Path) -> None:
    _, rows = rows_of(late / "customers.csv")
    known = set(tables(first)["customers"]["customer_id"])
    closed = next(row for row in rows if row["customer_id"] in known and not row.get("left_on"))

    def close(row: dict[str, str]) -> dict[str, str]:
        return {**row, "left_on": "2025-12-01"} if row["customer_id"] == closed["customer_id"] else row

    edited(late / "customers.csv", close)
    change = ingest(first, late)["change"]
    (ids,) = [one for one in change["ids"] if one["table"] == "customers"]
    assert ids["appeared"] == len({row["customer_id"] for row in rows} - known) and ids["vanished"] == 0
    assert change["closed"] >= 1
    now = tables(first)["customers"].set_index("customer_id")
    assert str(now.loc[closed["customer_id"], "left_on"])[:10] == "2025-12-01"


def test_a_dry_run_shows_the_change_and_leaves_every_byte(first: Path, late: Path) -> None:
    before = marks(first)
    said = twin("ingest", late, "-w", first, "--dry-run", "--json")
    assert said.status == 0 and marks(first) == before
    assert (said.json["dataset"], said.json["published"]) == ("", False)
    assert any(row["table"] == "sales" and row["after"] > row["before"] for row in said.json["change"]["rows"])
    spoken = twin("ingest", late, "-w", first, "--dry-run")
    assert "Dry run, nothing published" in spoken.out and "Added to dataset-" in spoken.out


def test_a_dry_run_makes_no_workspace(tmp_path: Path) -> None:
    said = twin("ingest", SAMPLE, "-w", tmp_path / "none", "--dry-run", "--json")
    assert said.json["how"] == "first" and said.json["change"] is None
    assert not (tmp_path / "none").exists()


def spoilt(folder: Path, what: str) -> None:
    """A whole history with a slip in it."""
    if what == "customers gone":
        _, rows = rows_of(folder / "customers.csv")
        gone = {row["customer_id"] for row in rows[::3]}
        for name in ("customers", "sales", "visits", "market_sales"):
            edited(folder / f"{name}.csv", lambda row: None if row["customer_id"] in gone else row)
    elif what == "a month gone":
        edited(folder / "sales.csv", lambda row: None if row["date"].startswith("2024-09") else row)
    elif what == "in thousands":
        edited(folder / "sales.csv", lambda row: {**row, "volume": str(float(row["volume"]) / 1000)})
    elif what == "twice":
        header, rows = rows_of(folder / "sales.csv")
        write_rows(folder / "sales.csv", header, rows + rows)


@pytest.mark.parametrize(
    ("what", "where"),
    [("customers gone", "customers"), ("a month gone", "sales"), ("in thousands", "sales"), ("twice", "sales")],
)
def test_what_looks_like_a_slip_is_refused_unless_accepted(what: str, where: str, tmp_path: Path) -> None:
    workspace, folder = tmp_path / "w", Path(shutil.copytree(SAMPLE, tmp_path / "again"))
    ingest(workspace, SAMPLE)
    before = marks(workspace)
    spoilt(folder, what)
    refused = twin("ingest", folder, "-w", workspace)
    assert refused.status == 1 and marks(workspace) == before
    assert f"{where}: expected" in refused.err and "--accept" in refused.err and "Traceback" not in refused.err
    assert twin("ingest", folder, "-w", workspace, "--dry-run").status == 0
    accepted = ingest(workspace, folder, "--accept")
    assert accepted["published"] and accepted["change"]["slips"]


def test_a_whole_history_takes_the_place_of_what_stands(first: Path) -> None:
    said = ingest(first, SAMPLE)
    assert said["how"] == "replace" and Workspace.open(first).version(said["dataset"]).parents == ()


def test_a_folder_of_sales_alone_is_enough_to_add(first: Path, late: Path) -> None:
    known = set(tables(first)["customers"]["customer_id"])
    edited(late / "sales.csv", lambda row: row if row["customer_id"] in known else None)
    for path in late.iterdir():
        if path.name != "sales.csv":
            path.unlink()
    said = ingest(first, late)
    assert said["how"] == "add" and said["rows"]["customers"] == len(tables(first)["customers"])


def test_a_missing_table_of_a_whole_history_is_still_an_error(first: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "lacking"))
    (folder / "customers.csv").unlink()
    before = marks(first)
    ran = twin("ingest", folder, "-w", first)
    assert ran.status == 1 and "the table customers" in ran.err and marks(first) == before


def wrong(first: Path, late: Path, name: str, **cells: str) -> Ran:
    done = []

    def change(row: dict[str, str]) -> dict[str, str]:
        if not done and all(key in row for key in cells):
            done.append(row)
            return {**row, **cells}
        return row

    edited(late / f"{name}.csv", change)
    before = marks(first)
    ran = twin("ingest", late, "-w", first)
    assert ran.status == 1 and marks(first) == before and "Traceback" not in ran.err
    return ran


def test_a_fault_of_the_new_rows_is_named_with_its_own_line(first: Path, late: Path) -> None:
    assert "sales.csv, row 2, customer_id: expected an id of customers, found 'Nobody'" in (
        wrong(first, late, "sales", customer_id="Nobody").err
    )


def test_days_are_not_added_to_months(tmp_path: Path) -> None:
    months = [f"2024-{month:02d}-01" for month in range(1, 13)]
    lists = {"customers": "customer_id\nK1\nK2\n", "brands": "brand,owner\nOurs,us\n"}
    sales = "date,customer_id,brand,volume\n"
    early = write_tables(
        tmp_path / "early", lists | {"sales": sales + "".join(f"{day},K{k},Ours,5\n" for day in months for k in (1, 2))}
    )
    late = write_tables(tmp_path / "late", lists | {"sales": sales + "2025-01-07,K1,Ours,5\n2025-01-08,K2,Ours,4\n"})
    ingest(tmp_path / "w", early)
    ran = twin("ingest", late, "-w", tmp_path / "w")
    assert ran.status == 1 and "sales.csv, row 2, date: expected the first day of a month" in ran.err


def test_nothing_stands_that_could_be_added_to(tmp_path: Path) -> None:
    ran = twin("ingest", SAMPLE, "-w", tmp_path / "w", "--add")
    assert ran.status == 1 and "--add" in ran.err and not (tmp_path / "w").exists()


def test_an_older_version_can_be_the_newest_again(first: Path, late: Path) -> None:
    stood = head(first)
    made = ingest(first, late)["dataset"]
    listed = twin("versions", "-w", first, "--json").json["versions"]
    assert [(one["id"], one["head"]) for one in listed] == [(made, True), (stood, False)]
    change = twin("versions", "diff", stood, "-w", first, "--json").json
    assert change["after"] == made and change["change"]["months"]
    assert twin("versions", "restore", stood, "-w", first).status == 0
    assert head(first) == stood
    missing = twin("versions", "restore", "dataset-000000000000", "-w", first)
    assert missing.status == 1 and "expected a version" in missing.err and head(first) == stood


def test_a_persons_verdict_on_a_link_carries_on(tmp_path: Path) -> None:
    store = Workspace.open(tmp_path / "w")
    del store
    early, late = cut(SAMPLE, tmp_path / "halves", DAY)
    ingest(tmp_path / "probe", early)
    links = Workspace.open(tmp_path / "probe").table(Workspace.open(tmp_path / "probe").head(DATASET), "links")
    linked = links[links["decision"] == "linked"].iloc[0]
    verdict = {"prospect_id": linked["prospect_id"], "customer_id": linked["customer_id"], "decision": "apart"}
    write_rows(early / "links.csv", list(verdict), [verdict])
    ingest(tmp_path / "w", early)
    ingest(tmp_path / "w", late)
    again = Workspace.open(tmp_path / "w").table(Workspace.open(tmp_path / "w").head(DATASET), "links")
    pair = again[(again["prospect_id"] == linked["prospect_id"]) & (again["customer_id"] == linked["customer_id"])]
    assert not (pair["decision"] == "linked").any()
    assert linked["prospect_id"] in set(tables(tmp_path / "w")["prospects"]["prospect_id"])


def test_figures_of_the_change_add_up(first: Path, late: Path) -> None:
    was, said = sold(first), ingest(first, late)
    months = [one for one in said["change"]["months"] if one["table"] == "sales"]
    risen = sum((one["volume_after"] or 0.0) - (one["volume_before"] or 0.0) for one in months)
    assert np.isclose(sold(first) - was, risen)
