"""A made-up country to align: towns and land, a map that was balanced once, and a demand that has drifted since."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.alignment.annealing import Wishes
from twin.alignment.areas import Areas, Territories
from twin.alignment.ground import side_by_side
from twin.alignment.methods import from_scratch

SIDE_KM, KM_PER_DEGREE, MIDDLE = 1000.0, 111.2, (35.0, 39.0)


@dataclass(frozen=True)
class Drifted:
    """Areas with today's uneven map, among territories of one rep each."""

    seed: int
    areas: Areas
    territories: Territories


def drifted_country(n: int, k: int, seed: int, n_attributes: int, cv: float = 0.25) -> Drifted:
    """A country whose workload has drifted until today's map varies by ``cv``.

    A potential beside the workload follows it with noise of its own in each brick and a slow drift over the land.
    """
    rng = np.random.default_rng(seed)
    xy = _spots(rng, n, k)
    lon = MIDDLE[0] + (xy[:, 0] - SIDE_KM / 2) / KM_PER_DEGREE / np.cos(np.radians(MIDDLE[1]))
    lat = MIDDLE[1] + (xy[:, 1] - SIDE_KM / 2) / KM_PER_DEGREE
    before = np.maximum(1.0, rng.lognormal(2.5, 0.8, n)).round()
    areas = Areas(
        np.array([f"B{i:05d}" for i in range(n)]), lon, lat, before[None], before, before,
        np.arange(n, dtype=np.int32) % k, np.zeros(n, dtype=bool),
    )  # fmt: skip
    territories = _force(k, 1)
    graph = side_by_side(areas)
    today = from_scratch(areas, territories, graph, Wishes(tolerance=0.0, n_sweeps=100))
    slow = _drift(rng, xy)
    low, high = 0.0, 3.0
    for _ in range(40):
        middle = (low + high) / 2
        load = np.bincount(today, before * np.exp(middle * slow), k)
        low, high = (middle, high) if load.std() / load.mean() < cv else (low, middle)
    load = [before * np.exp(low * slow)]
    if n_attributes == 2:
        load.append(load[0] * np.exp(0.1 * _drift(rng, xy) + 0.4 * rng.normal(size=n)))
    now = replace(areas, load=np.array(load), customers=load[0], sales=load[0], today=today)
    return Drifted(seed, now, _force(k, n_attributes))


def _spots(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """Six in ten bricks lie in towns, few large and many small; the others anywhere."""
    n_towns = max(20, k // 2)
    town, size = rng.uniform(0, SIDE_KM, (n_towns, 2)), rng.pareto(1.3, n_towns) + 0.2
    wide = rng.uniform(8, 30, n_towns)
    which = rng.choice(n_towns, n * 6 // 10, p=size / size.sum())
    near = town[which] + rng.normal(size=(len(which), 2)) * wide[which][:, None]
    near = near[((near >= 0) & (near <= SIDE_KM)).all(axis=1)]
    return np.concatenate([near, rng.uniform(0, SIDE_KM, (n - len(near), 2))])


def _drift(rng: np.random.Generator, xy: np.ndarray) -> np.ndarray:
    """A smooth field over the land, of unit spread: regions grow and shrink."""
    field = np.zeros(len(xy))
    for _ in range(40):
        centre = rng.uniform(0, SIDE_KM, 2)
        field += rng.normal() * np.exp(-((xy - centre) ** 2).sum(axis=1) / (2 * 90.0**2))
    return field / field.std()


def _force(k: int, n_attributes: int) -> Territories:
    nowhere = np.full(k, np.nan)
    return Territories(
        np.array([f"T{z:02d}" for z in range(k)]), np.ones(k), nowhere, nowhere.copy(), np.zeros(k, dtype=bool),
        np.zeros((n_attributes, k)),
    )  # fmt: skip
