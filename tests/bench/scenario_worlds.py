"""One made-up world, calibrated as ``twin calibrate --mode none`` does and forecast, beside what is true of it.

What was learned is kept under ``build/worlds`` by the content of settings and code, so that a second look is cheap.
``python tests/bench/scenario_worlds.py [--worlds N]`` prints parameters and scenarios over the worlds.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import BUILD, ROOT, plain
from demo_truth import true_alignments
from scenario_marks import MARKS, marks, parameter_table, scenario_table
from world_kinds import KINDS, Kind, worlds

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.market_draw import lay_out_draw
from twin.forecast.ensemble import EnsembleSettings, simulate
from twin.forecast.flags import flags_of
from twin.forecast.forecast import own_and_category
from twin.forecast.lived_history import Lived, live_history
from twin.forecast.true_future import true_counterfactual
from twin.market.synthetic_settings import SyntheticSettings
from twin.market.world import World
from twin.response import curves, journey
from twin.response.market import Market
from twin.scenario.scenario import FieldForce, RepChange, Scenario, Targeting
from twin.tasks.data.ingest import run_ingest
from twin.tasks.demo_bundle import write_demo_bundle
from twin.tasks.forecasts.forecast import alignment_of
from twin.tasks.learning.country import country_of
from twin.tasks.shelf import Twin, load_dataset
from twin.weeks import WEEKS_PER_YEAR
from twin.workspace.store import Workspace

WEEKS, DRAWS, RUNS, LUCK, TRUE_LUCK = 52, 100, 40, 2, 64
"""Runs and luck are those of `twin forecast`; the truth has so many lucks that its mean is known to 0.2 points."""
_TRUTH = ("agents", "engine", "response", "market", "scenario", "geography", "forecast")
_LEARNED = (*_TRUTH, "calibration", "potential", "intake")
"""Parts of the program that decide what is true, and what is learned."""
VACANT = "T1"


def scenarios(balanced: bool) -> tuple[Scenario, ...]:
    """What is asked of every world; balanced territories of a few, for drawing them takes long."""
    leaves = RepChange(VACANT, -1)
    every = (
        Scenario("more visits", field_force=FieldForce(capacity_factor=1.1)),
        Scenario("dark side", targeting=Targeting(unknown_share=0.33, unknown_rank="potential")),
        Scenario("by potential", targeting=Targeting(known_rank="potential")),
        Scenario("vacancy", field_force=FieldForce(changes=(leaves,))),
    )
    return (*every, Scenario("balanced", field_force=FieldForce(alignment="balanced"))) if balanced else every


def look(kind: Kind, seed: int) -> dict[str, Any]:
    """What is true of one world and what was learned of it; from the shelf where nothing has changed since."""
    settings = kind.settings(seed)
    name = hashlib.blake2b(
        json.dumps([asdict(settings), code(_LEARNED), WEEKS, DRAWS, RUNS, LUCK, TRUE_LUCK], default=str).encode(),
        digest_size=12,
    ).hexdigest()
    path = BUILD / "worlds" / f"{name}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        found = plain(
            _learn(settings, kind.name == KINDS[0].name) | {"kind": kind.name, "foreign": kind.foreign, "seed": seed}
        )
        path.write_text(json.dumps(found), encoding="utf-8")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


@functools.cache
def code(packages: tuple[str, ...]) -> str:
    """Digest of the program's source that a result depends on, as it was when it was first asked for."""
    files = [path for name in packages for path in sorted((ROOT / "twin" / name).rglob("*.py"))]
    lines = b"".join(path.read_bytes() for path in [*files, Path(__file__)])
    return hashlib.blake2b(lines, digest_size=8).hexdigest()


