"""Kills at random moments during an ingest: what is published afterwards is the old state or the new, never a part.

``python tests/bench/kills.py --kills 300`` starts ``twin ingest`` of a small bundle again and again in a process of its
own, kills it with SIGKILL at a moment that is drawn evenly over its whole life, and looks at the workspace each time:
every file that a version names is sound, the newest dataset is the one before or the one that was being made, and it is
read to its end. Every tenth kill the same command is run to its end and must publish.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twin.tasks.shelf import DATASET, load_dataset
from twin.tasks.versions import contents_of
from twin.workspace.store import Workspace

_SALES = "date,customer_id,brand,volume\n"
_CUSTOMERS = 60
RESUME_EVERY = 10


@dataclass
class Tally:
    """What came of the kills."""

    kills: int = 0
    too_late: int = 0
    phases: Counter = field(default_factory=Counter)
    states: Counter = field(default_factory=Counter)
    resumed: int = 0
    faults: list[str] = field(default_factory=list)


def write_season(folder: Path, season: int) -> Path:
    """A small bundle whose later months differ from season to season."""
    folder.mkdir(parents=True, exist_ok=True)
    months = [f"{year}-{month:02d}-01" for year in (2023, 2024) for month in range(1, 13)]
    rows = [f"{day},K{k},Ours,{1 + (k * place) % 7 + (season if place > 20 else 0)}"
            for place, day in enumerate(months) for k in range(_CUSTOMERS)]  # fmt: skip
    (folder / "customers.csv").write_text(
        "customer_id,name\n" + "".join(f"K{k},Bakkal {k}\n" for k in range(_CUSTOMERS))
    )
    (folder / "brands.csv").write_text("brand,owner\nOurs,us\n")
    (folder / "sales.csv").write_text(_SALES + "\n".join(rows) + "\n")
    return folder


def command(workspace: Path, bundle: Path) -> list[str]:
    """``twin ingest`` in a process of its own."""
    return [
        sys.executable,
        "-m",
        "twin",
        "ingest",
        str(bundle),
        "-w",
        str(workspace),
        "--replace",
        "--accept",
        "--json",
    ]


def life_of(workspace: Path, bundle: Path) -> tuple[float, float]:
    """Seconds until an ingest first says something, and until it ends."""
    began = time.monotonic()
    with subprocess.Popen(command(workspace, bundle), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        process.stderr.readline()
        first = time.monotonic() - began
        process.communicate()
    return first, time.monotonic() - began


def kill_once(workspace: Path, bundle: Path, after: float) -> tuple[bool, str]:
    """Whether the process still lived when it was killed, and what it had said last."""
    with subprocess.Popen(
        command(workspace, bundle), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
    words = [line for line in said.splitlines() if line.startswith("[")]
    return process.returncode == -signal.SIGKILL, words[-1] if words else "[-] starting"


def state_of(workspace: Path) -> tuple[str, list[str]]:
    """Id of the newest dataset, read to its end, and whatever is wrong with the workspace."""
    if not (workspace / "catalogue.sqlite").exists():
        return "", []
    store = Workspace.open(workspace, create=False)
    faults = store.verify()
    version = store.head(DATASET)
    if version is None:
        return "", faults
    try:
        world, history, _ = load_dataset(store, version)
        tables = contents_of(store, version)
        if (
            len(tables["sales"]) != version.meta["rows"]["sales"]
            or not len(world.population)
            or not len(history.own_sales)
        ):
            faults.append(f"{version.id}: rows are missing")
    except Exception as error:  # whatever it is, a reader would have met it
        faults.append(f"{version.id}: {error!r}")
    return version.id, faults


def run(n_kills: int, seed: int, folder: Path, stretch: float = 1.1) -> Tally:
    """Kill and look, ``n_kills`` times."""
    dice, workspace, tally = np.random.default_rng(seed), folder / "workspace", Tally()
    bundles = [write_season(folder / f"season-{season}", season) for season in range(2)]
    # what each season's version is called, told by a workspace that nobody disturbs
    ids = []
    for bundle in bundles:
        subprocess.run(command(folder / "quiet", bundle), check=True, capture_output=True)
        ids.append(state_of(folder / "quiet")[0])
    _, life = life_of(folder / "timing", bundles[0])
    turn, before = 0, ""
    while tally.kills < n_kills:
        alive, phase = kill_once(workspace, bundles[turn], float(dice.uniform(0.0, stretch * life)))
        now, faults = state_of(workspace)
        tally.faults.extend(faults)
        if now not in (before, ids[turn]):
            tally.faults.append(f"neither the old nor the new state: {now or 'nothing'}")
        if alive:
            tally.kills += 1
            tally.phases[phase] += 1
            tally.states["new" if now == ids[turn] != before else "old"] += 1
        else:
            tally.too_late += 1
        before = now
        if alive and tally.kills % RESUME_EVERY == 0:
            done = subprocess.run(command(workspace, bundles[turn]), capture_output=True, check=False)
            before, faults = state_of(workspace)
            tally.faults.extend(faults)
            tally.resumed += 1
            if done.returncode or before != ids[turn]:
                tally.faults.append(f"the same command did not finish: status {done.returncode}")
        turn = 1 - turn if now == ids[turn] else turn
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what came of it; status 1 with any fault."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--kills", type=int, default=300)
    ask.add_argument("--seed", type=int, default=1)
    options = ask.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="twin-kills-") as folder:
        tally = run(options.kills, options.seed, Path(folder))
    print(json.dumps({
        "kills": tally.kills, "ended_before_the_kill": tally.too_late, "by_phase": dict(tally.phases),
        "state_after": dict(tally.states), "run_again_to_the_end": tally.resumed, "faults": tally.faults,
    }, ensure_ascii=False))  # fmt: skip
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
