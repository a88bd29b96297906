"""The analyst's whole way in a real browser, cut off from the network: bring, check, publish, learn, teach, explain."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, Visitor, serving, visitor

from dashboard.words import Words
from twin.tasks import results
from twin.tasks.calendar import calendar_page
from twin.tasks.links import links_page

pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
RUN_SECONDS = 240.0
NEW = "C-900001,Deneme Bakkaliyesi"
PROGRESS = "[data-testid='stSidebar'] [data-testid='stProgress']"
REASON = "Sahada görüldü"


def bundle(folder: Path, broken: bool) -> Path:
    """The sample with one more customer, and on request with a volume that is none."""
    shutil.copytree(SAMPLE, folder)
    file = folder / "customers.csv"
    rows = file.read_text("utf-8").splitlines()
    like = rows[1].split(",", 2)[2]
    file.write_text("\n".join([*rows, f"{NEW},{like}"]) + "\n", "utf-8")
    if broken:
        with (folder / "sales.csv").open("a", encoding="utf-8") as sales:
            sales.write("2024-01-08,C-000049,Ours,many,10\n")
    return folder


def brings(person: Visitor, words: Words, place: Path) -> None:
    """Files that are wrong are told with row and cure; the mended ones are seen before they are published."""
    broken = sorted(bundle(place / "broken", broken=True).glob("*.*"))
    person.turn_to("data")
    with person.heard():
        person.page.locator("[data-testid='stFileUploader'] input[type=file]").set_input_files(broken)
    person.press(words("data.check"))
    person.page.get_by_role("button", name=words("data.problems_download")).wait_for(timeout=1000 * RUN_SECONDS)
    told = person.taken(words("data.problems_download"), ".csv").decode("utf-8-sig")
    (problem,) = csv.DictReader(io.StringIO(told), delimiter=";" if words.language == "tr" else ",")
    assert problem["file"] == "sales.csv" and "many" in problem["found"]

    person.page.reload()
    person.settle()
    person.write(words("data.folder"), str(bundle(place / "mended", broken=False)))
    person.press(words("data.check"))
    person.page.get_by_role("button", name=words("data.publish")).wait_for(timeout=1000 * RUN_SECONDS)
    person.sees(words("data.ids", table=words("table.customers"), appeared=1, vanished=0))
    person.press(words("data.publish"))
    person.page.get_by_role("button", name=words("data.to_calibration")).wait_for(timeout=1000 * RUN_SECONDS)


def learns(person: Visitor, other: Visitor, words: Words) -> None:
    """A calibration goes on when the page is left; another browser sees it, and both see what came of it."""
    person.press(words("data.to_calibration"))
    assert person.page.get_by_role("radio", name=words("mode.none"), exact=True).is_checked()
    person.write(words("calibration.draws"), "10")
    person.press(words("calibration.calibrate"))
    other.open("runs", words.language)
    other.page.locator("[data-testid='stMain']").get_by_text(words("verb.calibrate")).first.wait_for()
    person.turn_to("diagnostics")
    for each in (person, other):
        each.page.locator(PROGRESS).wait_for(state="detached", timeout=1000 * RUN_SECONDS)
        each.settle()


def judges(person: Visitor, words: Words) -> None:
    """Lights counted, priors marked, curves drawn."""
    person.turn_to("diagnostics")
    person.turn(words("diagnostics_tab.health"))
    person.sees(f"{words('verdict_of.pass')}:")
    person.turn(words("diagnostics_tab.parameters"))
    person.sees(max(words("learned.parameters_note", priors="|", all="|").split("|"), key=len).strip())
    person.turn(words("diagnostics_tab.curves"))
    person.figure()


def teaches(person: Visitor, words: Words, folder: Path) -> None:
    """A move is sure, then was none after all; one that the data cannot show: each with a reason."""
    person.turn_to("rival-calendar")
    person.figure()
    for said, kind in enumerate(("confirm", "reject", "add"), start=1):
        person.turn(words(f"teach_kind.{kind}"))
        if kind == "add":
            for place, typed in ((0, "01032026"), (1, "14032026")):
                days = person.page.get_by_role("group", name=words("teach.days")).nth(place)
                days.get_by_role("spinbutton").first.click()
                person.page.keyboard.type(typed)
        person.fill(words("teach.why"), REASON)
        person.press(words(f"teach_do.{kind}"))
        person.sees(words("rivals.log", n=said))
    assert sorted(calendar_page.said(folder)["action"]) == ["add", "confirm", "reject"]


def explains(person: Visitor, words: Words) -> None:
    """Unknown customers by what they could buy; the second one with its reasons."""
    person.turn_to("potential")
    person.turn(words("potential_who.unknown"))
    person.tick("customers", 1)
    person.sees(words("potential.one_unknown"))
    person.figure()


def reviews(person: Visitor, words: Words, folder: Path) -> None:
    """Two rows that may be one outlet: they are two, and it is written down."""
    waiting = [pair["id"] for pair in links_page.pairs(folder)["pairs"] if pair["decision"] == "review"]
    person.turn_to("data")
    person.turn(words("data_tab.links"))
    person.write(words("teach.why"), REASON)
    person.press(words("links_do.keep-apart"))
    person.sees(words.many("links.pending", 1).replace("**", "").partition("1")[2])
    said = {pair["id"]: (pair["said"], pair["said_why"]) for pair in links_page.pairs(folder)["pairs"]}
    assert said[waiting[0]] == ("keep-apart", REASON)


def walk(browser: Any, address: str, folder: Path, place: Path, language: str) -> None:
    person, other, words = visitor(browser, address), visitor(browser, address), Words(language)
    before = results.heads(folder)
    person.open("", language)
    brings(person, words, place)
    assert results.heads(folder)["dataset"].id != before["dataset"].id
    learns(person, other, words)
    assert results.heads(folder)["calibration"].id != before["calibration"].id
    judges(person, words)
    teaches(person, words, folder)
    explains(person, words)
    reviews(person, words, folder)
    for each in (person, other):
        assert each.broken() == 0 and each.outside == [] and each.faults == []


# the longest of the walks, with three readings and a calibration: one language gates
@pytest.mark.parametrize("language", ["en", pytest.param("tr", marks=pytest.mark.bench)])
def test_an_analyst_brings_data_learns_teaches_and_explains(
    browser: Any, full: Path, tmp_path: Path, language: str
) -> None:
    folder = tmp_path / "workspace"
    shutil.copytree(full, folder)  # its data are replaced, which no other walk could live with
    with serving(folder) as (address, _):
        walk(browser, address, folder, tmp_path, language)
