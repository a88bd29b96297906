"""Personal data: who may be contacted, what may be shown, and a person taken out of everything that is kept."""

from __future__ import annotations

import hashlib
import hmac
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from season_worlds import rows_of, write_rows
from walking import SAMPLE, SCENARIOS, marks, twin

from twin.errors import WorkspaceError
from twin.intake.erasure import is_number, numbers
from twin.tasks import results
from twin.tasks.data.versions import contents_of
from twin.tasks.privacy import handed_out
from twin.tasks.privacy.consent import still_agreed
from twin.tasks.privacy.pseudonyms import SALT, salt_of
from twin.tasks.privacy.shared_tables import ALL, LEAST, hidden, shared, small_cells
from twin.tasks.service import jobs
from twin.tasks.shelf import DATASET, PLAN, load_dataset
from twin.workspace.store import Workspace
from twin.workspace.traces import Traces, count_in_file

SCENARIO = SCENARIOS / "light_the_dark_side.toml"
CLERK = {"customer_id": "C-000001", "channel": "visit", "state": "no", "from": "2026-01-10", "source": "a call"}


@pytest.fixture(scope="module")
def _planned(standing: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = Path(shutil.copytree(standing.workspace, tmp_path_factory.mktemp("planned") / "workspace"))
    made = twin("plan", SCENARIO, "-w", workspace, "--weeks", 2, "--out", workspace / "handed", "--json")
    assert made.status == 0, made.err
    return workspace


@pytest.fixture
def planned(_planned: Path, tmp_path: Path) -> Path:
    """A calibrated workspace with a plan, and with files of it inside."""
    return Path(shutil.copytree(_planned, tmp_path / "workspace"))


def plan_of(workspace: Path) -> pd.DataFrame:
    store = Workspace.open(workspace, create=False)
    version = store.head(PLAN)
    assert version is not None
    return store.table(version, "plan")


def with_consents(tmp_path: Path, *rows: dict[str, str]) -> Path:
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "consents"))
    write_rows(folder / "consents.csv", list(CLERK), list(rows))
    return folder


# --- consent ------------------------------------------------------------------------------------------------------


def test_whoever_withdraws_after_the_plan_is_neither_handed_out_nor_planned_again(
    planned: Path, tmp_path: Path
) -> None:
    before = plan_of(planned)
    person = before.loc[before["kind"] == "visit", "customer_id"].iloc[0]
    folder = with_consents(tmp_path, {**CLERK, "customer_id": person})
    assert twin("ingest", folder, "-w", planned, "--accept").status == 0
    said = twin("export", "plan", "-w", planned, "--out", tmp_path / "plan.csv", "--json").json
    assert person not in set(pd.read_csv(tmp_path / "plan.csv")["customer_id"])
    assert {row["customer_id"] for row in said["withdrawn"]} == {person}
    assert said["rows"] == len(before) - (before["customer_id"] == person).sum()
    _, content = results.plan_file(planned, Workspace.open(planned).head(PLAN).id, "csv")
    assert person.encode() not in content
    again = twin("plan", SCENARIO, "-w", planned, "--weeks", 2, "--json")
    assert again.status == 0 and person not in set(plan_of(planned)["customer_id"])


def test_a_consent_that_begins_after_the_contact_does_not_allow_it(tmp_path: Path) -> None:
    folder = with_consents(tmp_path, {**CLERK, "channel": "ivr", "state": "yes"})
    header, rows = rows_of(folder / "customers.csv")
    header.remove("consent_ivr")
    write_rows(folder / "customers.csv", header, [{name: row[name] for name in header} for row in rows])
    assert twin("ingest", folder, "-w", tmp_path / "w").status == 0
    contacts = pd.DataFrame({"customer_id": ["C-000001", "C-000001", "C-000002"], "channel": "ivr",
                             "date": pd.to_datetime(["2026-01-09", "2026-01-12", "2026-01-12"])})  # fmt: skip
    kept, gone = still_agreed(Workspace.open(tmp_path / "w"), contacts)
    assert (kept.index.tolist(), gone.index.tolist()) == ([1], [0, 2])