def _learn(settings: SyntheticSettings, balanced: bool) -> dict[str, Any]:
    clock, seconds = time.process_time(), {}
    lived = live_history(settings)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write_demo_bundle(place / "bundle", settings, truth=False)
        run_ingest(place, place / "bundle")
        workspace = Workspace.open(place)
        seconds["world"], clock = time.process_time() - clock, time.process_time()
        world, history, dataset = load_dataset(workspace)
    # what `twin calibrate --mode none` learns, without the examination that comes after it
    learned = calibrate(world, history, CalibrationSettings(DRAWS, country=country_of(world, "")))
    twin = Twin(world, history, learned, dataset, dataset)
    seconds["calibrate"], clock = time.process_time() - clock, time.process_time()
    moves = scenarios(balanced)
    maps = {move.name: drawn for move in moves if (drawn := alignment_of(move, twin)) is not None}
    said = simulate(twin.world, twin.history, twin.calibration, moves, EnsembleSettings(WEEKS, RUNS, LUCK, 1), maps)
    seconds["forecast"], clock = time.process_time() - clock, time.process_time()
    alignments = true_alignments(list(moves), twin, lived)
    true = true_counterfactual(
        settings, moves, TRUE_LUCK, WEEKS, lived=lived, alignments=alignments, believed=_beliefs(twin, lived)
    )
    seconds["truth"] = time.process_time() - clock
    n_own = twin.world.brands.n_own
    base, base_category = (x.sum(axis=(1, 2, 3)) for x in own_and_category(said, 0, n_own))
    rows, vacancy = [], {}
    for a, move in enumerate(moves, start=1):
        own = own_and_category(said, a, n_own)[0].sum(axis=(1, 2, 3))
        pct = 100.0 * (own / base - 1.0)
        flags = flags_of(said, a, float(pct.mean()))
        rows.append({"scenario": move.name, "said": pct, "true": true.pct_by_luck[a], "flags": flags})
        if move.name == "vacancy":
            here = [own_and_category(said, s, n_own)[0][:, _place(twin.world)].sum(axis=(1, 2)) for s in (0, a)]
            there = true.own_by_territory[:, :, _place(lived.world)]
            vacancy = {"said": 100.0 * (here[1] / here[0] - 1.0), "true": 100.0 * (there[a] / there[0] - 1.0)}
    volume = {
        "own": (base, true.own_volume[0].sum(axis=1)),
        "category": (base_category, true.category_volume[0].sum(axis=1)),
    }
    return {
        "uplifts": rows,
        "vacant territory": vacancy,
        "baseline": {name: {"said": one, "true": two} for name, (one, two) in volume.items()},
        "parameters": _parameters(twin, lived),
        "lead_test_t": twin.calibration.visit_response.lead_test_t,
        "chasing": twin.calibration.visit_response.chasing,
        "seconds": seconds,
    }


def _place(world: World) -> int:
    return list(world.territories).index(VACANT)


def _beliefs(twin: Twin, lived: Lived) -> np.ndarray:
    """Potential of each true outlet as the company believes it to be; one that was merged away has its twin's mean."""
    belief = dict(zip(twin.world.population.ids.tolist(), twin.calibration.potential.mean.tolist()))
    usual = float(np.mean(twin.calibration.potential.mean))
    return np.array([belief.get(str(name), usual) for name in lived.ids])


def state_of(market: Market, serving: np.ndarray, level: float = 1.0) -> dict[str, float]:
    """What follows of a market's parameters together: figures that scenarios hang on.

    ``serving`` are the reps of today, ``level`` is the factor on demand over the last year.
    """
    buys = journey.considers_us(market.start.stage)
    stock = market.start.goodwill
    own = curves.own_volume(market, stock, buys)
    more, less = (curves.own_volume(market, stock * (1.0 + step), buys).sum() for step in (0.01, -0.01))
    total = max(float(own.sum()), 1e-12)
    everybody = curves.own_volume(market, stock, np.ones_like(buys))
    visits = market.rule.rep_visits[serving].sum()
    return {
        "now: own volume": level * total,
        "now: category volume": level * float(market.volume.sum()),
        "now: share of buyers": float(own.sum() / market.volume[buys].sum()),
        "now: part of category with buyers": float(market.volume[buys].sum() / market.volume.sum()),
        "now: number of buyers": float(buys.sum()),
        "now: share of others if they bought": float(everybody[~buys].sum() / max(market.volume[~buys].sum(), 1e-12)),
        "now: goodwill of buyers": float(np.average(stock[buys], weights=own[buys])),
        "now: pressure of buyers": float(np.average(market.start.pressure[buys], weights=own[buys])),
        "elasticity of goodwill, habit held": float((np.log(more) - np.log(less)) / (np.log(1.01) - np.log(0.99))),
        "rule: visits a week": float(visits),
        "rule: orders a week": market.response.orders_per_week,
    }


