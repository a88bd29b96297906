"""Measurement 22: learning again after a season; beside it what the health card says in worlds of known form.

Worlds are those of :mod:`world_kinds`: kinds in turn, seeds fixed beforehand. The card's verdict stands beside what is
true: a card flatters that passes where the answer is off, and cries wolf that does not pass where it is right.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measuring import MORE, SEED, Measure, Part, once, part, shown
from scenario_marks import CLEAR, inside
from scenario_worlds import state_of
from world_kinds import KINDS, Kind, worlds

from twin.calibration.beliefs import Span, carried
from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.calibration import Calibration
from twin.calibration.health.certificate import certify
from twin.calibration.health.examination import examine
from twin.calibration.market_draw import lay_out_draw
from twin.forecast.lived_history import live_history
from twin.forecast.true_future import true_counterfactual, visit_elasticity
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
WEEKS, LUCK = 52, 8
"""Of the year in which a tenth more visits are made, in truth and as said."""
OFF = 0.25
"""An answer is off that errs by more than this part of the truth while its 80 % interval does not hold it."""


@dataclass(frozen=True)
class Stood:
    """One world as the company sees it, and what was learned of it."""

    kind: Kind
    seed: int
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
    return Stood(kind, seed, world, history, settings, calibrate(world, history, settings))


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
    """A season later in quick mode, the examination included; CPU seconds bound what the clock shows when idle."""
    kind = KINDS[0]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_demo_bundle(place / "bundle", replace(kind.settings(SEED), **SIZE))
        run_ingest(place / "workspace", place / "bundle")
        clock = time.process_time()
        run_calibration(Workspace.open(place / "workspace"), settings=CalibrationSettings(), mode="quick", n_threads=1)
        taken = time.process_time() - clock
    return [part("quick mode with the health card, 350 outlets, CPU seconds", taken, "<= 300", taken <= QUICK_SECONDS)]


# --- the health card ---------------------------------------------------------------------------------------------


def judged_card(one: Stood) -> dict[str, Any]:
    """What the card says of one world, beside what it should have known."""
    lived = live_history(replace(one.kind.settings(one.seed), **SIZE))
    found = examine(one.calibration, one.world, one.history, one.settings)
    serving = one.world.reps.serving(one.world.origin)
    markets = [lay_out_draw(one.calibration, one.world, one.history, draw, WEEKS) for draw in range(DRAWS)]
    elasticity = [state_of(market, serving)["elasticity of goodwill, habit held"] for market in markets]
    true = true_counterfactual(lived.settings, [MORE], LUCK, WEEKS, lived=lived).own_volume_pct[1]
    answers = () if found.answers is None else found.answers.more_visits_pct
    return {
        "kind": one.kind,
        "verdict": found.card.verdict,
        "because": found.card.because,
        "lights": {check.name: check.verdict for check in found.card.checks},
        "elasticity": answer(elasticity, visit_elasticity(lived), 0.0),
        "a tenth more": answer(list(answers), float(true), CLEAR),
    }


def answer(said: list[float], true: float, clear: float) -> dict[str, Any]:
    """One answer beside the truth; an error is relative where the truth is clear of nought."""
    mean, holds = float(np.mean(said)), inside(said, true)
    error = (mean - true) / max(abs(true), clear, 1e-9)
    return {"true": true, "said": mean, "error": error, "holds": holds, "off": abs(error) > OFF and not holds}


def by_kind(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The table of the card: kinds of worlds, verdicts with their reasons, errors."""
    table = {}
    for kind in dict.fromkeys(row["kind"].name for row in rows):
        each = [row for row in rows if row["kind"].name == kind]
        said = Counter(row["verdict"] for row in each)
        table[kind] = {
            "n": len(each),
            **{verdict: said[verdict] for verdict in ("pass", "review", "fail")},
            "because": ", ".join(f"{name} {k}" for name, k in Counter(x for r in each for x in r["because"]).items()),
            **{
                f"{what}: {figure}": float(np.mean([row[what][figure] for row in each]))
                for what in ("elasticity", "a tenth more")
                for figure in ("true", "said", "error", "holds")
            },
            "worlds off": sum(row["elasticity"]["off"] or row["a tenth more"]["off"] for row in each),
        }
    return table


def card(n: int) -> list[Part]:
    """The card's verdict where the answer is right, and where it is off."""
    rows = [judged_card(one) for one in stood(n)]
    off = [row for row in rows if row["elasticity"]["off"] or row["a tenth more"]["off"]]
    right = [row for row in rows if row not in off]
    lit = Counter(name for row in rows for name, verdict in row["lights"].items() if verdict in ("review", "fail"))
    passes, alarms = (sum(row["verdict"] == "pass" for row in off), sum(row["verdict"] != "pass" for row in right))
    return [
        shown(f"worlds whose answer is off (beyond {OFF:.0%} and outside of its 80 % interval)", len(off), n=len(rows)),
        shown("of these the card passes", passes, n=len(off)),
        shown("worlds whose answer is right, of which the card asks for a look or fails", alarms, n=len(right)),
        shown("lights that are not green", dict(lit.most_common()), n=len(rows)),
        shown("the health card by kind of world", by_kind(rows), n=len(rows)),
    ]


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
    Measure("22", "Learning again after a season", "made up", again, worlds=20),
    Measure("22", "Learning again after a season", "made up", card, worlds=10),
    Measure("22", "Learning again after a season", "made up", certificate, worlds=1, fixed=True),
    Measure("22", "Learning again after a season", "made up", quick, worlds=1, fixed=True),
)
