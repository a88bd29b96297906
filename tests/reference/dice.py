"""Dice: where the reference takes its random numbers from: the engine's keyed draws, or a generator of its own.

Every number is uniform in (0, 1]; rows are those of the population.
"""

from __future__ import annotations

import math
import random
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twin import draws
from twin.draws import Key, Purpose, identity


class Dice(Protocol):
    """What a week asks of chance."""

    def begin(self, week: int) -> None:
        """A new week."""

    def visit(self, row: int) -> float:
        """Whether reps think of a customer this week."""

    def opening(self, row: int) -> float:
        """Whether a customer opens a message."""

    def carried(self, row: int) -> float:
        """Whether a channel at part of its strength carries a step of a journey."""

    def contact(self, row: int, channel: int) -> float:
        """Whether a programme contacts a customer."""

    def fate(self, row: int) -> float:
        """Whether a customer finds us, leaves us or comes back."""

    def order(self, row: int, brand: int) -> float:
        """How much of a brand a customer orders."""

    def walks(self, first_week: int, n_weeks: int, n_walks: int) -> NDArray[np.float64]:
        """Standard normal steps of the market's random walks: (n_walks, w) float."""


class KeyedDice:
    """The engine's draws: the same key gives the same luck.

    Parameters
    ----------
    key : Key
    entities : (c,) uint64
    n_brands, n_channels : int
    """

    def __init__(self, key: Key, entities: NDArray[np.uint64], n_brands: int, n_channels: int) -> None:
        self.key, self.entities, self.n_brands, self.n_channels = key, entities, n_brands, n_channels

    def begin(self, week: int) -> None:
        """Draw for everybody at once; single numbers are looked up."""
        key, entities = self.key, self.entities
        self.units = draws.units(key, Purpose.WEEK, week, entities, 3 + self.n_brands).tolist()
        self.halves = draws.halves(key, Purpose.WEEK, week, entities, 6)[4:].tolist()
        self.contacts = draws.halves(key, Purpose.CONTACT, week, entities, self.n_channels).tolist()

    def visit(self, row: int) -> float:
        return self.units[0][row]

    def fate(self, row: int) -> float:
        return self.units[1][row]

    def opening(self, row: int) -> float:
        return self.halves[0][row]

    def carried(self, row: int) -> float:
        return self.halves[1][row]

    def contact(self, row: int, channel: int) -> float:
        return self.contacts[channel][row]

    def order(self, row: int, brand: int) -> float:
        return self.units[3 + brand][row]

    def walks(self, first_week: int, n_weeks: int, n_walks: int) -> NDArray[np.float64]:
        weeks = identity(np.array([str(first_week + t) for t in range(n_weeks)]), "week")
        return draws.normals(self.key, Purpose.SHOCK, 0, weeks, n_walks)


class OwnDice:
    """Python's own generator: another stream of luck, whose order depends on who asks first.

    Parameters
    ----------
    key : Key
        Seeds the generator.
    """

    def __init__(self, key: Key) -> None:
        self.generator = random.Random(f"{key.seed}/{key.draw}/{key.replicate}")
        self.uniform = self.generator.random

    def begin(self, week: int) -> None:
        pass

    def visit(self, row: int) -> float:
        return 1.0 - self.uniform()

    opening = carried = fate = visit

    def contact(self, row: int, channel: int) -> float:
        return 1.0 - self.uniform()

    order = contact

    def walks(self, first_week: int, n_weeks: int, n_walks: int) -> NDArray[np.float64]:
        steps = [[self.generator.gauss(0.0, 1.0) for _ in range(n_weeks)] for _ in range(n_walks)]
        return np.array(steps).reshape(n_walks, n_weeks)


def random_walks(
    steps: NDArray[np.float64], drift: NDArray[np.float64], demand_shock: float, level_age: float
) -> tuple[list[list[float]], list[float]]:
    """Attraction of each brand and category volume as they stray: (j, w) utility and (w,) log volume.

    Levels are ``level_age`` weeks old at the start, so that the first step stands for those weeks too.
    """
    scale = [*drift.tolist(), demand_shock]
    paths = []
    for size, row in zip(scale, steps.tolist()):
        at, path = 0.0, []
        for t, step in enumerate(row):
            at += size * step * (math.sqrt(1.0 + level_age) if t == 0 else 1.0)
            path.append(at)
        paths.append(path)
    return paths[:-1], paths[-1]
