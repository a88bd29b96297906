"""In a real browser: every page draws, and nothing is asked of any other machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import dashboard
from dashboard.words import LANGUAGES, Words

pytestmark = pytest.mark.slow
PAGES = {"": "overview", "compare": "compare", "calibration": "calibration", "visit-plan": "plan"}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def address(full: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    entry = Path(dashboard.__file__).with_name("app.py")
    command = [sys.executable, "-m", "streamlit", "run", str(entry), "--server.port", str(port)]
    environment = {**os.environ, "TWIN_WORKSPACE": str(full)}
    server = subprocess.Popen(command, cwd=entry.parents[1], env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_every_page_draws_and_nothing_leaves_the_machine(address):
    playwright = pytest.importorskip("playwright.sync_api")
    outside: list[str] = []

    def watch(route) -> None:
        url = route.request.url
        if url.startswith((address, "data:", "blob:")):
            route.continue_()
        else:
            outside.append(url)
            route.abort()

    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for language in LANGUAGES:
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.route("**/*", watch)
            for path, group in PAGES.items():
                page.goto(f"{address}/{path}?lang={language}")
                page.get_by_role("heading", level=1, name=Words(language)(f"{group}.title")).wait_for(timeout=30_000)
                if group in ("overview", "compare", "plan"):
                    page.locator(
                        "[data-testid='stVegaLiteChart'] canvas, [data-testid='stVegaLiteChart'] svg"
                    ).first.wait_for()
                assert page.locator("[data-testid='stException']").count() == 0
        browser.close()
    assert outside == []