def test_dated_words_and_flags_are_both_heeded(tmp_path: Path) -> None:
    _, rows = rows_of(SAMPLE / "customers.csv")
    agreed = next(row["customer_id"] for row in rows if row["consent_email"] == "true")
    refused = next(row["customer_id"] for row in rows if row["consent_email"] == "false")
    events = [
        {**CLERK, "customer_id": agreed, "channel": "email", "state": "no", "from": "2025-05-01"},
        {**CLERK, "customer_id": refused, "channel": "email", "state": "yes", "from": "2025-05-01"},
    ]
    assert twin("ingest", with_consents(tmp_path, *events), "-w", tmp_path / "w").status == 0
    world, _, _ = load_dataset(Workspace.open(tmp_path / "w"))
    email = dict(
        zip(world.population.ids.tolist(), world.population.consent[list(world.channels).index("email")], strict=True)
    )
    assert not email[agreed] and not email[refused]
    rows = twin("privacy", "consents", "-w", tmp_path / "w", "--json").json["rows"]
    assert {row["channel"] for row in rows} >= {"visit", "email"}


def test_a_consent_of_tomorrow_is_left_aside_and_said(tmp_path: Path) -> None:
    late = {**CLERK, "channel": "email", "state": "yes", "from": "2999-01-01"}
    said = twin("ingest", with_consents(tmp_path, late), "-w", tmp_path / "w", "--json").json
    assert any("consents.csv, row 2, from" in warning and "2999-01-01" in warning for warning in said["warnings"])


# --- erasure ------------------------------------------------------------------------------------------------------


def known_of(workspace: Path, person: str) -> tuple[Traces, dict[str, Any]]:
    """Whatever the tables say of a linked customer, gathered by the test itself."""
    store = Workspace.open(workspace, create=False)
    tables = contents_of(store, store.head(DATASET))
    links = store.table(store.head(DATASET), "links")
    linked = links[(links["customer_id"] == person) & (links["decision"] == "linked")]
    ids = [person, *linked["prospect_id"]]
    row = tables["customers"].set_index("customer_id").loc[person]
    words = {row["name"], *linked["name_prospect"], *linked["name_customer"]}
    figures = tuple(repr(float(row[axis])) for axis in ("lon", "lat"))
    return Traces(dict.fromkeys(ids, "-"), tuple(sorted(words)), figures), dict(row)


def linked_person(workspace: Path) -> str:
    store = Workspace.open(workspace, create=False)
    links = store.table(store.head(DATASET), "links")
    plan = set(plan_of(workspace)["customer_id"])
    linked = links.loc[links["decision"] == "linked", "customer_id"]
    return next((one for one in linked if one in plan), linked.iloc[0])


def found(workspace: Path, traces: Traces) -> dict[str, int]:
    """Files that tell of a person, unpacked."""
    hits = {path.name: count_in_file(path, traces) for path in workspace.rglob("*") if path.is_file()}
    return {name: count for name, count in hits.items() if count}


def month_totals(workspace: Path) -> pd.Series:
    store = Workspace.open(workspace, create=False)
    sales = store.table(store.head(DATASET), "table_sales")
    return sales.groupby([sales["date"].dt.to_period("M"), "brand"])["volume"].sum()


def everywhere(workspace: Path, person: str) -> None:
    """The person's name in places where it may come to lie."""
    name = known_of(workspace, person)[1]["name"]
    for folder in ("jobs/20260101T000000-abcdef", "uploads/20260101T000000-abcdef", "scenarios", "copies"):
        (workspace / folder).mkdir(parents=True)
    (workspace / "jobs/20260101T000000-abcdef/stderr").write_text(f"customer '{person}' {name} is at fault\n")
    shutil.copy(SAMPLE / "customers.csv", workspace / "uploads/20260101T000000-abcdef/customers.csv")
    listed = f'name = "List"\n[[targeting.frequency]]\nwhere = "customer_id in (\'{person}\')"\n'
    (workspace / "scenarios/list.toml").write_text(listed + "visits_per_month = 2.0\n")
    (workspace / "copies/day.pdf").write_bytes(b"%PDF- nobody can look into this")
    (workspace / "copies/market.md").write_text(f"Seen today: {name}.")
    twin("export", "potential", "-w", workspace, "--out", workspace / "copies" / "potential.xlsx")


