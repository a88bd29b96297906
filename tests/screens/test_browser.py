"""In a real browser, cut off from the network: every page draws in both languages, can be read, and can be used."""

from __future__ import annotations

import itertools
from urllib.parse import urlsplit

import pytest
from browsing import CHROMIUM, Visitor, serving, visitor

from dashboard.words import LANGUAGES, Words

pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
DRAWN = {
    "": "", "compare": "", "diagnostics": "diagnostics_tab.curves", "rival-calendar": "", "potential": "",
    "visit-plan": "",
}  # fmt: skip
"""Pages whose main thing is a figure, and the tab on which it stands."""
LEAST_CONTRAST, LARGE_CONTRAST, LARGE_PIXELS = 4.5, 3.0, 24
_FAINT = """([least, large, pixels]) => {
  const light = c => { const v = c.map(x => x / 255).map(x => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2]; };
  const parse = text => (text.match(/[0-9.]+/g) || []).map(Number);
  const behind = node => { for (let at = node; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor); if (c.length === 3 || (c.length === 4 && c[3] > 0.5))
        return c.slice(0, 3); } return [255, 255, 255]; };
  const found = [];
  const walker = document.createTreeWalker(document.querySelector('[data-testid="stApp"]'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), node = walker.currentNode.parentElement;
    if (!text || !node || !node.offsetParent) continue;
    if (node.closest('[disabled], svg, canvas, [aria-disabled="true"]')) continue;
    const style = getComputedStyle(node);
    if (style.visibility === 'hidden' || node.closest('[data-testid="stIconMaterial"]')) continue;
    let colour = parse(style.color); const back = behind(node);
    const solid = colour.length === 4 ? colour[3] : 1;
    colour = colour.slice(0, 3).map((x, k) => x * solid + back[k] * (1 - solid));
    const [a, b] = [light(colour), light(back)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (parseFloat(style.fontSize) >= pixels ? large : least))
      found.push(text.slice(0, 60) + ' ' + ratio.toFixed(2));
  }
  return found;
}"""

_FOCUSED = "document.activeElement.innerText || document.activeElement.ariaLabel || ''"


def menu(person: Visitor) -> list[str]:
    """Paths of all pages; that of the first is empty."""
    links = person.page.locator("[data-testid='stSidebarNavLink']").all()
    return [urlsplit(link.get_attribute("href") or "").path.strip("/") for link in links]


def test_every_page_draws_can_be_read_and_asks_no_other_machine(browser, served):
    person = visitor(browser, served[0])
    person.open("", "en")
    pages = menu(person)
    assert set(DRAWN) <= set(pages)
    faint: dict[str, list[str]] = {}
    nameless: dict[str, list[str]] = {}
    for name in pages:
        person.turn_to(name)
        for language in LANGUAGES:
            person.speak(language)
            person.page.get_by_role("heading", level=1).first.wait_for()
            if name in DRAWN:
                if DRAWN[name]:
                    person.page.get_by_role("radio", name=Words(language)(DRAWN[name])).click()
                person.figure()
            if bad := person.page.evaluate(_FAINT, [LEAST_CONTRAST, LARGE_CONTRAST, LARGE_PIXELS]):
                faint[f"{name} {language}"] = sorted(set(bad))
            if bad := person.nameless():
                nameless[f"{name} {language}"] = bad
            levels = person.levels()
            assert levels[0] == 1 and all(b <= a + 1 for a, b in itertools.pairwise(levels)), (name, levels)
            assert person.broken() == 0, name
    assert person.outside == [] and person.faults == []
    assert faint == {} and nameless == {}


def test_the_tab_key_goes_round_every_page_and_shows_where_it_is(browser, served):
    person = visitor(browser, served[0])
    person.open("", "en")
    for name in menu(person):
        person.turn_to(name)
        person.page.get_by_role("heading", level=1).first.wait_for()
        stops = person.stops()
        assert [stop for stop in stops if not stop[2]] == [], name
        assert stops, name


def test_the_keyboard_reaches_menu_language_and_the_main_button(browser, served):
    person = visitor(browser, served[0])
    person.open("visit-plan", "en")
    reached = []
    for _ in range(60):
        person.page.keyboard.press("Tab")
        reached.append(str(person.page.evaluate(_FOCUSED)))
        if "English" in reached[-1]:  # a switch is one stop; its places are reached by arrows
            person.page.keyboard.press("ArrowRight")
            assert "Türkçe" in person.page.evaluate(_FOCUSED)
            person.page.keyboard.press("ArrowLeft")
    words = Words("en")
    whole = "\n".join(reached)
    for wanted in (words("menu.compare"), "English", words("plan.make"), words("plan.absent")):
        assert wanted in whole


def test_an_empty_workspace_says_on_every_page_what_to_do_next(browser, tmp_path):
    with serving(tmp_path / "nothing") as (address, _):
        person = visitor(browser, address)
        person.open("", "tr")
        for name in menu(person):
            person.turn_to(name)
            for language in LANGUAGES:
                person.speak(language)
                person.page.get_by_role("heading", level=1).first.wait_for()
                body = person.page.locator("[data-testid='stMain']")
                assert person.broken() == 0, name
                helped = body.get_by_role("button").count() or "twin " in body.inner_text()
                assert helped, f"{name}: nothing to go on with"
                assert not person.page.evaluate(_FAINT, [LEAST_CONTRAST, LARGE_CONTRAST, LARGE_PIXELS])
        assert person.outside == []
    assert not (tmp_path / "nothing").exists(), "looking made a workspace"
