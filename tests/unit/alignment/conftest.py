"""Made-up maps to align."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from twin.alignment.areas import Areas, Territories
from twin.alignment.ground import side_by_side


@pytest.fixture(scope="session")
def made_up() -> Callable:
    """Maker of maps: areas scattered over a square, in strips of very unequal load."""

    def make(n: int = 300, k: int = 6, seed: int = 1, n_attributes: int = 1):
        rng = np.random.default_rng(seed)
        lon, lat = rng.uniform(30, 32, n), rng.uniform(38, 40, n)
        load = np.exp(rng.normal(1.0, 0.5, (n_attributes, n)))
        # strips are as wide as another draw of the load says: uneven, but nobody is without areas
        share = np.cumsum(rng.uniform(0.5, 1.5, k))
        today = np.searchsorted(share / share[-1], np.argsort(np.argsort(lon)) / n, side="right").astype(np.int32)
        areas = Areas(
            np.array([f"B{i:04d}" for i in range(n)]), lon, lat, load, load[0].copy(), load[0].copy(),
            np.minimum(today, k - 1), np.zeros(n, dtype=bool),
        )  # fmt: skip
        return areas, force(k, n_attributes), side_by_side(areas)

    return make


def force(k: int, n_attributes: int = 1) -> Territories:
    """One rep in each of ``k`` territories, with no home."""
    nowhere = np.full(k, np.nan)
    return Territories(
        np.array([f"T{z}" for z in range(k)]), np.ones(k), nowhere, nowhere.copy(), np.zeros(k, dtype=bool),
        np.zeros((n_attributes, k)),
    )  # fmt: skip


@pytest.fixture(scope="session")
def shuffled() -> Callable:
    """Puts the areas of a map in another order."""

    def shuffle(areas: Areas, seed: int = 5):
        order = np.random.default_rng(seed).permutation(len(areas))
        return areas.take(order), order

    return shuffle


@pytest.fixture
def alone() -> Callable:
    """Takes areas' places away, or leaves them."""
    return lambda areas, who: replace(areas, lon=np.where(who, np.nan, areas.lon), lat=np.where(who, np.nan, areas.lat))
