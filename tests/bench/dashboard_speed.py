"""How fast the dashboard is: first sight, change of page, twenty people at once, and all that beside a calibration.

    python tests/bench/dashboard_speed.py --customers 3000 100000 --out build/dashboard.json

Workspaces are made with the project's own made-up markets (few draws: pages show summaries, whose size does not depend
on them) and are used again when they stand. Times are wall times of this machine, whose load is printed beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "screens"))

import websockets
from browsing import browsing, serving, visitor
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from twin.calibration.calibrate import CalibrationSettings
from twin.market.synthetic_settings import SyntheticSettings
from twin.tasks.data.ingest import run_ingest
from twin.tasks.demo_bundle import write_demo_bundle
from twin.tasks.forecasts.forecast import ForecastSettings, run_forecast
from twin.tasks.learning.calibrate import run_calibration
from twin.tasks.plans.plan import run_plan
from twin.tasks.service import jobs
from twin.workspace.store import Workspace

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = [ROOT / "scenarios" / f"{name}.toml" for name in ("light_the_dark_side", "status_quo_more_calls")]
YEARS = {True: 2, False: 4}
REPEATS = 5
SESSIONS = 20
TURNS = 6
LOOK_SECONDS = 2.0
"""How long a person looks at a page before leaving it: without a graphics card the overview's map is drawn so long."""
THINK_SECONDS = {"crowd": 10.0, "crowd_in_a_hurry": 2.0}
"""How long each person looks at a page: as people read, and as a strain."""
Found = TypeVar("Found")


def make(folder: Path, n_customers: int) -> Path:
    """A workspace of so many customers, with every kind of result."""
    if (folder / "ready").is_file():
        return folder
    large = n_customers > 20_000
    zones = 100 if large else 8
    settings = SyntheticSettings(
        n_outlets=n_customers, n_territories=zones, years=YEARS[large],
        outlets_per_rep=n_customers // zones, outlets_per_brick=200 if large else 25,
    )  # fmt: skip
    began = time.monotonic()
    write_demo_bundle(folder / "bundle", settings, truth=False)
    print(f"{n_customers} customers: written in {time.monotonic() - began:.0f} s", flush=True)
    run_ingest(folder, folder / "bundle")
    print(f"ingested after {time.monotonic() - began:.0f} s", flush=True)
    workspace = Workspace.open(folder)
    run_calibration(workspace, None, CalibrationSettings(6, 0, "TR"), mode="none")
    print(f"calibrated after {time.monotonic() - began:.0f} s", flush=True)
    run_forecast(workspace, SCENARIOS, ForecastSettings(26, 4, 1, 1))
    print(f"forecast after {time.monotonic() - began:.0f} s", flush=True)
    run_plan(workspace, SCENARIOS[0], n_weeks=4)
    print(f"planned after {time.monotonic() - began:.0f} s", flush=True)
    (folder / "ready").touch()
    return folder


# --- one person, in a browser ------------------------------------------------------------------------------------


def first_sights(address: str, browser: Any, names: list[str]) -> dict[str, dict[str, float]]:
    """Seconds from typing an address to the title and to the finished page, with an empty browser; bytes received."""
    found = {}
    for name in names:
        titles, wholes, received = [], [], []
        for _ in range(REPEATS):
            person, size = visitor(browser, address), [0]
            person.page.on("websocket", lambda socket, size=size: socket.on(
                "framereceived", lambda frame: size.__setitem__(0, size[0] + len(frame))))  # fmt: skip
            began = time.monotonic()
            person.page.goto(f"{address}/{name}?lang=en")
            person.page.get_by_role("heading", level=1).first.wait_for(timeout=120_000)
            titles.append(time.monotonic() - began)
            person.settle(120)
            wholes.append(time.monotonic() - began)
            received.append(size[0] / 1e6)
            person.page.context.close()
        found[name] = {
            "title_median": statistics.median(titles), "title_p95": p95(titles),
            "whole_median": statistics.median(wholes), "whole_p95": p95(wholes),
            "socket_mb": statistics.median(received),
        }  # fmt: skip
    return found


def changes(address: str, browser: Any, names: list[str]) -> dict[str, dict[str, float]]:
    """Seconds from a click in the menu to the page's title and to its rest, results cached."""
    person = visitor(browser, address)
    person.open("", "en")
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    links = person.page.locator("[data-testid='stSidebarNavLink']")
    links.last.click()  # the first change of every round leads away from another page
    person.settle(120)
    for _ in range(REPEATS + 1):
        for place, name in enumerate(names):
            time.sleep(LOOK_SECONDS)
            before = person.page.get_by_role("heading", level=1).first.inner_text()
            began = time.monotonic()
            links.nth(place).click()
            if len(names) > 1:
                person.page.wait_for_function(
                    "before => { const h = document.querySelector('h1'); return h && h.innerText !== before; }",
                    arg=before, timeout=120_000,
                )  # fmt: skip
            title = time.monotonic() - began
            person.settle(120)
            times[name].append((title, time.monotonic() - began))
    person.page.context.close()
    return {
        name: {
            "title_median": statistics.median(title for title, _ in each[1:]),
            "whole_median": statistics.median(whole for _, whole in each[1:]),
            "whole_p95": p95([whole for _, whole in each[1:]]),
        }
        for name, each in times.items()
    }


# --- many people, on the socket alone ----------------------------------------------------------------------------


