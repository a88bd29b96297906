"""Measurements 13, 14 and 15: total, ranking and number of the unknown half."""

from __future__ import annotations

from typing import Any

import numpy as np
from bench_tools import module
from measuring import SEED, Measure, Part, once, part
from scipy.stats import spearmanr

from twin.potential.potential import draw_volumes, intervals, learn_potential


def halves(n: int) -> list[tuple[Any, Any, Any, Any]]:
    """Markets whose unknown half is smaller for hidden reasons, and what was learned of them."""
    planted = module("laws/test_potential_recovery.py").planted

    def learn(seed: int) -> tuple[Any, Any, Any, Any]:
        world, history, volume = planted(SEED + seed)
        return world, history, volume, learn_potential(world, history, 100, 5)

    return once(f"halves {n}", lambda: [learn(seed) for seed in range(n)])


def unknown_total(n: int) -> list[Part]:
    errors, inside = [], []
    for world, _, volume, potential in halves(n):
        unknown = ~world.population.known
        truth, draws = volume[unknown].sum(), potential.total_unknown.draws
        errors.append(potential.mean[unknown].sum() / truth - 1.0)
        inside.append(np.quantile(draws, 0.1) <= truth <= np.quantile(draws, 0.9))
    world, history, _ = module("laws/test_potential_recovery.py").planted(SEED, panel=0.0, audit=False)
    blind = learn_potential(world, history, 100, 5).total_unknown
    worst = np.abs(errors).max()
    return [
        part("largest error of the total, audits and a panel", worst, "<= 0.10", worst <= 0.10),
        part(
            "80 % interval holds the total",
            np.mean(inside),
            "0.75 to 0.85",
            None,
            f"needs 250 worlds to be judged, {n} were run",
        ),
        part("no claim without audits and panel", not blind.identified, "not identified", not blind.identified),
    ]


def unknown_ranking(n: int) -> list[Part]:
    rank, capture, pinball, held = [], [], [], []
    for world, _, volume, potential in halves(n):
        blind = ~world.population.known & ~potential.member
        rank.append(spearmanr(potential.mean[blind], volume[blind]).statistic)
        top = int(0.2 * blind.sum())
        capture.append(
            volume[blind][np.argsort(potential.mean[blind])[-top:]].sum() / np.sort(volume[blind])[-top:].sum()
        )
        kind, draws = (
            world.population.attributes["kind"],
            np.stack([draw_volumes(potential, world, d, 5) for d in range(100)]),
        )
        segment = {k: np.quantile(volume[potential.member & (kind == k)], [0.5, 0.9]) for k in np.unique(kind)}
        plainly = np.stack([segment[k] for k in kind[blind]], axis=1)
        ours = np.quantile(draws[:, blind], [0.5, 0.9], axis=0)
        pinball.append(pinball_loss(ours, volume[blind]) / pinball_loss(plainly, volume[blind]))
        low, high = intervals(potential, world)
        held.append(((volume >= low) & (volume <= high))[blind].mean())
    gain = 1.0 - np.mean(pinball)
    return [
        part("Spearman, unknown customers", np.mean(rank), ">= 0.70", np.mean(rank) >= 0.70),
        part("volume caught by the top fifth", np.mean(capture), ">= 0.80", np.mean(capture) >= 0.80),
        part("pinball loss below that of segment quantiles", gain, ">= 0.15", gain >= 0.15),
        part(
            "80 % interval of a customer holds the truth", np.mean(held), "0.75 to 0.85", 0.75 <= np.mean(held) <= 0.85
        ),
        part("real data, a register as it was years ago", None, ">= 0.70", None, "not measured yet"),
    ]


def pinball_loss(quantiles: np.ndarray, truth: np.ndarray) -> float:
    """Mean pinball loss of the quantiles 0.5 and 0.9, rows of ``quantiles``."""
    off, level = truth - quantiles, np.array([[0.5], [0.9]])
    return float(np.maximum(level * off, (level - 1) * off).mean())


MEASURES = (
    Measure("13", "Total of the unknown half", "made up", unknown_total),
    Measure("14", "Ranking of the unknown half", "made up, real", unknown_ranking),
    Measure("15", "Number of the unknown", "made up", "there is no estimate by capture and recapture yet"),
)
