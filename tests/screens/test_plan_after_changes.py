"""What changes after a plan was made - leave, consent, visits that fall away - reaches the desk, the next plan, and
the calendars that hold the old one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import icalendar
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from twin.planning.settings import Absence
from twin.tasks import results
from twin.tasks.data.ingest import run_ingest
from twin.tasks.plans import plan_desk, plan_load
from twin.tasks.plans.plan import run_plan
from twin.tasks.plans.plan_applied import Desk, applied, unheeded
from twin.tasks.plans.plan_edits import LOCK, Edit, Wishes
from twin.tasks.plans.replan import run_replan
from twin.workspace.store import Workspace

ROOT = Path(__file__).resolve().parents[2]


class Changed(NamedTuple):
    """A workspace whose data have changed since its plan was made."""

    folder: Path
    plan: str
    rows: pd.DataFrame
    rep: str
    day: pd.Timestamp
    gone: str


@pytest.fixture(scope="module")
def changed(full: Path, tmp_path_factory: pytest.TempPathFactory) -> Changed:
    """One rep is on leave on a day on which the plan has visits; one customer of another rep has withdrawn."""
    root = tmp_path_factory.mktemp("changed")
    folder, bundle = root / "workspace", root / "bundle"
    shutil.copytree(full, folder)
    shutil.copytree(ROOT / "data" / "sample", bundle)
    plan = results.heads(folder)["plan"].id
    rows = results.table(folder, plan, "plan")
    visits = rows[rows["kind"] == "visit"]
    rep, day = visits["rep_id"].iloc[0], visits["date"].iloc[0]
    known = visits[(visits["rep_id"] != rep) & visits["known"]]
    gone = str(known["customer_id"].iloc[0])
    (bundle / "absences.csv").write_text(f"rep_id,first,last,why\n{rep},{day.date()},{day.date()},leave\n")
    customers = pd.read_csv(bundle / "customers.csv", dtype=str)
    flags = customers.get("consent_visit", pd.Series("true", index=customers.index)).fillna("true")
    customers.assign(consent_visit=flags.mask(customers["customer_id"] == gone, "false")).to_csv(
        bundle / "customers.csv", index=False
    )
    run_ingest(folder, bundle)
    return Changed(folder, plan, rows, str(rep), day, gone)


@pytest.fixture(scope="module")
def again(changed: Changed, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict, Path]:
    """The plan made again, and its files."""
    out = tmp_path_factory.mktemp("again")
    return run_replan(Workspace.open(changed.folder), keep=changed.plan, out=out, formats=("ics", "csv")), out


def desk_of(changed: Changed) -> Desk:
    return plan_desk.open_desk(changed.folder, changed.plan)


def test_the_desk_knows_of_leave_that_was_listed_after_the_plan(changed):
    desk = desk_of(changed)
    absence = Absence(changed.rep, changed.day.date(), changed.day.date(), "leave")
    assert unheeded(desk) == [absence] and desk.away(Wishes()) == (absence,)
    assert changed.day.date() not in plan_desk.open_days(desk, Wishes(), changed.rep)
    rows = applied(desk, Wishes())
    assert not ((rows["rep_id"] == changed.rep) & (rows["date"] == changed.day)).any()
    load = plan_load.load_of(desk, Wishes(), rows).set_index(["rep_id", "date"])
    assert load.at[(changed.rep, changed.day), "open_minutes"] == 0


def test_the_desk_shows_nobody_who_has_withdrawn(changed):
    desk = desk_of(changed)
    assert changed.gone not in set(applied(desk, Wishes())["customer_id"])
    assert set(desk.withdrawn["customer_id"]) == {changed.gone}
    zone = desk.world.territories[desk.conditions.territory[desk.customer[changed.gone]]]
    reps = [id for id, place in zip(desk.conditions.rep_ids, desk.conditions.rep_territory, strict=True)
            if desk.world.territories[place] == zone]  # fmt: skip
    assert changed.gone not in set(plan_desk.who_may_be_added(desk, str(reps[0]))["customer_id"])


@pytest.mark.parametrize("language", ["en", "tr"])
def test_the_page_says_what_newer_data_say_against_the_plan(changed, language, monkeypatch):
    from dashboard.words import Words

    monkeypatch.setenv("TWIN_WORKSPACE", str(changed.folder))
    page = AppTest.from_function(_plan_page, default_timeout=120)
    page.query_params["lang"] = language
    page.run()
    assert not page.exception
    words, told = Words(language), " ".join(str(each.value) for each in page.markdown)
    assert words("plan.listed") in told and words.many("plan.withdrawn", 1)[2:] in told
    assert not next(each for each in page.button if each.key == "replan").disabled


def _plan_page() -> None:
    from dashboard.views import visit_plan

    visit_plan.render()


def test_a_plan_that_is_made_again_heeds_leave_and_consent(changed, again):
    result, _ = again
    rows = results.table(changed.folder, result["plan"], "plan")
    assert not ((rows["rep_id"] == changed.rep) & (rows["date"] == changed.day)).any()
    assert changed.gone not in set(rows["customer_id"])
    assert result["absences"] == [{"rep_id": changed.rep, "first": str(changed.day.date()),
                                   "last": str(changed.day.date())}]  # fmt: skip
    assert {each["customer_id"] for each in result["withdrawn"]} == {changed.gone}
    assert result["unchanged_share"] > 0.9


def test_a_new_plan_heeds_leave_too(changed):
    store = Workspace.open(changed.folder)
    result = run_plan(store, ROOT / "scenarios" / "status_quo.toml", n_weeks=1)
    rows = results.table(changed.folder, result["plan"], "plan")
    assert not ((rows["rep_id"] == changed.rep) & (rows["date"] == changed.day)).any()
    assert changed.gone not in set(rows["customer_id"])


def test_a_visit_that_was_fixed_to_somebody_who_withdrew_is_let_go_and_told(changed):
    row = changed.rows[changed.rows["customer_id"] == changed.gone].iloc[0]
    day = row["date"].date()
    lock = Edit(LOCK, changed.gone, row["rep_id"], day, row["visit_id"], day)
    other = changed.rows[(changed.rows["kind"] == "visit") & (changed.rows["rep_id"] != changed.rep)]
    other = other[other["customer_id"] != changed.gone].iloc[0]
    kept = replace(lock, customer_id=other["customer_id"], rep_id=other["rep_id"], visit_id=other["visit_id"],
                   date=other["date"].date(), was=other["date"].date())  # fmt: skip
    result = run_replan(Workspace.open(changed.folder), keep=changed.plan, edits=[lock, kept])
    assert {each["customer_id"] for each in result["withdrawn"]} == {changed.gone}
    rows = results.table(changed.folder, result["plan"], "plan").set_index("visit_id")
    assert changed.gone not in set(rows["customer_id"])
    assert rows.at[other["visit_id"], "locked"] and rows.at[other["visit_id"], "date"] == other["date"]


def events(path: Path) -> dict[str, icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(path.read_bytes())
    return {str(event["uid"]).split("@")[0]: event for event in calendar.walk("VEVENT")}


def test_calendars_take_back_what_fell_away(changed, again):
    """RFC 5546: the same UID, a higher sequence and the status CANCELLED."""
    result, out = again
    now = results.table(changed.folder, result["plan"], "plan").set_index("visit_id")
    seen: dict[str, str] = {}
    for path in out.glob("*.ics"):
        for name, event in events(path).items():
            assert not event.errors
            seen[name] = str(event["status"])
            before = changed.rows.set_index("visit_id")
            if event["status"] == "CANCELLED":
                assert name not in now.index and int(event["sequence"]) > before.at[name, "revision"]
                assert changed.gone not in event.to_ical().decode()  # nor anybody's name
            else:
                assert int(event["sequence"]) == now.at[name, "revision"]
    assert set(seen) == set(now.index) | set(changed.rows["visit_id"])
    lost = set(changed.rows.loc[changed.rows["customer_id"] == changed.gone, "visit_id"])
    assert lost and all(seen[name] == "CANCELLED" for name in lost)


def test_what_was_cancelled_stays_so_in_later_plans_and_in_downloads(changed, again):
    result, _ = again
    gone = set(changed.rows["visit_id"]) - set(results.table(changed.folder, result["plan"], "plan")["visit_id"])
    third = run_replan(Workspace.open(changed.folder), keep=result["plan"])
    cancelled = results.table(changed.folder, third["plan"], "cancelled")
    assert gone <= set(cancelled["visit_id"])
    rep = cancelled["rep_id"].iloc[0]
    name, content = results.plan_file(changed.folder, third["plan"], "ics", rep=rep)
    assert name == f"plan-{rep}.ics" and b"STATUS:CANCELLED" in content
