"""Consent at each gate by itself: whoever withdrew after the calibration is neither chosen nor handed out by any.

Every test here goes through one gate alone; ``tests/bench/remove_gates.py`` takes the gates out one after the other and
shows that a test fails for each.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from season_worlds import write_rows
from walking import SAMPLE, SCENARIOS, twin

from twin.errors import PlanError
from twin.progress import silent
from twin.tasks import export, results
from twin.tasks.field_force import optimize
from twin.tasks.plans import plan as plan_task
from twin.tasks.plans import plan_desk, replan
from twin.tasks.plans.plan_edits import ADD, LOCK, Edit, Wishes
from twin.tasks.privacy.consent import agreed_now, still_agreed
from twin.tasks.shelf import ALLOCATION, PLAN, load_twin
from twin.workspace.store import Workspace

SCENARIO = SCENARIOS / "light_the_dark_side.toml"
QUICK = ("--draws", 2, "--replicates", 1, "--weeks", 8, "--threads", 1, "--time-budget", 0, "--form", "rules")
WITHDREW = 6


@dataclass(frozen=True)
class Withdrawn:
    """A workspace whose plan stands, and people of it who have said since: do not visit."""

    path: Path
    plan: str
    rows: pd.DataFrame
    people: tuple[str, ...]

    @property
    def store(self) -> Workspace:
        return Workspace.open(self.path, create=False)

    def newest(self, kind: str, part: str) -> pd.DataFrame:
        version = self.store.head(kind)
        assert version is not None
        return self.store.table(version, part)


@pytest.fixture(scope="module")
def _said_no(standing: Any, tmp_path_factory: pytest.TempPathFactory) -> Withdrawn:
    folder = tmp_path_factory.mktemp("said-no")
    workspace = Path(shutil.copytree(standing.workspace, folder / "workspace"))
    assert twin("plan", SCENARIO, "-w", workspace, "--weeks", 2).status == 0
    store = Workspace.open(workspace)
    head = store.head(PLAN)
    assert head is not None
    rows = store.table(head, "plan")
    visited = rows[rows["kind"] == "visit"]["customer_id"]
    # who is visited most would be chosen again by anybody who did not ask
    people = tuple(visited.value_counts(sort=True).index[:WITHDREW])
    bundle = Path(shutil.copytree(SAMPLE, folder / "bundle"))
    no = [{"customer_id": one, "channel": "visit", "state": "no", "from": "2026-01-02"} for one in people]
    write_rows(bundle / "consents.csv", list(no[0]), no)
    assert twin("ingest", bundle, "-w", workspace, "--accept").status == 0
    return Withdrawn(workspace, head.id, rows, people)


@pytest.fixture
def said_no(_said_no: Withdrawn, tmp_path: Path) -> Withdrawn:
    path = Path(shutil.copytree(_said_no.path, tmp_path / "workspace"))
    return Withdrawn(path, _said_no.plan, _said_no.rows, _said_no.people)


def test_the_calibration_alone_would_let_them_be_visited(_said_no: Withdrawn) -> None:
    """What makes the other tests mean something."""
    learned = load_twin(_said_no.store)
    now = agreed_now(_said_no.store, learned)
    at = learned.world.population.consent[0], now.world.population.consent[0]
    mine = pd.Index(learned.world.population.ids).isin(_said_no.people)
    assert at[0][mine].all() and not at[1][mine].any() and (at[0] == at[1])[~mine].all()


def test_a_new_plan_does_not_choose_them(said_no: Withdrawn) -> None:
    assert twin("plan", SCENARIO, "-w", said_no.path, "--weeks", 2).status == 0
    rows = said_no.newest(PLAN, "plan")
    assert len(rows) and set(said_no.people).isdisjoint(rows.loc[rows["kind"] == "visit", "customer_id"])


def test_a_plan_that_is_drawn_up_anew_lets_go_of_them(said_no: Withdrawn) -> None:
    assert twin("plan", "--replan", said_no.plan, "-w", said_no.path).status == 0
    rows = said_no.newest(PLAN, "plan")
    assert len(rows) and set(said_no.people).isdisjoint(rows.loc[rows["kind"] == "visit", "customer_id"])


def test_a_visit_to_them_that_somebody_adds_is_not_planned(said_no: Withdrawn) -> None:
    row = said_no.rows[said_no.rows["customer_id"] == said_no.people[0]].iloc[0]
    begin = row["start"].strftime("%H:%M")  # in the very gap that they left
    added = Edit(ADD, row["customer_id"], row["rep_id"], row["date"].date(), begin=begin)
    with contextlib.suppress(PlanError):  # it may say so instead
        replan.run_replan(said_no.store, keep=said_no.plan, edits=[added])
    assert row["customer_id"] not in set(said_no.newest(PLAN, "plan")["customer_id"]) or (
        said_no.store.head(PLAN).id == said_no.plan  # nothing was published
    )


def test_a_call_plan_gives_them_no_visit(said_no: Withdrawn) -> None:
    ran = twin("optimize", "-w", said_no.path, *QUICK)
    assert ran.status == 0, ran.err
    given = said_no.newest(ALLOCATION, "allocation").set_index("customer_id")["visits_per_month"]
    assert (given.loc[list(said_no.people)] == 0.0).all() and given.sum() > 0.0


def test_the_planners_desk_shows_none_of_their_visits_and_lets_none_be_added(said_no: Withdrawn) -> None:
    desk = plan_desk.open_desk(said_no.path, said_no.plan)
    assert desk.withdrawn is not None and set(desk.withdrawn["customer_id"]) == set(said_no.people)
    assert len(desk.rows) and set(said_no.people).isdisjoint(desk.rows["customer_id"])
    row = said_no.rows[said_no.rows["customer_id"] == said_no.people[0]].iloc[0]
    lock = Edit(LOCK, row["customer_id"], row["rep_id"], row["date"].date(), row["visit_id"], row["date"].date())
    found = plan_desk.breaches(desk, said_no.rows, Wishes(edits=(lock,)))
    assert ("consent", row["visit_id"]) in {(one["kind"], one["visit_id"]) for one in found}


def test_the_files_of_a_plan_lack_them(said_no: Withdrawn, tmp_path: Path) -> None:
    """The third gate by itself: the table still has them."""
    rows = plan_task.Rows(said_no.rows, said_no.rows.iloc[:0])
    told = plan_task.hand_out(said_no.store, rows, said_no.plan, tmp_path / "out", ("csv",), "", None, silent)
    assert {one["customer_id"] for one in told["withdrawn"]} == set(said_no.people)
    texts = [path.read_text(encoding="utf-8-sig") for path in (tmp_path / "out").rglob("*") if path.is_file()]
    visits = pd.read_csv(next((tmp_path / "out").rglob("*.csv")), dtype=str)
    assert len(visits) and texts and not any(one in text for one in said_no.people for text in texts)


def test_an_exported_plan_lacks_them(said_no: Withdrawn, tmp_path: Path) -> None:
    said = twin("export", "plan", "-w", said_no.path, "--out", tmp_path / "plan.csv", "--json").json
    assert {one["customer_id"] for one in said["withdrawn"]} == set(said_no.people)
    assert set(said_no.people).isdisjoint(pd.read_csv(tmp_path / "plan.csv", dtype=str)["customer_id"])


@pytest.mark.parametrize("form", ["csv", "ics"])
def test_a_file_for_the_screen_lacks_them(form: str, said_no: Withdrawn) -> None:
    _, content = results.plan_file(said_no.path, said_no.plan, form)
    assert content and not any(one.encode() in content for one in said_no.people)


def _as_it_was(_: Workspace, it: Any) -> Any:
    """In the place of the first gate: the twin as it was calibrated."""
    return it


def _all(_: Workspace, rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """In the place of the third gate: every row."""
    return rows, rows.iloc[:0]


GATES: dict[str, tuple[Any, str, Callable[..., Any], Callable[[Withdrawn, Path], None]]] = {
    "plan": (plan_task, "agreed_now", _as_it_was, lambda said, _: test_a_new_plan_does_not_choose_them(said)),
    "optimize": (optimize, "agreed_now", _as_it_was, lambda said, _: test_a_call_plan_gives_them_no_visit(said)),
    "desk, whom it allows": (plan_desk, "agreed_now", _as_it_was, lambda said, _: _on_the_desk(said)),
    "desk, what it shows": (plan_desk, "still_agreed", _all, lambda said, _: _on_the_desk(said)),
    "files of a plan": (plan_task, "still_agreed", _all, test_the_files_of_a_plan_lack_them),
    "export": (export, "still_agreed", _all, test_an_exported_plan_lacks_them),
    "file for the screen": (results, "still_agreed", _all, lambda said, _: test_a_file_for_the_screen_lacks_them(
        "csv", said)),
}  # fmt: skip


@pytest.mark.parametrize("gate", GATES)
def test_a_gate_that_is_gone_is_missed(
    gate: str, said_no: Withdrawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, instead, check = GATES[gate]
    monkeypatch.setattr(module, name, instead)
    with pytest.raises(AssertionError):
        check(said_no, tmp_path)


@pytest.mark.parametrize("gone", [("agreed_now",), ("with_agreed",), ("agreed_now", "with_agreed")])
def test_each_of_two_gates_of_a_plan_drawn_up_anew_is_enough(
    gone: tuple[str, ...], said_no: Withdrawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = pd.DataFrame(columns=["customer_id", "date", "channel"])
    instead = {"agreed_now": _as_it_was, "with_agreed": lambda _, wishes: (wishes, nobody)}
    for name in gone:
        monkeypatch.setattr(replan, name, instead[name])
    with pytest.raises(AssertionError) if len(gone) > 1 else contextlib.nullcontext():
        test_a_visit_to_them_that_somebody_adds_is_not_planned(said_no)


def _on_the_desk(said: Withdrawn) -> None:
    test_the_planners_desk_shows_none_of_their_visits_and_lets_none_be_added(said)


def test_a_channel_that_nobody_knows_is_handed_out_to_nobody(said_no: Withdrawn) -> None:
    others = [one for one in said_no.rows["customer_id"].unique() if one not in said_no.people][:3]
    rows = pd.DataFrame({"customer_id": [*others, "Nobody"], "channel": ["fax", "visit", "email", "email"]})
    kept, gone = still_agreed(said_no.store, rows)
    assert 0 in gone.index and 1 in kept.index and 3 in gone.index