def test_an_erased_person_is_nowhere_in_the_workspace_and_every_sum_stands(planned: Path) -> None:
    person = linked_person(planned)
    everywhere(planned, person)
    traces, _ = known_of(planned, person)
    assert len(traces.ids) > 1 and len(found(planned, traces)) > 8
    forecast = ("forecast", "-w", planned, "--weeks", 6, "--draws", 2, "--replicates", 1, "--json")
    before, totals = twin(*forecast).json, month_totals(planned)
    ids = [version.id for version in Workspace.open(planned).everything()]
    said = twin("erase", person, "-w", planned, "--json").json
    assert found(planned, traces) == {} and said["found_again"] == 0
    assert said["people"] == len(traces.ids) and all(is_number(one) for one in said["numbers"])
    store = Workspace.open(planned)
    assert store.verify() == []
    assert [version.id for version in store.everything()][: len(ids)] == ids
    pd.testing.assert_series_equal(month_totals(planned), totals)
    after = twin(*forecast).json
    assert after["scenarios"][0]["totals"] == before["scenarios"][0]["totals"]
    assert not (planned / "copies/day.pdf").exists() and (planned / "scenarios/list.toml").exists()
    assert "erased-" in (planned / "scenarios/list.toml").read_text()
    log = twin("privacy", "erasures", "-w", planned, "--json").json["rows"]
    assert log[0]["numbers"] == said["numbers"] and person not in str(log)
    again = twin("erase", person, "-w", planned, "--json").json
    assert again["people"] == 0 and again["found_again"] == 0


def test_words_of_versions_do_not_name_an_erased_person(planned: Path) -> None:
    person = linked_person(planned)
    store = Workspace.open(planned)
    store.publish("remark", {}, {"about": person, "said": f"{person} was asked"}, label=f"of {person}")
    assert twin("erase", person, "-w", planned).status == 0
    (version,) = store.versions("remark")
    assert person not in f"{version.label} {version.meta}" and "erased-" in version.meta["about"]
    assert person.encode() not in (planned / "catalogue.sqlite").read_bytes()


def test_nobody_who_was_erased_is_planned_or_handed_out(planned: Path, tmp_path: Path) -> None:
    plan = plan_of(planned)
    person = plan.loc[plan["kind"] == "visit", "customer_id"].iloc[0]
    assert twin("erase", person, "-w", planned).status == 0
    (number,) = numbers([person])
    assert number in set(plan_of(planned)["customer_id"])
    twin("export", "plan", "-w", planned, "--out", tmp_path / "plan.csv")
    assert number not in set(pd.read_csv(tmp_path / "plan.csv")["customer_id"])
    assert twin("plan", SCENARIO, "-w", planned, "--weeks", 1).status == 0
    assert number not in set(plan_of(planned)["customer_id"])


@pytest.mark.parametrize("step", ["swap", "garbage"])
def test_an_erasure_that_is_interrupted_is_finished_by_the_same_command(
    step: str, planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = linked_person(planned)
    everywhere(planned, person)
    traces, _ = known_of(planned, person)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Workspace, step, interrupted)
        assert twin("erase", person, "-w", planned).status == 130
    assert Workspace.open(planned).verify() == []
    assert twin("erase", person, "-w", planned).status == 0
    assert found(planned, traces) == {}


def test_an_erased_person_who_comes_again_stays_nameless(planned: Path) -> None:
    person = linked_person(planned)
    traces, _ = known_of(planned, person)
    totals = month_totals(planned)
    assert twin("erase", person, "-w", planned).status == 0
    said = twin("ingest", SAMPLE, "-w", planned, "--accept", "--json").json
    assert any("a person who was erased from this workspace" in warning for warning in said["warnings"])
    pd.testing.assert_series_equal(month_totals(planned), totals)
    assert {name for name in found(planned, traces) if name.endswith("parquet")} == set()
    world, _, _ = load_dataset(Workspace.open(planned))
    row = list(world.population.ids).index(numbers([person])[0])
    assert not world.population.consent[:, row].any() and world.population.names[row] == ""


