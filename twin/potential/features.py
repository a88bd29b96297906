"""Features: what is known of every customer before any volume is looked at: attributes, place, surroundings.

Knows no volume of anybody, so that known and unknown customers are described alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geography.distance import haversine_km
from twin.geography.neighbours import nearest
from twin.market.world import World

_MAX_LEVELS = 60
_RARE = 3
_NEIGHBOURS = 8
_TRUST = 3.0  # scale of the trusted column: a ninth of the penalty


@dataclass(frozen=True)
class Features:
    """Description of every customer in numbers.

    Parameters
    ----------
    names : tuple of str, length f
    values : (c, f) float
        ``nan`` when missing; a category stands as its code.
    categorical : (f,) bool
    trusted : str
        A column that a linear model shrinks less than the others; empty when none.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    categorical: NDArray[np.bool_]
    trusted: str = ""

    def with_trusted(self, name: str, values: NDArray[np.float64]) -> Features:
        """The same with one more number, such as a first score, that is believed more than the rest."""
        return Features(
            (*self.names, name), np.column_stack([self.values, values]), np.append(self.categorical, False), name
        )

    def dummies(self) -> NDArray[np.float64]:
        """Numbers for a linear model: standardised, missing = mean, one column a level: (c, g) float."""
        columns = [np.zeros((len(self.values), 0))]
        for f in range(len(self.names)):
            x = self.values[:, f]
            there = np.isfinite(x)
            if self.categorical[f]:
                columns.append((x[:, None] == np.unique(x[there])[None, :]).astype(np.float64))
            else:
                mean, sd = x[there].mean(), x[there].std()
                scale = _TRUST if self.names[f] == self.trusted else 1.0
                columns.append((scale * np.where(there, x - mean, 0.0) / max(sd, 1e-12))[:, None])
        return np.concatenate(columns, axis=1)


def _stated(value: object) -> bool:
    """Whether a cell of a category column says anything."""
    return value is not None and value != "" and not (isinstance(value, float) and np.isnan(value))


def category_codes(values: NDArray[np.object_]) -> NDArray[np.float64] | None:
    """Codes of a category column: frequent levels by name, the rare ones together.

    Returns
    -------
    (c,) float, or None
        ``nan`` when missing; ``None`` when the column tells nothing: one level, or a name of its own for everybody.
    """
    there = np.array([_stated(value) for value in values], dtype=bool)
    if not there.any():
        return None
    levels, code, count = np.unique(values[there].astype(str), return_inverse=True, return_counts=True)
    if len(levels) < 2 or len(levels) > 0.7 * there.sum():
        return None
    # ties are broken by name: np.unique sorts, and the sort is stable
    rank = np.empty(len(levels), dtype=np.int64)
    rank[np.argsort(-count, kind="stable")] = np.arange(len(levels))
    kept = (rank < _MAX_LEVELS) & (count >= _RARE)
    new = np.where(kept, np.cumsum(kept) - 1, kept.sum())
    if not kept.any():
        return None
    codes = np.full(len(values), np.nan)
    codes[there] = new[code]
    return codes


def _rep_distance(world: World) -> NDArray[np.float64]:
    """Distance to the nearest home of a rep of the territory: (c,) float, km; ``nan`` when unknown."""
    people, reps = world.population, world.reps
    best = np.full(len(people), np.inf)
    # a loop over reps, of which there are few
    for r in range(len(reps)):
        rows = np.flatnonzero(people.territory == reps.territory[r])
        km = haversine_km(people.lon[rows], people.lat[rows], reps.home_lon[r], reps.home_lat[r])
        best[rows] = np.fmin(best[rows], np.where(np.isfinite(km), km, np.inf))
    return np.where(np.isfinite(best), best, np.nan)


def _per_brick(world: World) -> dict[str, NDArray[np.float64]]:
    """How many outlets each customer's brick has, and where that brick lies: (c,) arrays.

    The audit's volume per outlet is left out on purpose: where many are unknown it is low because *they* are small, and
    a model of known customers that saw it would hide just that shift, which the totals are to reveal later.
    """
    brick = world.population.brick
    placed = brick >= 0
    if not placed.any():
        return {}
    outlets = np.bincount(brick[placed], minlength=len(world.bricks)).astype(np.float64)
    columns = {"brick_outlets": np.log1p(outlets), "brick_lon": world.bricks.lon, "brick_lat": world.bricks.lat}
    return {name: np.where(placed, values[brick], np.nan) for name, values in columns.items()}


def build_features(world: World) -> Features:
    """Attributes, place, density, surroundings of all customers; columns that tell nothing are left out."""
    people = world.population
    columns: dict[str, NDArray[np.float64]] = {}
    categorical: dict[str, bool] = {}
    for name, values in people.attributes.items():
        if values.dtype == object or values.dtype.kind in "US":
            codes = category_codes(values.astype(object))
            if codes is not None:
                columns[name], categorical[name] = codes, True
        else:
            columns[name] = values.astype(np.float64)
    around = nearest(people.lon, people.lat, _NEIGHBOURS).km if people.placed.any() else np.zeros((len(people), 0))
    if around.shape[1]:
        found = np.isfinite(around)
        reach = np.where(found, around, 0.0).max(axis=1)
        columns["@density"] = np.where(
            found.any(axis=1), np.log(np.maximum(found.sum(axis=1), 1) / (reach**2 + 0.01)), np.nan
        )
    columns["@lon"], columns["@lat"] = people.lon, people.lat
    columns["@rep_distance"] = np.log1p(_rep_distance(world))
    columns |= {f"@{name}": values for name, values in _per_brick(world).items()}
    columns["@territory"], categorical["@territory"] = people.territory.astype(np.float64), True
    told = [name for name, x in columns.items() if np.isfinite(x).any() and np.ptp(x[np.isfinite(x)]) > 0]
    values = np.stack([columns[name] for name in told], axis=1) if told else np.zeros((len(people), 0))
    return Features(tuple(told), values, np.array([categorical.get(name, False) for name in told], dtype=bool))
