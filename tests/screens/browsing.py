"""A real browser on a served workspace: nothing but the loopback can be reached, and every text can be read."""

from __future__ import annotations

import os
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
from urllib.parse import urlsplit

import dashboard

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
SIZE = {"width": 1400, "height": 1000}
PATIENCE_SECONDS = 120.0
_IDLE = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-stale="true"]') && !document.querySelector('[data-testid="stSkeleton"]');
}"""
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
        rest = "".join(f"&{name}={value}" for name, value in query.items())
        self.page.goto(f"{self.address}/{path}?lang={language}{rest}")
        self.settle()

    def settle(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the script has run and nothing on the page is stale."""
        self.page.wait_for_function(_IDLE, timeout=1000 * seconds)

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
        """Press the button of that name."""
        self.page.get_by_role("button", name=name, exact=True).first.click()
        self.page.wait_for_timeout(150)  # the socket carries the click before the script is seen to run
        self.settle()

    def sees(self, text: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until a text stands on the page, wherever that is."""
        self.page.get_by_text(text).first.wait_for(timeout=1000 * seconds)

    def tick(self, table: str, row: int) -> None:
        """Tick a row of the table whose key begins so; the rows are drawn on a canvas, 35 pixels high."""
        from playwright.sync_api import Error

        place = self.page.locator(f"[class*='st-key-{table}']").first.locator("[data-testid='stDataFrame']")
        for again in (True, True, False):
            self.settle()
            try:
                place.scroll_into_view_if_needed()
                break
            except Error as error:  # drawn anew between looking and scrolling
                if not again or "not attached" not in str(error):
                    raise
        place.click(position={"x": 15, "y": 35 * (row + 1) + 17})

    def text(self) -> str:
        """Everything that stands on the page."""
        return str(self.page.locator("[data-testid='stApp']").inner_text())

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

    found.page.set_default_timeout(1000 * PATIENCE_SECONDS)
    found.page.route("**/*", watch)
    found.page.on("pageerror", lambda error: found.faults.append(str(error)))
    return found
