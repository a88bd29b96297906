"""In a real browser, cut off from the network: every page draws in both languages, can be read, and can be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, Visitor, browsing, serving, visitor

from dashboard.words import LANGUAGES, Words

pytest.importorskip("playwright.sync_api")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
DRAWN = ("overview", "compare", "diagnostics", "rival-calendar", "potential", "visit-plan")
"""Pages whose main thing is a figure."""
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with browsing() as found:
        yield found


@pytest.fixture(scope="module")
def address(full: Path) -> Iterator[str]:
    with serving(full) as (found, _):
        yield found


def menu(person: Visitor) -> list[str]:
    """Addresses of all pages."""
    links = person.page.locator("[data-testid='stSidebarNavLink']").all()
    return [re.sub(r"[?#].*", "", link.get_attribute("href") or "").rstrip("/").rpartition("/")[2] for link in links]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_draws_can_be_read_and_asks_no_other_machine(browser, address, language):
    person = visitor(browser, address)
    person.open("", language)
    pages = menu(person)
    assert len(pages) >= 5
    faint: dict[str, list[str]] = {}
    for name in pages:
        person.open(name, language)
        person.page.get_by_role("heading", level=1).first.wait_for()
        if name in DRAWN:
            person.figure()
        if bad := person.page.evaluate(_FAINT, [LEAST_CONTRAST, LARGE_CONTRAST, LARGE_PIXELS]):
            faint[name] = sorted(set(bad))
        assert person.broken() == 0, name
        assert person.page.evaluate("document.documentElement.lang") == language
    assert person.outside == [] and person.faults == []
    assert faint == {}


def test_the_keyboard_reaches_menu_language_and_the_main_button(browser, address):
    person = visitor(browser, address)
    person.open("visit-plan", "en")
    reached = set()
    for _ in range(60):
        person.page.keyboard.press("Tab")
        reached.add(
            str(person.page.evaluate("(document.activeElement.innerText || document.activeElement.ariaLabel || '')"))
        )
    words = Words("en")
    whole = "\n".join(reached)
    for wanted in (words("menu.compare"), "Türkçe", words("plan.make"), words("plan.absent")):
        assert wanted in whole


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_workspace_says_on_every_page_what_to_do_next(browser, tmp_path, language):
    with serving(tmp_path / "nothing") as (address, _):
        person = visitor(browser, address)
        person.open("", language)
        for name in menu(person):
            person.open(name, language)
            person.page.get_by_role("heading", level=1).first.wait_for()
            body = person.page.locator("[data-testid='stMain']")
            assert person.broken() == 0, name
            helped = body.get_by_role("button").count() or "twin " in body.inner_text()
            assert helped, f"{name}: nothing to go on with"
        assert person.outside == []
    assert not (tmp_path / "nothing").exists(), "looking made a workspace"
