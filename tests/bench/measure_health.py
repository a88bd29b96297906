"""Measurement 22: learning again after a season; beside it what the health card says in worlds of known form.

Worlds are those of :mod:`world_kinds`: kinds in turn, seeds fixed beforehand. The card's lights are shown by kind, so
that alarms in worlds of foreign form stand beside false alarms in the others.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from measuring import SEED, Measure, Part, once, part, shown
from world_kinds import KINDS, Kind, worlds

from twin.calibration.beliefs import Span, carried
from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.calibration.health.certificate import certify
from twin.calibration.health.examination import Depth, examine
from twin.market.history import History
from twin.market.world import World
from twin.tasks.data.ingest import run_ingest
from twin.tasks.demo_bundle import write_demo_bundle
from twin.tasks.learning.calibrate import run_calibration
from twin.tasks.learning.calibration_tables import parameter_table
from twin.tasks.learning.country import country_of
from twin.tasks.learning.recalibrate import learned_of
from twin.tasks.shelf import load_dataset
from twin.workspace.store import Workspace

SEASON, DRAWS = 26, 60
"""Weeks that are new; parameter draws."""
SIZE = {"n_outlets": 350, "n_territories": 4, "years": 3}
"""Of every world here, smaller than usual: each is calibrated up to four times."""
HISTORIES = 8
"""Of the certificate."""
QUICK_SECONDS = 300


@dataclass(frozen=True)
class Stood:
    """One world as the company sees it, and what was learned of it."""

    kind: Kind
    world: World
    history: History
    settings: CalibrationSettings
    calibration: Calibration


def stand(kind: Kind, seed: int) -> Stood:
    """Live one world, take in its bundle, learn it."""
    print(f"world {seed}: {kind.name}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_demo_bundle(place / "bundle", replace(kind.settings(seed), **SIZE))
        run_ingest(place / "workspace", place / "bundle")
        world, history, _ = load_dataset(Workspace.open(place / "workspace"))
    settings = CalibrationSettings(DRAWS, country=country_of(world, ""))
    return Stood(kind, world, history, settings, calibrate(world, history, settings))


def stood(n: int) -> list[Stood]:
    """The first n worlds."""
    return [once(f"health world {seed}", partial(stand, kind, seed)) for kind, seed in worlds(n)]


# --- learning again ----------------------------------------------------------------------------------------------


def again(n: int) -> list[Part]:
    """From scratch on everything, and from the posterior of a season ago: the same data count once in both."""
    off, moved = [], []
    for one in stood(n):
        first = one.history.origin - SEASON
        before = calibrate(one.world.as_of(first), one.history.before(first), one.settings)
        known = learned_of(parameter_table(before))
        spans = Span(one.history.first_week, first), Span(one.history.first_week, one.history.origin)
        beliefs = carried(known, *spans, "the season before")
        later = calibrate(one.world, one.history, replace(one.settings, beliefs=beliefs))
        scratch, resumed = ({e.name: e.draws for e in c.estimates()} for c in (one.calibration, later))
        spread = {name: draws.std() for name, draws in scratch.items() if draws.std() > 0}
        off.append({name: abs(np.median(resumed[name]) - np.median(scratch[name])) / sd for name, sd in spread.items()})
        moved.append(float(np.mean([value > 1e-9 for value in off[-1].values()])))
    names = {name for each in off for name in each}
    largest = {name: max(each.get(name, 0.0) for each in off) for name in names}
    worst = max(largest, key=lambda name: largest[name])
    words = "largest distance of a median, resumed from scratch, posterior standard deviations"
    return [
        part(words, largest[worst], "<= 0.5", largest[worst] <= 0.5, worst),
        shown("parameters that start from earlier data, part of all", float(np.mean(moved))),
        shown("distance by parameter", {name: round(largest[name], 3) for name in sorted(names) if largest[name] > 0}),
    ]


def quick(n: int) -> list[Part]:
    """A season later in quick mode, the examination included."""
    kind = KINDS[0]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_demo_bundle(place / "bundle", replace(kind.settings(SEED), **SIZE))
        run_ingest(place / "workspace", place / "bundle")
        clock = time.perf_counter()
        run_calibration(Workspace.open(place / "workspace"), settings=CalibrationSettings(), mode="quick")
        seconds = time.perf_counter() - clock
    return [part("quick mode with the health card, 350 outlets, seconds", seconds, "<= 300", seconds <= QUICK_SECONDS)]


# --- the health card ---------------------------------------------------------------------------------------------


def card(n: int) -> list[Part]:
    """How often the card asks for a look, by kind of world and by light."""
    rows = []
    for one in stood(n):
        found = examine(one.calibration, one.world, one.history, one.settings, None, Depth(answers=False)).card
        lights = {check.name: check.verdict for check in found.checks}
        rows.append((one.kind, found.verdict, lights))
    parts = []
    for words, foreign in (("worlds of foreign form", True), ("worlds of the simulator's own form", False)):
        each = [row for row in rows if row[0].foreign == foreign]
        alarmed = np.mean([verdict != "pass" for _, verdict, _ in each]) if each else float("nan")
        lit = Counter(
            name for _, _, lights in each for name, verdict in lights.items() if verdict in ("review", "fail")
        )
        failed = Counter(name for _, _, lights in each for name, verdict in lights.items() if verdict == "fail")
        parts.append(shown(f"card says review or fail, {words}", float(alarmed), n=len(each)))
        parts.append(shown(f"lights that are not green, {words}", dict(lit.most_common()), n=len(each)))
        parts.append(shown(f"lights that are red, {words}", dict(failed.most_common()), n=len(each)))
    kinds = {kind.name: [verdict for other, verdict, _ in rows if other.name == kind.name] for kind, _, _ in rows}
    return [*parts, shown("verdicts by kind of world", kinds, n=len(rows))]


def certificate(n: int) -> list[Part]:
    """The recovery certificate of one usual world: what it says, parameter by parameter."""
    one = stood(1)[0]
    found = certify(one.calibration, one.world, one.history, HISTORIES, one.settings)
    words = f"certificate of {HISTORIES} histories: part of truths inside 80 %, by parameter"
    by_name = {row.name: round(row.coverage, 2) for row in found.parameters}
    return [
        shown("certificate: part of identified truths inside 80 %", found.coverage, n=HISTORIES),
        shown(words, by_name, n=HISTORIES),
        shown(
            "certificate: bias in posterior standard deviations",
            {row.name: round(row.bias_sds, 2) for row in found.parameters},
            n=HISTORIES,
        ),
    ]


MEASURES = (
    Measure("22", "Learning again after a season", "made up", again, worlds=3, fixed=True),
    Measure("22", "Learning again after a season", "made up", card, worlds=10),
    Measure("22", "Learning again after a season", "made up", certificate, worlds=1, fixed=True),
    Measure("22", "Learning again after a season", "made up", quick, worlds=1, fixed=True),
)