async def _run(socket: Any, query: str, page: str) -> tuple[float, int, dict[str, str]]:
    """Ask for a page; seconds until its script has ended, bytes, and pages of the menu by address."""
    wish = BackMsg()
    wish.rerun_script.query_string = query
    wish.rerun_script.page_script_hash = page
    began, size, menu = time.monotonic(), 0, {}
    await socket.send(wish.SerializeToString())
    while True:
        raw = await asyncio.wait_for(socket.recv(), 300)
        size += len(raw)
        told = ForwardMsg.FromString(raw)
        kind = told.WhichOneof("type")
        if kind == "navigation":
            menu = {each.url_pathname: each.page_script_hash for each in told.navigation.app_pages}
        if kind == "script_finished" and told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
            return time.monotonic() - began, size, menu


async def _person(address: str, place: int, turns: int, think: float, times: list[float]) -> None:
    url = address.replace("http", "ws") + "/_stcore/stream"
    async with websockets.connect(url, subprotocols=["streamlit"], max_size=None) as socket:
        await asyncio.sleep(think * place / SESSIONS)
        _, _, menu = await _run(socket, "lang=en", "")
        pages = sorted(menu.values())
        for turn in range(turns):
            await asyncio.sleep(think)
            took, _, _ = await _run(socket, "lang=en", pages[(place + turn) % len(pages)])
            times.append(took)


def apart(work: Coroutine[Any, Any, Found]) -> Found:
    """What asynchronous work finds, in a thread of its own: the browser's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def crowd(address: str, think: float, n: int = SESSIONS, turns: int = TURNS) -> dict[str, float]:
    """Seconds of a change of page on the server's side while many people look around at once.

    Parameters
    ----------
    address : str
    think : float
        Seconds that each person looks at a page before the next.
    n : int
        People.
    turns : int
        Changes of page of each.
    """
    times: list[float] = []

    async def all_of_them() -> None:
        await asyncio.gather(*(_person(address, place, turns, think, times) for place in range(n)))

    apart(all_of_them())
    return {
        "sessions": n,
        "think_s": think,
        "changes": len(times),
        "median": statistics.median(times),
        "p95": p95(times),
    }


def costs(address: str, pid: int) -> dict[str, dict[str, float]]:
    """CPU seconds of the server and bytes for each page, results cached: what does not hang on who else computes."""

    async def look() -> dict[str, dict[str, float]]:
        url = address.replace("http", "ws") + "/_stcore/stream"
        found = {}
        async with websockets.connect(url, subprotocols=["streamlit"], max_size=None) as socket:
            _, _, menu = await _run(socket, "lang=en", "")
            for name, page in menu.items():
                await _run(socket, "lang=en", page)  # fills the caches
                before = _cpu(pid)
                sizes = [(await _run(socket, "lang=en", page))[1] for _ in range(REPEATS)]
                found[name or "overview"] = {
                    "cpu_s": (_cpu(pid) - before) / REPEATS, "mb": statistics.median(sizes) / 1e6
                }  # fmt: skip
        return found

    return apart(look())


# --- the whole ---------------------------------------------------------------------------------------------------


def measure(folder: Path, n_customers: int, browser: Any, calibrating: bool) -> dict[str, Any]:
    """All measurements on one workspace."""
    began = time.monotonic()
    with serving(folder) as (address, server):
        answered = time.monotonic() - began
        time.sleep(1.0)
        _quiet(server.pid)
        found: dict[str, Any] = {
            "customers": n_customers, "server_answers_s": answered, "server_ready_s": time.monotonic() - began,
            "load": os.getloadavg()[0], "server_mb": memory(server.pid),
        }  # fmt: skip
        found["cost"] = costs(address, server.pid)
        names = _names(address, browser)
        changes(address, browser, names)  # every page once: what is cached is what is measured
        found["first_sight"] = first_sights(address, browser, names)
        found["change"] = changes(address, browser, names)
        found |= _crowds(address, server.pid, "")
        if calibrating:
            job = jobs.start(folder, "calibrate", ["--mode", "full"])
            time.sleep(5.0)
            found["change_beside_calibration"] = changes(address, browser, names)
            found |= _crowds(address, server.pid, "_beside_calibration")
            jobs.cancel(folder, job.id)
    return found


def _crowds(address: str, pid: int, ending: str) -> dict[str, dict[str, float]]:
    return {
        f"{name}{ending}": {**crowd(address, think), "load": os.getloadavg()[0], "server_mb": memory(pid)}
        for name, think in THINK_SECONDS.items()
    }


def _names(address: str, browser: Any) -> list[str]:
    person = visitor(browser, address)
    person.open("", "en")
    links = person.page.locator("[data-testid='stSidebarNavLink']").all()
    names = [urlsplit(link.get_attribute("href") or "").path.strip("/") for link in links]
    person.page.context.close()
    return names


def _quiet(pid: int) -> None:
    """Wait until the server has read in what it needs."""
    before = -1.0
    while (now := _cpu(pid)) - before > 0.05:
        before = now
        time.sleep(1.0)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Resident memory of a process: MB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def p95(values: list[float]) -> float:
    """95th percentile; the largest where there are few."""
    ordered = sorted(values)
    return ordered[min(int(0.95 * len(ordered)), len(ordered) - 1)]


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="+", default=[3000])
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "dashboard")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "dashboard.json")
    parser.add_argument("--only-make", action="store_true")
    parser.add_argument("--no-calibration", action="store_true")
    options = parser.parse_args()
    folders = {n: make(options.folder / f"customers_{n}", n) for n in options.customers}
    if options.only_make:
        return
    found = []
    with browsing() as browser:
        for n, folder in folders.items():
            found.append(measure(folder, n, browser, not options.no_calibration))
            print(json.dumps(found[-1], indent=1), flush=True)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
