"""The planner's whole way in a real browser, cut off from the network: look, lock, move, drop, make anew, take away."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, Visitor, visitor

from dashboard.words import Words
from twin.tasks import plan_edits, results

pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
REPLAN_SECONDS = 240.0


@pytest.fixture
def planner(browser: Any, served: tuple[str, Path]) -> tuple[Visitor, Path]:
    """A planner at a browser, and the workspace, in which nobody has wished for anything yet."""
    address, folder = served
    plan_edits.keep_wishes(folder, results.heads(folder)["plan"].id, plan_edits.Wishes())
    return visitor(browser, address), folder


def told(words: Words, key: str) -> str:
    """The part of a phrase that holds no place: what can be looked for."""
    return max(words(key, customer="|", rep="|", day="|", was="|").split("|"), key=len).strip()


def taken(person: Visitor, label: str, ending: str) -> bytes:
    """What the browser was given by a button."""
    with person.page.expect_download() as download:
        person.page.get_by_role("button", name=label, exact=True).click()
    assert download.value.suggested_filename.endswith(ending)
    return Path(download.value.path()).read_bytes()


# in Turkish the walk loses its place now and then on a busy machine, and so does not gate
@pytest.mark.parametrize("language", ["en", pytest.param("tr", marks=pytest.mark.bench)])
def test_a_planner_locks_moves_and_takes_the_plan_away(planner, language):
    person, folder = planner
    words = Words(language)
    person.open("visit-plan", language)
    person.figure()
    assert person.page.evaluate("document.documentElement.lang") == language

    person.tick("rows-", 0)
    person.sees(words.many("plan.chosen", 1))
    person.page.get_by_role("button", name=words("plan.lock"), exact=True).click()
    person.sees(told(words, "edit.lock"))

    person.tick("rows-", 1)
    person.sees(words.many("plan.chosen", 1))
    person.page.get_by_role("button", name=words("plan.move"), exact=True).click()
    person.sees(told(words, "edit.move"))
    plan = results.heads(folder)["plan"].id
    assert [edit.kind for edit in plan_edits.wishes_of(folder, plan).edits] == ["lock", "move"]

    rows = taken(person, words("file.csv"), ".csv").decode("utf-8-sig")
    mark = ";" if language == "tr" else ","
    assert len(list(csv.DictReader(io.StringIO(rows), delimiter=mark))) == len(results.table(folder, plan, "plan"))
    assert taken(person, words("file.xlsx"), ".xlsx").startswith(b"PK")
    assert person.broken() == 0 and person.outside == [] and person.faults == []


def test_a_plan_made_anew_heeds_what_was_decided(planner):
    person, folder = planner
    words = Words("en")
    person.open("visit-plan", "en")
    person.tick("rows-", 0)
    person.sees(words.many("plan.chosen", 1))
    person.page.get_by_role("button", name=words("plan.drop"), exact=True).click()
    person.sees(told(words, "edit.drop"))
    before = results.heads(folder)["plan"].id
    (edit,) = plan_edits.wishes_of(folder, before).edits
    person.page.get_by_role("button", name=words("plan.replan"), exact=True).click()
    person.sees(words.many("plan.heeded", 1), REPLAN_SECONDS)
    after = results.heads(folder)["plan"].id
    assert after != before
    rows = results.table(folder, after, "plan")
    week = rows["date"].dt.date.map(lambda day: day.isocalendar()[:2]) == edit.date.isocalendar()[:2]
    assert not (week & (rows["customer_id"] == edit.customer_id)).any()
    assert person.broken() == 0 and person.outside == []
