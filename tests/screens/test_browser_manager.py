"""The manager's whole way in a real browser, cut off from the network: look, write, run, compare, hand on."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import openpyxl
import pytest
from browsing import CHROMIUM, Visitor, visitor

from dashboard.words import Words
from twin.scenario import files
from twin.tasks import results

pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
RUN_SECONDS = 240.0
NAMES = {"en": "Faster reps", "tr": "Hızlı temsilciler"}


def written(person: Visitor, words: Words, name: str) -> None:
    """A scenario from nothing, by its form: reps who can do a fifth more."""
    person.turn_to("scenarios")
    person.page.get_by_role("button", name=words("scenarios.new")).click()
    person.fill(words("scenarios.new_name"), name)  # the field is not left before the press: it must not be lost
    person.press(words("scenarios.make"))
    person.unfold(words("key.field_force"))
    person.write(words("key.field_force_capacity_factor"), words.number(1.2, 1))
    person.sees(words("scenarios.unsaved"))
    person.press(words("scenarios.save"))
    person.page.get_by_text(words("scenarios.unsaved")).first.wait_for(state="hidden")


def run(person: Visitor, words: Words, name: str) -> None:
    """Run it from where it is written, and follow the way to what came of it."""
    person.unfold(words("run.more"))
    person.fill(words("run.draws"), "4")
    person.fill(words("run.weeks"), "8")
    person.press(words("run.start"))
    person.page.get_by_role("button", name=words("menu.compare")).wait_for(timeout=1000 * RUN_SECONDS)
    person.settle()
    person.press(words("menu.compare"))
    person.page.wait_for_url(lambda url: urlsplit(url).path == "/compare")
    person.page.get_by_role("radio", name=name).and_(person.page.locator("[aria-checked=true]")).wait_for()


# both languages walk the same way: one of them gates
@pytest.mark.parametrize("language", ["tr", pytest.param("en", marks=pytest.mark.bench)])
def test_a_manager_writes_a_scenario_runs_it_and_hands_the_comparison_on(
    browser: Any, served: tuple[str, Path], language: str
) -> None:
    address, folder = served
    person, words, name = visitor(browser, address), Words(language), NAMES[language]
    person.open("", language)
    person.figure()
    for key in ("overview.share", "overview.due", "overview.changed"):
        person.sees(words(key))

    written(person, words, name)
    (file,) = [each.path for each in results.scenario_files(folder) if each.name == name]
    assert files.load(file).field_force.capacity_factor == 1.2

    run(person, words, name)
    outlook = results.document(folder, results.heads(folder)["forecast"].id, "forecast")
    assert name in [row["name"] for row in outlook["scenarios"]] and outlook["horizon_weeks"] == 8
    person.turn(words("measure.own_volume"))
    person.sees(words("compare.naive_note"))

    person.press(words("report.make"))
    assert person.taken(words("report.pdf"), ".pdf").startswith(b"%PDF")
    book = openpyxl.load_workbook(io.BytesIO(person.taken(words("report.xlsx"), ".xlsx")))
    assert any(name == cell.value for sheet in book for row in sheet.iter_rows() for cell in row)

    asked = parse_qs(urlsplit(person.page.url).query)
    assert asked["lang"] == [language] and asked["measure"] == ["own_volume"]
    other = visitor(browser, address)
    other.page.goto(person.page.url)
    other.settle()
    chosen = other.page.locator("[role=radio][aria-checked=true]")
    assert {name, words("measure.own_volume")} <= set(chosen.all_inner_texts())
    for each in (person, other):
        assert each.broken() == 0 and each.outside == [] and each.faults == []