def test_an_unknown_person_is_said_and_nothing_changes(planned: Path) -> None:
    before = marks(planned)
    ran = twin("erase", "Nobody", "-w", planned)
    assert ran.status == 1 and "'Nobody'" in ran.err and marks(planned) == before
    dry = twin("erase", linked_person(planned), "-w", planned, "--dry-run", "--json").json
    assert dry["dry_run"] and dry["found_again"] > 0 and marks(planned) == before


# --- what goes out ------------------------------------------------------------------------------------------------


def test_pseudonyms_are_keyed_by_a_salt_that_only_the_owner_can_read(planned: Path, tmp_path: Path) -> None:
    plain = pd.read_csv(_export(planned, tmp_path / "plain.csv"))
    coded = pd.read_csv(_export(planned, tmp_path / "coded.csv", "--pseudonyms"))
    other = pd.read_csv(_export(planned, tmp_path / "other.csv", "--pseudonyms", "agency"))
    again = pd.read_csv(_export(planned, tmp_path / "again.csv", "--pseudonyms"))
    assert stat.S_IMODE((planned / SALT).stat().st_mode) == 0o600
    assert set(coded["customer_id"]).isdisjoint(plain["customer_id"])
    assert set(coded["customer_id"]).isdisjoint(other["customer_id"])
    assert coded["customer_id"].is_unique and coded["customer_id"].tolist() == again["customer_id"].tolist()
    assert {"lon", "lat", "name"}.isdisjoint(coded.columns)
    key = hmac.new(salt_of(planned), b"label:", hashlib.sha256).digest()
    first = hmac.new(key, plain["customer_id"].iloc[0].encode(), hashlib.sha256).hexdigest()[:16]
    assert coded["customer_id"].iloc[0] == first


def test_every_export_is_written_down(planned: Path, tmp_path: Path) -> None:
    _export(planned, tmp_path / "one.csv", "--shared")
    row = twin("privacy", "handed-out", "-w", planned, "--json").json["rows"][0]
    assert (row["table"], row["form"], row["file"]) == ("potential", "shared", "one.csv")
    assert row["rows"] > 0 and "customers" in row["columns"] and row["who"]
    listed = pd.read_csv(_export(planned, tmp_path / "log.csv", table="handed_out"))
    assert {"potential", "plan"} <= set(listed["table"])