def _parameters(twin: Twin, lived: Lived) -> dict[str, Any]:
    """Draws beside the truth, parameter by parameter."""
    learned, truth = twin.calibration, lived.settings.truth
    level = float(lived.demand[-round(WEEKS_PER_YEAR) :].mean())
    drawn = [lay_out_draw(learned, twin.world, twin.history, d, WEEKS) for d in range(DRAWS)]
    # volume of one draw is a mean over the last year already
    states = [state_of(market, twin.world.reps.serving(twin.world.origin)) for market in drawn]
    true = state_of(lived.market, lived.world.reps.serving(lived.world.origin), level)
    known = {str(name): bool(is_known) for name, is_known in zip(lived.ids, lived.known)}
    hidden = ~twin.world.population.known & np.array([str(name) in known for name in twin.world.population.ids])
    true_volume = level * lived.market.volume
    doubled = float(true_volume[~lived.known].sum())
    rows = {name: (value, np.array([one[name] for one in states])) for name, value in true.items()}
    rows["now: category volume of the unknown"] = (doubled, np.array([m.volume[hidden].sum() for m in drawn]))
    scalars = [name for name in vars(drawn[0].response) if np.isscalar(getattr(drawn[0].response, name))]
    for name in scalars:
        if hasattr(truth, name):
            rows[name] = (getattr(truth, name), np.array([float(getattr(m.response, name)) for m in drawn]))
    for j, brand in enumerate(lived.made.brands.names):
        rows[f"promotion: {brand}"] = (truth.promotion[j], np.array([m.response.promotion[j] for m in drawn]))
        rows[f"drift: {brand}"] = (truth.drift[j], np.array([m.response.drift[j] for m in drawn]))
    for h, channel in enumerate(lived.world.channels):
        found = list(twin.world.channels).index(channel) if channel in twin.world.channels else -1
        if h and found >= 0:
            rows[f"effect: {channel}"] = (
                truth.channel_effect[h], np.array([m.response.channel_effect[found] for m in drawn]),
            )  # fmt: skip
    for name in ("unknown_share", "follows_sales"):
        rows[f"rule: {name}"] = (getattr(truth, name), learned.draws_of(name))
    identified = {estimate.name: bool(estimate.identified) for estimate in learned.estimates()}
    return {
        name: {
            "true": value,
            "mean": draws.mean(),
            "sd": draws.std(),
            "p10": np.quantile(draws, 0.1),
            "p90": np.quantile(draws, 0.9),
            "below": float((draws < value).mean()),
            "identified": identified.get(name),
        }
        for name, (value, draws) in rows.items()
    }


def main() -> None:
    """Print what is found."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--worlds", type=int, default=8)
    options = ask.parse_args()
    found = []
    for kind, seed in worlds(options.worlds):
        found.append(look(kind, seed))
        said = {
            row["scenario"]: f"{np.mean(row['said']):.2f}/{np.mean(row['true']):.2f}" for row in found[-1]["uplifts"]
        }
        print(f"{seed} {kind.name}: {said} {found[-1]['seconds']}", file=sys.stderr, flush=True)
    print(f"{'parameter':<40}{'truth':>10}{'found':>10}{'bias %':>8}{'z mean':>8}{'z rms':>7}{'held':>6}")
    for name, *figures in parameter_table(found):
        print(
            f"{name:<40}{figures[0]:>10.4g}{figures[1]:>10.4g}{figures[2]:>8.1f}{figures[3]:>8.2f}{figures[4]:>7.2f}{figures[5]:>6.2f}"
        )
    print(f"{'scenario':<40}" + "".join(f"{word[:7]:>8}" for word in MARKS))
    for name, *figures in scenario_table(found):
        print(f"{name:<40}" + "".join(f"{figure:>8.3g}" for figure in figures))
    for kind in KINDS:
        each = [row for one in found if one["kind"] == kind.name for row in one["uplifts"]]
        if each:
            print(f"{kind.name:<40}" + "".join(f"{figure:>8.3g}" for figure in marks(each)))


if __name__ == "__main__":
    main()
