"""A real browser on a served workspace: nothing but the loopback can be reached, and every text can be read."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import dashboard

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
SIZE = {"width": 1400, "height": 1000}
PATIENCE_SECONDS = float(os.environ.get("TWIN_PATIENCE_SECONDS", "120"))
QUIET_MS = 400
NAMED_ROLES = frozenset(
    ("button", "link", "textbox", "searchbox", "combobox", "listbox", "checkbox", "radio", "switch", "slider",
     "spinbutton", "tab", "menuitem", "image", "img", "graphics-document", "dialog", "progressbar", "heading",
     "table", "region")
)  # fmt: skip
"""Roles that mean nothing without a name. A grid stands in a region that has one."""
MOST_STOPS = 150
_STOP = """async () => {
    const at = document.activeElement, near = [];
    for (let each = at; each && near.length < 4; each = each.parentElement) near.push(each);
    const parts = ['outlineStyle', 'outlineWidth', 'boxShadow', 'backgroundColor', 'borderColor', 'opacity'];
    const look = () => near.map(each => parts.map(part => getComputedStyle(each)[part]).join()).join();
    const drawn = at.closest('canvas, main, [data-testid="stDataFrame"]');
    const name = (at.innerText || at.getAttribute('aria-label') || '').slice(0, 60), before = look();
    at.blur();
    await new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)));
    const after = look();
    at.focus();
    return [at.tagName, name, at.tagName === 'BODY' || !!drawn || before !== after];
}"""
"""What has the focus: its tag, its name, and whether anybody sees that it has it. Tables draw their own focus."""
_IDLE = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-stale="true"]') && !document.querySelector('[data-testid="stSkeleton"]');
}"""
_RUNS = """() => {
    window.endedRuns = 0;
    new MutationObserver(seen => { for (const one of seen)
        if (one.target.getAttribute('data-test-script-state') === 'notRunning') window.endedRuns++; })
        .observe(document, {subtree: true, attributes: true, attributeFilter: ['data-test-script-state']});
}"""
"""Counts the runs of the script that have ended: what was pressed has been heard only when there is one more."""
_QUIET = f"""before => {{
    if (window.endedRuns <= before || !({_IDLE})()) {{ window.quietSince = null; return false; }}
    if (window.quietSince === null || window.quietRuns !== window.endedRuns) {{
        window.quietSince = performance.now(); window.quietRuns = window.endedRuns; return false; }}
    return performance.now() - window.quietSince > {QUIET_MS};
}}"""
"""More runs have ended than before, and no other has begun since: a run that asks for another leaves a gap between."""
FIGURES = ", ".join(
    f"[data-testid='{kind}'] {part}" for kind in ("stVegaLiteChart", "stDeckGlJsonChart") for part in ("canvas", "svg")
)


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(workspace: Path, **environment: str) -> Iterator[tuple[str, subprocess.Popen]]:
    """Address and process of a dashboard that shows a workspace."""
    port = free_port()
    entry = Path(dashboard.__file__).with_name("app.py")
    command = [sys.executable, "-m", "dashboard.server", "--server.port", str(port)]
    settings = {**os.environ, "TWIN_WORKSPACE": str(workspace), "OMP_NUM_THREADS": "1", **environment}
    server = subprocess.Popen(
        command, cwd=entry.parents[1], env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        answered(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}", server
    finally:
        server.terminate()
        server.wait(10)


def answered(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nobody answered at {url}")


@dataclass
class Visitor:
    """A person at a browser.

    Parameters
    ----------
    page : playwright page
    address : str
        Of the dashboard.
    outside : list of str
        What was asked of other machines; every such request was refused.
    faults : list of str
        What the browser's console called an error.
    """

    page: Any
    address: str
    outside: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(self, path: str, language: str, **query: str) -> None:
        """Open a page by its address."""
        rest = "".join(f"&{name}={quote(value)}" for name, value in query.items())
        self.page.goto(f"{self.address}/{path}?lang={language}{rest}")
        self.settle()

    def settle(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the script has run and nothing on the page is stale."""
        self.page.wait_for_function(_IDLE, timeout=1000 * seconds)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Do something that the script answers, and wait for the answer: a quiet page may not have heard of it yet."""
        before = self.page.evaluate("window.endedRuns")
        yield
        self.page.wait_for_function(_QUIET, arg=before)

    def turn_to(self, path: str) -> None:
        """Open a page by the menu; the one that opens first has no path."""
        links = self.page.locator("[data-testid='stSidebarNavLink']")
        (links.and_(self.page.locator(f"[href*='/{path}']")) if path else links).first.click()
        self.page.wait_for_url(lambda url: urlsplit(url).path.strip("/") == path)
        self.settle()

    def speak(self, language: str) -> None:
        """Choose the language by its switch."""
        self.page.get_by_role("radio", name={"en": "English", "tr": "Türkçe"}[language]).click()
        self.page.wait_for_function(f"document.documentElement.lang === '{language}'")
        self.settle()

    def figure(self) -> None:
        """Wait for the first figure to be drawn."""
        self.page.locator(FIGURES).first.wait_for(timeout=1000 * PATIENCE_SECONDS)

    def press(self, name: str) -> None:
        """Press the button of that name; an arrow after it is not part of the name."""
        named = re.compile(rf"^\W*{re.escape(name)}( →)?$")
        with self.heard():
            self.page.get_by_role("button", name=named).locator("visible=true").first.click()

    def turn(self, name: str) -> None:
        """Choose one of several that stand side by side."""
        with self.heard():
            self.page.get_by_role("radio", name=name, exact=True).click()

    def write(self, label: str, text: str) -> None:
        """Write into the field of that name, as somebody who goes on with the keyboard."""
        field = self.page.get_by_label(label, exact=True).locator("visible=true").first
        field.fill(text)
        with self.heard():
            field.press("Tab")

    def fill(self, label: str, text: str) -> None:
        """Fill in a field of a form, which is heard when the form is sent."""
        self.page.get_by_label(label, exact=True).locator("visible=true").first.fill(text)

    def unfold(self, name: str) -> None:
        """Open what is folded under a heading that begins so."""
        self.page.locator("[data-testid='stExpander'] summary").filter(has_text=name).first.click()

    def sees(self, text: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until a text stands on the page, wherever that is."""
        self.page.get_by_text(text).first.wait_for(timeout=1000 * seconds)

    def tick(self, table: str, row: int, high: int = 35) -> None:
        """Tick a row of the table whose key begins so; the rows are drawn on a canvas, below a head of 35 pixels."""
        place = self.page.locator(f"[class*='st-key-{table}'] [data-testid='stDataFrame']").first
        with self.heard():
            place.click(position={"x": 15, "y": 35 + high * row + high // 2})

    def taken(self, label: str, ending: str) -> bytes:
        """What the browser is given by a button."""
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=re.compile(rf"^\W*{re.escape(label)}$")).first.click()
        assert download.value.suggested_filename.endswith(ending)
        return Path(download.value.path()).read_bytes()

    def text(self) -> str:
        """Everything that stands on the page."""
        return str(self.page.locator("[data-testid='stApp']").inner_text())

    def nameless(self) -> list[str]:
        """What can be used or looked at and has no name for those who do not see, as the browser tells a reader."""
        tree = self.page.context.new_cdp_session(self.page).send("Accessibility.getFullAXTree")["nodes"]
        return [
            f"{role} {node.get('backendDOMNodeId')}"
            for node in tree
            if not node.get("ignored")
            and (role := node.get("role", {}).get("value", "")) in NAMED_ROLES
            and not node.get("name", {}).get("value", "").strip()
        ]

    def stops(self) -> list[tuple[str, str, bool]]:
        """Every stop of the Tab key on this page, once round: tag, name, whether the focus can be seen."""
        self.page.add_style_tag(content="* { transition: none !important; animation: none !important; }")
        found: list[tuple[str, str, bool]] = []
        while len(found) < MOST_STOPS:
            self.page.keyboard.press("Tab")
            tag, name, seen = self.page.evaluate(_STOP)
            if tag == "BODY" or (found and (tag, name) == found[0][:2]):
                return found
            found.append((tag, name, seen))
        raise AssertionError(f"the Tab key does not come round: {found[-12:]}")

    def levels(self) -> list[int]:
        """Levels of the headings that stand on the page, from its top down."""
        heads = self.page.locator("[data-testid='stMain'] :is(h1, h2, h3, h4)").locator("visible=true").all()
        return [int(each.evaluate("each => each.tagName[1]")) for each in heads]

    def broken(self) -> int:
        """Faults that were shown with a traceback."""
        return int(self.page.locator("[data-testid='stException']").count())


@contextmanager
def browsing() -> Iterator[Any]:
    """A browser without a window."""
    from playwright import sync_api

    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def visitor(browser: Any, address: str) -> Visitor:
    """A new person with an empty browser, cut off from everything but the dashboard."""
    found = Visitor(browser.new_context(viewport=SIZE, accept_downloads=True).new_page(), address)

    def watch(route: Any) -> None:
        url = route.request.url
        if url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            found.outside.append(url)
            route.abort()

    found.page.add_init_script(f"({_RUNS})()")
    found.page.set_default_timeout(1000 * PATIENCE_SECONDS)
    found.page.route("**/*", watch)
    found.page.on("pageerror", lambda error: found.faults.append(str(error)))
    return found