@pytest.mark.parametrize("verb", ["export", "plan"])
def test_nothing_goes_out_that_cannot_be_written_down(
    verb: str, planned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise WorkspaceError("objects: a file cannot be written. Make room.")

    monkeypatch.setattr(handed_out, "log", full)
    words = ("export", "potential", "--out", tmp_path / "out" / "p.csv")
    if verb == "plan":
        words = ("plan", SCENARIO, "--weeks", 1, "--out", tmp_path / "out")
    ran = twin(*words, "-w", planned)
    assert ran.status == 1 and "Make room" in ran.err
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_the_register_says_where_personal_data_are_held(planned: Path, tmp_path: Path) -> None:
    rows = twin("privacy", "-w", planned, "--json").json["rows"]
    held = {(row["where"], row["what"]) for row in rows}
    assert {("dataset", "market"), ("dataset", "table_sales"), ("plan", "plan"), ("calibration", "potential")} <= held
    assert any(row["where"] == "handed/" for row in rows)
    assert len(pd.read_csv(_export(planned, tmp_path / "register.csv", table="register"))) == len(rows)


def _export(workspace: Path, file: Path, *more: str, table: str = "potential") -> Path:
    ran = twin("export", table, "-w", workspace, "--out", file, *more)
    assert ran.status == 0, ran.err
    return file


def made_up(dice: np.random.Generator, n: int) -> pd.DataFrame:
    """Customers of a few places, some places with very few, some with one who outweighs all others."""
    place = np.minimum(dice.geometric(0.3, n), 6)
    worth = dice.lognormal(0.0, 2.0, n)
    return pd.DataFrame({"customer_id": np.arange(n).astype(str), "territory_id": [f"T{z}" for z in place],
                         "known": dice.random(n) < 0.4, "volume": worth})  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_no_shared_table_gives_a_small_cell_away(seed: int) -> None:
    dice = np.random.default_rng(seed)
    frame = made_up(dice, int(dice.integers(3, 120)))
    table = shared(frame)
    places, kinds = sorted(frame["territory_id"].unique()), sorted(frame["known"].astype(str).unique())
    counts = frame.groupby(["territory_id", frame["known"].astype(str)]).size()
    cells = [(z, k) for z in places for k in kinds if (z, k) in counts.index]
    shown = table[~table["left_out"]]
    # every line that is shown is an equation in the cells: a small cell must not be their combination
    lines = [[(z, k) for z, k in cells if row.territory_id in (z, ALL) and str(row.known) in (k, ALL)]
             for row in shown.itertuples()]  # fmt: skip
    known = np.array([[cell in line for cell in cells] for line in lines], dtype=float).reshape(-1, len(cells))
    cell = np.array([cells.index(pair) for pair in zip(frame["territory_id"], frame["known"].astype(str), strict=True)])
    small = small_cells(frame[["volume"]].to_numpy(), cell, len(cells))
    for place in np.flatnonzero(small):
        unit = np.eye(len(cells))[place]
        rank = np.linalg.matrix_rank(known) if len(known) else 0
        assert np.linalg.matrix_rank(np.vstack([known, unit])) > rank, (cells[place], table)
    assert (counts[counts < LEAST].index.isin([cells[place] for place in np.flatnonzero(small)])).all()


def test_a_customer_who_outweighs_all_others_is_hidden() -> None:
    frame = pd.DataFrame({"customer_id": [str(k) for k in range(40)], "territory_id": ["A", "B", "C", "D"] * 10,
                          "known": True, "volume": 1.0})  # fmt: skip
    frame.loc[0, "volume"] = 1000.0  # of ten in A: the second largest could tell it within a hundredth
    table = shared(frame).set_index(["territory_id", "known"])
    assert table.loc[("A", "True"), "left_out"] and not table.loc[("A", "True"), ["customers", "volume"]].notna().any()
    assert table["left_out"].sum() >= 2 and not table["left_out"].all()


def test_the_total_of_very_few_customers_is_hidden() -> None:
    frame = pd.DataFrame({"customer_id": list("abcd"), "territory_id": list("AABB"), "known": True, "volume": 1.0})
    table = shared(frame)
    assert table["left_out"].all() and not table["volume"].notna().any()


def test_enough_alike_customers_are_shown() -> None:
    frame = pd.DataFrame({"customer_id": [str(k) for k in range(40)], "territory_id": ["A", "B"] * 20,
                          "known": [True, True, False, False] * 10, "volume": 1.0})  # fmt: skip
    table = shared(frame)
    assert not table["left_out"].any() and table.loc[table["territory_id"] == ALL, "volume"].max() == 40.0


def test_hiding_one_cell_hides_another_in_its_row_and_column() -> None:
    small = np.zeros((3, 3), dtype=bool)
    small[0, 0] = True
    out = hidden(small, np.arange(9, dtype=float).reshape(3, 3) + 1)
    assert (out.sum(axis=0)[out.any(axis=0)] >= 2).all() and (out.sum(axis=1)[out.any(axis=1)] >= 2).all()


def test_a_table_without_customers_is_given_as_it_is() -> None:
    frame = pd.DataFrame({"brand": ["Ours"], "share": [0.3]})
    assert shared(frame) is frame


def test_erasing_waits_for_background_work(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = jobs.Job("20260101T000000-abcdef", "calibrate", (), "2026-01-01", state=jobs.RUNNING)
    listed: Callable[..., list[jobs.Job]] = lambda *_, **__: [busy]  # noqa: E731
    monkeypatch.setattr(jobs, "listed", listed)
    ran = twin("erase", linked_person(planned), "-w", planned)
    assert ran.status == 1 and "twin calibrate" in ran.err
