"""World: what there is at the origin week: customers, bricks, territories, reps, brands, channels."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from twin.market.population import Population
from twin.weeks import NEVER


@dataclass(frozen=True)
class Bricks:
    """Small areas of the map.

    Parameters
    ----------
    ids : (b,) str
    territory : (b,) int32
        Index into :attr:`World.territories`.
    lon, lat : (b,) float64, degrees
        A point inside; ``nan`` when unknown.
    """

    ids: NDArray[np.str_]
    territory: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Reps:
    """The field force.

    Parameters
    ----------
    ids : (r,) str
    names : (r,) str
    territory : (r,) int32
    home_lon, home_lat : (r,) float64, degrees
        ``nan`` when unknown.
    visits_per_week : (r,) float64, contacts per week
        Listed capacity.
    start, end : (r,) int32, week
        Half-open time of service.
    listed : bool
        ``False`` when the bundle lists no reps and these stand for whoever made the recorded visits: no plan then.
    """

    ids: NDArray[np.str_]
    names: NDArray[np.object_]
    territory: NDArray[np.int32]
    home_lon: NDArray[np.float64]
    home_lat: NDArray[np.float64]
    visits_per_week: NDArray[np.float64]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    listed: bool = True

    def __len__(self) -> int:
        return len(self.ids)

    def serving(self, week: int) -> NDArray[np.bool_]:
        """Reps in service in a week: (r,) bool."""
        return (self.start <= week) & (week < self.end)

    def as_of(self, week: int) -> Reps:
        """The same with what was known at the start of ``week``.

        Who leaves later is still there to stay, who comes later serves never: a capacity that is known to fall, and not
        to be filled again, would be hindsight.
        """
        start = np.where(self.start < week, self.start, NEVER).astype(np.int32)
        return replace(self, start=start, end=np.where(self.end < week, self.end, NEVER).astype(np.int32))

    def heads(self, week: int, n_territories: int) -> NDArray[np.int64]:
        """Number of reps in service in a week, by territory: (z,) int."""
        return np.bincount(self.territory[self.serving(week)], minlength=n_territories)


@dataclass(frozen=True)
class Absences:
    """Days on which reps do not work, as the company lists them: leave, training, illness that is known.

    Parameters
    ----------
    rep_id : (n,) str
        Of :attr:`Reps.ids`.
    first, last : (n,) datetime64[D]
        Both included.
    why : (n,) str
        Empty when not stated.
    """

    rep_id: NDArray[np.str_]
    first: NDArray[np.datetime64]
    last: NDArray[np.datetime64]
    why: NDArray[np.str_]

    def __post_init__(self) -> None:
        if (self.last < self.first).any():
            raise ValueError("absences: expected last days on or after the first ones")

    def __len__(self) -> int:
        return len(self.rep_id)


def nobody_away() -> Absences:
    """No absence at all."""
    day, text = np.empty(0, dtype="datetime64[D]"), np.empty(0, dtype="U1")
    return Absences(text, day, day, text)


@dataclass(frozen=True)
class Brands:
    """What is sold in the category, our brands first.

    Parameters
    ----------
    names : (j,) str
    owners : (j,) str
        ``us`` or the competitor's name.
    unit_price : (j,) float64, money per unit
        ``nan`` when unknown.
    """

    names: NDArray[np.str_]
    owners: NDArray[np.str_]
    unit_price: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.names)

    @property
    def own(self) -> NDArray[np.bool_]:
        """Which brands are ours: (j,) bool."""
        return self.owners == "us"

    @property
    def n_own(self) -> int:
        """Number of our brands; they are the first on axis j."""
        return int(self.own.sum())


@dataclass(frozen=True)
class World:
    """Everything that exists at the origin.

    Parameters
    ----------
    population : Population
    bricks : Bricks
        May be empty.
    territories : (z,) str
        At least one.
    reps : Reps
        May be empty.
    brands : Brands
    channels : tuple of str
        Names along axis h; ``channels[0]`` is the visit.
    origin : int, week
        First week that is not history.
    absences : Absences
        Of the reps; they concern plans, not the model, which knows capacity by the week alone.
    """

    population: Population
    bricks: Bricks
    territories: NDArray[np.str_]
    reps: Reps
    brands: Brands
    channels: tuple[str, ...]
    origin: int
    absences: Absences = field(default_factory=nobody_away)

    def __post_init__(self) -> None:
        n_own = self.brands.n_own
        if n_own == 0 or not self.brands.own[:n_own].all():
            raise ValueError("brands: expected ours first and at least one of them")
        if len(self.territories) == 0:
            raise ValueError("territories: expected at least one")

    def as_of(self, week: int) -> World:
        """The same world with what was known at the start of ``week``."""
        return replace(self, population=self.population.as_of(week), reps=self.reps.as_of(week), origin=week)
