"""The planner's whole way in a real browser, cut off from the network: look, lock, move, drop, make anew, take away."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, Visitor, visitor

from dashboard.views import plan_day
from dashboard.words import Words
from twin.tasks import results
from twin.tasks.plans import plan_edits

pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
REPLAN_SECONDS = 240.0
GATING = ["en", pytest.param("tr", marks=pytest.mark.bench)]


@pytest.fixture
def planner(browser: Any, served: tuple[str, Path]) -> tuple[Visitor, Path]:
    """A planner at a browser, and the workspace, in which nobody has wished for anything yet."""
    address, folder = served
    plan_edits.keep_wishes(folder, results.heads(folder)["plan"].id, plan_edits.Wishes())
    return visitor(browser, address), folder


def told(words: Words, key: str) -> str:
    """The part of a phrase that holds no place: what can be looked for."""
    return max(words(key, customer="|", rep="|", day="|", was="|").split("|"), key=len).strip()


def makes(person: Visitor, words: Words) -> None:
    """A week's plan by a scenario that is chosen, from the first day that there is."""
    if not person.page.get_by_label(words("plan.weeks"), exact=True).is_visible():
        person.unfold(words("plan.make"))
    person.fill(words("plan.weeks"), "1")
    person.press(words("plan.run"))
    person.page.locator("[data-testid='stSidebar'] [data-testid='stProgress']").wait_for()
    person.page.locator("[data-testid='stSidebar'] [data-testid='stProgress']").wait_for(
        state="detached", timeout=1000 * REPLAN_SECONDS
    )
    person.settle()


def ticks(person: Visitor, words: Words, row: int) -> None:
    person.tick("rows-", row, plan_day.TWO_LINES)
    person.sees(words.many("plan.chosen", 1))


@pytest.mark.parametrize("language", GATING)
def test_a_planner_makes_locks_moves_and_takes_the_plan_away(planner, language):
    person, folder = planner
    words = Words(language)
    person.open("visit-plan", language)
    makes(person, words)
    plan = results.heads(folder)["plan"].id  # the same name where the same was asked for in another language
    person.figure()
    assert person.page.evaluate("document.documentElement.lang") == language

    ticks(person, words, 0)
    person.press(words("plan.lock"))
    person.sees(told(words, "edit.lock"))
    ticks(person, words, 1)
    person.press(words("plan.move"))
    person.sees(told(words, "edit.move"))
    assert [edit.kind for edit in plan_edits.wishes_of(folder, plan).edits] == ["lock", "move"]
    # the checker's word stands beside each change
    assert person.page.get_by_text(re.compile(f"· {words('plan.fits')}|✕|▲")).count() >= 2

    rows = person.taken(words("file.csv"), ".csv").decode("utf-8-sig")
    mark = ";" if language == "tr" else ","
    assert len(list(csv.DictReader(io.StringIO(rows), delimiter=mark))) == len(results.table(folder, plan, "plan"))
    assert person.taken(words("file.xlsx"), ".xlsx").startswith(b"PK")
    assert person.broken() == 0 and person.outside == [] and person.faults == []


def test_a_plan_made_anew_heeds_what_was_decided(planner):
    person, folder = planner
    words = Words("en")
    person.open("visit-plan", "en")
    ticks(person, words, 0)
    person.press(words("plan.drop"))
    person.sees(told(words, "edit.drop"))
    before = results.heads(folder)["plan"].id
    (edit,) = plan_edits.wishes_of(folder, before).edits
    person.press(words("plan.replan"))
    person.sees(words.many("plan.heeded", 1), REPLAN_SECONDS)
    after = results.heads(folder)["plan"].id
    assert after != before
    rows = results.table(folder, after, "plan")
    week = rows["date"].dt.date.map(lambda day: day.isocalendar()[:2]) == edit.date.isocalendar()[:2]
    assert not (week & (rows["customer_id"] == edit.customer_id)).any()
    assert person.broken() == 0 and person.outside == []
