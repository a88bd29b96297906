"""Kills at random moments during an ingest: what is published afterwards is the old state or the new, never a part.

``python tests/bench/kills.py --kills 300`` starts ``twin ingest`` of a small bundle again and again in a process of its
own, kills it with SIGKILL at a moment that is drawn evenly over its whole life, and looks at the workspace each time:
every file that a version names is sound, the newest dataset is the one before or the one that was being made, and it is
read to its end. Every tenth kill the same command is run to its end and must publish. The tally is printed as it goes;
with ``--folder`` it is kept there after every kill, and the same command carries on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from twin import cli
from twin.tasks.data import ingest as _ingest  # noqa: F401 - its modules are at hand before the first child
from twin.tasks.data.versions import contents_of
from twin.tasks.shelf import DATASET, load_dataset
from twin.workspace.store import Workspace

_SALES = "date,customer_id,brand,volume\n"
_CUSTOMERS = 12
_TALLY = "tally.json"
RESUME_EVERY = 10


@dataclass
class Tally:
    """What came of the kills."""

    kills: int = 0
    too_late: int = 0
    before: str = ""
    turn: int = 0
    life: float = 0.0
    ids: list[str] = field(default_factory=list)
    moments: Counter = field(default_factory=Counter)
    states: Counter = field(default_factory=Counter)
    resumed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def tries(self) -> int:
        """Commands that were begun to be killed."""
        return self.kills + self.too_late

    def said(self) -> dict[str, object]:
        """In plain form."""
        return {
            "kills": self.kills, "ended_before_the_kill": self.too_late,
            "by_part_of_its_life": dict(sorted(self.moments.items())), "state_after": dict(self.states),
            "run_again_to_the_end": self.resumed, "faults": self.faults,
        }  # fmt: skip


def kept(folder: Path) -> Tally:
    """The tally of a folder; a new one where there is none."""
    if not (folder / _TALLY).is_file():
        return Tally()
    found = json.loads((folder / _TALLY).read_text())
    return Tally(**{**found, "moments": Counter(found["moments"]), "states": Counter(found["states"])})


def keep(folder: Path, tally: Tally) -> None:
    """Write the tally down, whole or not at all."""
    (folder / f"{_TALLY}.new").write_text(json.dumps(vars(tally)))
    (folder / f"{_TALLY}.new").replace(folder / _TALLY)


def write_season(folder: Path, season: int) -> Path:
    """A small bundle whose later months differ from season to season."""
    folder.mkdir(parents=True, exist_ok=True)
    months = [f"{year}-{month:02d}-01" for year in (2024,) for month in range(1, 13)]
    rows = [f"{day},K{k},Ours,{1 + (k * place) % 7 + (season if place > 8 else 0)}"
            for place, day in enumerate(months) for k in range(_CUSTOMERS)]  # fmt: skip
    (folder / "customers.csv").write_text(
        "customer_id,name\n" + "".join(f"K{k},Bakkal {k}\n" for k in range(_CUSTOMERS))
    )
    (folder / "brands.csv").write_text("brand,owner\nOurs,us\n")
    (folder / "sales.csv").write_text(_SALES + "\n".join(rows) + "\n")
    return folder


def words(workspace: Path, bundle: Path) -> list[str]:
    """Of ``twin ingest``."""
    return ["ingest", str(bundle), "-w", str(workspace), "--replace", "--accept", "--json"]


def begin(workspace: Path, bundle: Path) -> int:
    """``twin ingest`` in a process of its own; its number.

    A child of this process has all modules at hand, so that its life is the ingest and not the start of Python.
    """
    child = os.fork()
    if child:
        return child
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(quiet, stream)
    status = 70
    try:
        status = cli.main(words(workspace, bundle))
    finally:
        os._exit(status)


def life_of(workspace: Path, bundle: Path) -> float:
    """Seconds of an ingest that nobody disturbs, in the middle of five."""
    spent = []
    for _ in range(5):
        began = time.monotonic()
        child = begin(workspace, bundle)
        _, status = os.waitpid(child, 0)
        if status:
            raise SystemExit(f"an undisturbed ingest ended with {status}")
        spent.append(time.monotonic() - began)
    return float(np.median(spent))


def kill_once(workspace: Path, bundle: Path, after: float) -> bool:
    """Whether the process still lived when it was killed."""
    child = begin(workspace, bundle)
    stop = time.monotonic() + after
    while time.monotonic() < stop:
        done, _ = os.waitpid(child, os.WNOHANG)
        if done:
            return False
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


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
    """Kill and look, until ``n_kills`` are made in all."""
    workspace, tally = folder / "workspace", kept(folder)
    bundles = [write_season(folder / f"season-{season}", season) for season in range(2)]
    if not tally.ids:
        for bundle in bundles:  # what each season's version is called, told by a workspace that nobody disturbs
            tally.life = life_of(folder / "quiet", bundle)
            tally.ids.append(state_of(folder / "quiet")[0])
    while tally.kills < n_kills:
        _one(tally, np.random.default_rng([seed, tally.tries]), workspace, bundles, stretch)
        keep(folder, tally)
        if tally.kills and tally.kills % RESUME_EVERY == 0:
            print(json.dumps(tally.said(), ensure_ascii=False), file=sys.stderr, flush=True)
    return tally


def _one(tally: Tally, dice: np.random.Generator, workspace: Path, bundles: Sequence[Path], stretch: float) -> None:
    """One kill, and a look at what it left."""
    share = float(dice.uniform(0.0, stretch))
    alive = kill_once(workspace, bundles[tally.turn], share * tally.life)
    now, faults = state_of(workspace)
    tally.faults.extend(faults)
    wanted = tally.ids[tally.turn]
    if now not in (tally.before, wanted):
        tally.faults.append(f"neither the old nor the new state: {now or 'nothing'}")
    if alive:
        tally.kills += 1
        tally.moments[f"{int(share * 10) / 10:.1f}"] += 1
        tally.states["new" if now == wanted != tally.before else "old"] += 1
    else:
        tally.too_late += 1
    if alive and tally.kills % RESUME_EVERY == 0:
        _, status = os.waitpid(begin(workspace, bundles[tally.turn]), 0)
        now, faults = state_of(workspace)
        tally.faults.extend(faults)
        tally.resumed += 1
        if status or now != wanted:
            tally.faults.append(f"the same command did not finish: {status}")
    tally.before = now
    tally.turn = 1 - tally.turn if now == wanted else tally.turn


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what came of it; status 1 with any fault."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--kills", type=int, default=300)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--folder", type=Path, help="where the tally and the workspace are kept, to be carried on")
    options = ask.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="twin-kills-") as made:
        folder = options.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        tally = run(options.kills, options.seed, folder)
    print(json.dumps(tally.said(), ensure_ascii=False))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
