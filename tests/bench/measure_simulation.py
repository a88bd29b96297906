"""Measurements 10, 11 and 12: the simulation-based step."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from bench_tools import BUILD, ROOT
from measuring import SEED, Measure, Part, once, part, shown
from numpy.typing import NDArray
from scipy.stats import chisquare

from twin.calibration.calibrate import CalibrationSettings, calibrate
from twin.calibration.simulation.posterior import IDENTIFIED, TOLD, held_out, posterior_draws, read_table
from twin.calibration.simulation.reference_table import values_of
from twin.calibration.simulation.step import (
    ROWS_PER_CHUNK,
    UNSEEN,
    SimulationSettings,
    lay_table,
    simulate_rows,
    with_posterior,
)
from twin.calibration.simulation.table_regression import Fit, regress
from twin.draws import band
from twin.forecast.executors import on_this_machine
from twin.market.history import History
from twin.market.synthetic_settings import SyntheticSettings, TrueMarket
from twin.market.world import World
from twin.response.parameters import PRIORS, parameter_uniforms
from twin.tasks.data.ingest import run_ingest
from twin.tasks.demo_bundle import write_demo_bundle
from twin.tasks.shelf import load_dataset
from twin.workspace.store import Workspace

TRUTHS = 300
BINS = 10
LEVELS = (0.1, 0.9)
THREADS = 2


def world_of(seed: int, n_outlets: int, years: int, varied: bool) -> tuple[World, History, TrueMarket]:
    """A made-up company's books, and what is true of its market; ``varied``: what cannot be seen is drawn anew."""
    truth = TrueMarket()
    if varied:
        drawn = {
            name: float(PRIORS[name].quantile(parameter_uniforms(f"truth {name} {seed}", 1, SEED))[0])
            for name in UNSEEN
        }
        truth = replace(truth, **drawn)
    settings = SyntheticSettings(
        n_outlets=n_outlets, n_territories=max(2, n_outlets // 400), years=years, seed=seed, outlets_per_rep=200,
        rep_changes=1, truth=truth,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run_ingest(place / "workspace", write_demo_bundle(place / "bundle", settings, truth=False))
        world, history, _ = load_dataset(Workspace.open(place / "workspace"))
    return world, history, truth


# --- 10 and 11: one company's table, and truths that it has not seen ------------------------------------------------


def one_table(n_rows: int) -> dict[str, Any]:
    """A table of one company, its fit, and the fits of truths drawn at random from the priors."""

    def make() -> dict[str, Any]:
        world, history, _ = world_of(SEED, 800, 5, False)
        settings = CalibrationSettings(100, 0, "TR")
        calibration = calibrate(world, history, settings)
        laid = lay_table(calibration, world, history, settings, SimulationSettings())
        assert not isinstance(laid, str), laid
        table, observed = laid
        works = on_this_machine(THREADS)
        rows, scores = simulate_rows(table, n_rows, works), table.scores(n_rows)
        # truths of their own: the keyed shift of another seed, and luck that no row has had
        others = replace(table, seed=SEED + 1)
        n = -(-TRUTHS // ROWS_PER_CHUNK) * ROWS_PER_CHUNK
        books, truths = simulate_rows(others, n, works)[:TRUTHS], others.scores(n)[:TRUTHS]
        varies = rows.std(axis=0) > 1e-9
        fits = regress(rows[:, varies], scores, books[:, varies], 0)
        reading = read_table(rows, scores, observed, 0)
        learned = with_posterior(calibration, table, reading, observed, SimulationSettings("standard", n_rows))
        return {"table": table, "scores": scores, "truths": truths, "fits": fits, "reading": reading,
                "learned": learned}  # fmt: skip

    return once(f"simulated table {n_rows}", make)


def predictivity_of(made: dict[str, Any]) -> NDArray[np.float64]:
    """1 - RMSE / RMSE of the prior's mean on the truths that the table has not seen: (k,) float."""
    priors = made["table"].priors
    true = values_of(priors, made["truths"])
    middle = np.stack(
        [values_of(priors, one.posterior(np.arange(len(one.residual)))).mean(axis=0) for one in made["fits"]]
    )
    error = np.sqrt(((middle - true) ** 2).mean(axis=0))
    centre = values_of(priors, made["scores"]).mean(axis=0)
    return 1.0 - error / np.sqrt(((true - centre) ** 2).mean(axis=0))


def identified(n: int) -> list[Part]:
    made = one_table(1024)
    found, parts = predictivity_of(made), []
    said = {one.name: one for one in made["learned"].simulation.parameters}
    own = held_out(made["reading"].fit, made["scores"], made["table"].priors)[0]
    for k, name in enumerate(made["table"].priors):
        claimed = own[k] >= IDENTIFIED
        words = f"{name}: predictivity on {TRUTHS} unseen truths"
        value = round(float(found[k]), 3)
        if claimed:
            parts.append(part(words, value, f">= {IDENTIFIED}", value >= IDENTIFIED, n=TRUTHS))
        else:
            parts.append(shown(words + ", not called identified", value, n=TRUTHS))
    silent = [name for k, name in enumerate(made["table"].priors) if own[k] < TOLD]
    # a parameter that statistics identify may stay identified; nobody else may, and the reason has to say so
    wrong = [
        name
        for name in silent
        if said[name].used or not (said[name].reason.startswith(("not identified", "by statistics")))
    ]
    words = "parameters that the table does not tell, and that do not say so"
    return [*parts, part(words, wrong, "none", not wrong, n=len(silent))]


def ranks_of(fits: list[Fit], truths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of the posterior below each truth: (r, k) float."""
    return np.stack(
        [(one.posterior(np.arange(len(one.residual))) < truth).mean(axis=0) for one, truth in zip(fits, truths)]
    )


def even_ranks(n: int) -> list[Part]:
    made = one_table(1024)
    rank, names = ranks_of(made["fits"], made["truths"]), list(made["table"].priors)
    parts = []
    for k, name in enumerate(names):
        counts = np.histogram(rank[:, k], BINS, (0.0, 1.0))[0]
        p = float(chisquare(counts).pvalue)
        parts.append(part(f"{name}: ranks even, p", round(p, 4), f"> {0.05 / len(names):.4f}", p > 0.05 / len(names)))
    inside = (rank > LEVELS[0]) & (rank < LEVELS[1])
    third = np.argsort(np.argsort(made["truths"], axis=0), axis=0) * 3 // TRUTHS
    own = held_out(made["reading"].fit, made["scores"], made["table"].priors)[0]
    for k, name in enumerate(names):
        value = round(float(inside[:, k].mean()), 3)
        parts.append(part(f"{name}: 80 % intervals cover", value, "0.75 to 0.85", 0.75 <= value <= 0.85))
        thirds = [round(float(inside[third[:, k] == j, k].mean()), 3) for j in range(3)]
        words = f"{name}: cover in thirds of the truth"
        if own[k] >= IDENTIFIED:
            parts.append(part(words, thirds, "0.70 to 0.90 each", all(0.70 <= one <= 0.90 for one in thirds)))
        else:  # an interval as wide as the prior covers all of the middle third, and 70 % of the others
            parts.append(shown(words, thirds, note="not called identified: such intervals hold the middle by design"))
    return [one | {"n": TRUTHS} for one in parts]


# --- 11 and 12: whole worlds, whose simulator is not the table's ----------------------------------------------------


def worlds(n: int) -> list[dict[str, Any]]:
    """Made-up worlds with truths of their own, calibrated from their bundles as any company is."""

    def make() -> list[dict[str, Any]]:
        return [_from_shelf(SEED + k) for k in range(n)]

    return once(f"simulated worlds {n}", make)


def _from_shelf(seed: int) -> dict[str, Any]:
    """One world; kept by the content of the program, so that what was interrupted goes on."""
    digest = hashlib.blake2b(digest_size=8)
    for name in ("agents", "engine", "response", "market", "forecast", "calibration", "potential", "intake"):
        for path in sorted((ROOT / "twin" / name).rglob("*.py")):
            digest.update(path.read_bytes())
    path = BUILD / "worlds" / f"simulation-{seed}-{digest.hexdigest()}.npz"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        found = _one_world(seed)
        with path.with_suffix(".part").open("wb") as file:
            np.savez(file, **found)
        path.with_suffix(".part").rename(path)
        print(f"world {seed} stands", file=sys.stderr, flush=True)
    with np.load(path) as kept:
        return {name: kept[name] for name in kept.files}


def _one_world(seed: int) -> dict[str, Any]:
    world, history, truth = world_of(seed, 500, 4, True)
    settings = CalibrationSettings(100, 0, "TR")
    calibration = calibrate(world, history, settings)
    laid = lay_table(calibration, world, history, settings, SimulationSettings())
    assert not isinstance(laid, str), laid
    table, observed = laid
    rows = simulate_rows(table, 256, on_this_machine(THREADS))
    scores = table.scores(len(rows))
    reading = read_table(rows, scores, observed, 0)
    draws = posterior_draws(reading.fit, table.priors, 100, 0)
    learned = with_posterior(calibration, table, reading, observed, SimulationSettings("quick"))
    books = np.stack([table.figures_of(10_000 + k, draws[k]) for k in range(24)])
    step = learned.simulation
    assert step is not None
    return {
        "truth": np.array([getattr(truth, name) for name in UNSEEN]),
        "before": _draws_of(calibration),
        "after": _draws_of(learned),
        "table": draws,
        "told": held_out(reading.fit, scores, table.priors)[0] >= TOLD,
        "used": np.array([one.used for one in step.parameters]),
        "verdict": np.array(step.verdict),
        "figures": np.array(table.figures),
        "observed": observed,
        "books": books,
    }


def _draws_of(calibration: Any) -> NDArray[np.float64]:
    return np.stack([np.resize(calibration.draws_of(name), 100) for name in UNSEEN], axis=1)


def recovered(n: int) -> list[Part]:
    """80 % intervals over whole worlds: books are the generator's, not the table's."""
    made = worlds(n)
    covers = {
        which: np.stack([_covers(one[which], one["truth"]) for one in made]) for which in ("before", "after", "table")
    }
    told, used = np.stack([one["told"] for one in made]), np.stack([one["used"] for one in made])
    value = round(float(covers["after"].mean()), 3)
    cells = covers["after"].size
    parts = [
        part("whole worlds: 80 % intervals of all nine cover", value, "0.70 to 0.90", 0.70 <= value <= 0.90, n=cells)
    ]
    value = round(float(covers["table"][told].mean()), 3)
    parts.append(part("whole worlds: intervals of the table cover, where it tells anything", value, "0.70 to 0.90",
                      0.70 <= value <= 0.90, n=int(told.sum())))  # fmt: skip
    for k, name in enumerate(UNSEEN):
        parts.append(shown(f"{name}: covered by statistics, by both, by the table; used in",
                           [round(float(covers[which][:, k].mean()), 2) for which in ("before", "after", "table")]
                           + [int(used[:, k].sum())], n=n))  # fmt: skip
    parts.append(shown("worlds that the step calls pass", sum(str(one["verdict"]) == "pass" for one in made), n=n))
    return parts


def _covers(draws: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.bool_]:
    low, high = band(draws, LEVELS)
    return (truth >= low) & (truth <= high)


def found_again(n: int) -> list[Part]:
    """Yearly shares and sales of the window, simulated from the posterior, beside what the books show."""
    made = worlds(n)
    inside: dict[str, list[bool]] = {"share": [], "own_known": [], "buyers": []}
    for one in made:
        low, high = band(one["books"], [0.05, 0.95])
        for m, name in enumerate(one["figures"]):
            for kind, found in inside.items():
                if str(name).startswith(kind) and "year" in name:
                    found.append(bool(low[m] <= one["observed"][m] <= high[m]))
    share = inside.pop("share")
    value = round(float(np.mean(share)), 3)
    return [
        part("yearly shares inside the 90 % band", value, ">= 0.85", value >= 0.85, n=len(share)),
        *(
            shown(f"{kind} by year inside the 90 % band", round(float(np.mean(x)), 3), n=len(x))
            for kind, x in inside.items()
        ),
    ]


MEASURES = (
    Measure("10", "Learned parameters are told from those that are not", "made up", identified, TRUTHS, True),
    Measure("11", "Ranks of held-out truths are even", "made up", even_ranks, TRUTHS, True),
    Measure("11", "Ranks of held-out truths are even", "made up", recovered, 20),
    Measure("12", "Yearly shares of a simulated history are found again", "made up", found_again, 20),
)
