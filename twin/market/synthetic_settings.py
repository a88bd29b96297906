"""Settings of a made-up world: its sizes, its seed and its true parameters.

Numbers only; knows no equation. What the parameters do is said in :mod:`twin.response`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import special

from twin import draws
from twin.draws import Key, Purpose
from twin.weeks import WEEKS_PER_YEAR, week_of_date


@dataclass(frozen=True)
class TrueMarket:
    """True parameters of a made-up market: of the order that the literature has, and nobody's prior mean.

    Units as in :data:`twin.response.parameters.PRIORS`.

    Parameters
    ----------
    carryover, coefficient : float
        Memory of goodwill per week, and worth of its logarithm in utility.
    channel_effect : (h,) tuple of float, visits
    promotion, drift : (j,) tuple of float
        Ours first.
    attraction : (j,) tuple of float, utility
        Mean of each brand's own appeal.
    unknown_share : float
        Part of the visits that go to outlets that do not buy from us.
    follows_sales : float
        How far reps chase rising sales.
    contact_rate : (h,) tuple of float, contacts per week
        Of an average consenting customer.
    closes : float
        Part of the losses that are shops closing for good.
    curvature : float
        How goodwill saturates, see :func:`twin.response.attraction.contact_utility`: 0 a logarithm, -1 Hill's curve.
    outside : float in [0, 1]
        Elasticity of category volume to the attraction of all brands together.
    keen : (4,) tuple of float
        Factor on the coefficient by outlet type, in the order of :data:`twin.market.synthetic.TYPES`.
    """

    carryover: float = 0.928
    coefficient: float = 0.56
    channel_effect: tuple[float, ...] = (1.0, 0.28, 0.04, 0.07, 0.02, 0.19, 0.06)
    mismatch: float = 0.75
    ideal_contacts: float = 14.0
    fatigue: float = 0.08
    synergy: float = 0.20
    memory: float = 0.40
    habit: float = 0.38
    promotion: tuple[float, ...] = (0.24, 0.32, 0.26, 0.36)
    drift: tuple[float, ...] = (0.004, 0.005, 0.004, 0.006)
    demand_shock: float = 0.004
    attraction: tuple[float, ...] = (0.24, 0.30, 0.05, 0.15)
    discovery_base: float = 0.0003
    discovery_visit: float = 0.042
    discovery_word: float = 0.0011
    trial_discount: float = 0.40
    loss: float = 0.0015
    loss_contact: float = 0.65
    winback: float = 0.04
    handover: float = 0.15
    reaction: float = 0.08
    opening: float = 0.45
    orders_per_week: float = 2.2
    orders_by_size: float = 0.0
    unknown_share: float = 0.10
    follows_sales: float = 0.30
    contact_rate: tuple[float, ...] = (0.0, 0.035, 0.06, 0.08, 0.01, 0.06, 0.02)
    closes: float = 0.06
    curvature: float = 0.0
    outside: float = 0.0
    keen: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class SyntheticSettings:
    """What a made-up world is to be like. Same settings, same world.

    Parameters
    ----------
    n_outlets : int
        50 to a million and more.
    n_territories : int
    years : int
        Length of history; it ends where :attr:`origin` begins.
    known_share : float
        Part of the outlets that are known at the end, about.
    seed : int
    outlets_per_rep, outlets_per_brick : int
        Set how many reps (at least one a territory) and bricks there are.
    hidden_shift : float, log volume
        How much larger known outlets are for reasons that no attribute shows, about.
    panel_share, duplicate_share : float
        Part of the outlets in the panel; part of the known ones that the register lists as well, in disguise.
    audit_noise : float
        Relative standard deviation of an audit figure.
    hidden_sd : float, log volume
        Standard deviation of what no attribute shows.
    size_tail : float
        How heavy the tails of the hidden size are: h of Tukey's h distribution, 0 for a normal one.
    order_tail : float
        Standard deviation of log size that orders have beyond what the law says, their mean kept.
    wave : float
        Standard deviation of each outlet's own rise and fall of log volume over the years of history.
    rival_campaigns : bool
        Whether rivals campaign at all.
    rep_changes : int
        How many reps left in the course of history; every other one left a vacancy.
    horizon_weeks : int, weeks
        How far the true future is laid out.
    origin_day : datetime.date
        First day that is not history.
    truth : TrueMarket
    """

    n_outlets: int = 3000
    n_territories: int = 8
    years: int = 6
    known_share: float = 0.5
    seed: int = 7
    outlets_per_rep: int = 375
    outlets_per_brick: int = 25
    hidden_shift: float = 0.3
    panel_share: float = 0.16
    duplicate_share: float = 0.06
    audit_noise: float = 0.02
    hidden_sd: float = 0.5
    size_tail: float = 0.0
    order_tail: float = 0.0
    wave: float = 0.0
    rival_campaigns: bool = True
    rep_changes: int = 2
    horizon_weeks: int = 104
    origin_day: dt.date = dt.date(2026, 1, 5)
    truth: TrueMarket = field(default_factory=TrueMarket)

    def __post_init__(self) -> None:
        if self.n_outlets < 50:
            raise ValueError(f"n_outlets: expected at least 50, got {self.n_outlets}")
        if not 1 <= self.n_territories <= self.n_bricks // 2:
            most = self.n_bricks // 2
            raise ValueError(f"n_territories: expected 1 to {most}, two bricks for each, got {self.n_territories}")
        if self.years < 1 or self.horizon_weeks < 1:
            raise ValueError(f"years, horizon_weeks: expected at least 1, got {self.years}, {self.horizon_weeks}")
        for name in ("hidden_sd", "size_tail", "order_tail", "wave"):
            if not 0.0 <= getattr(self, name) <= 2.0:
                raise ValueError(f"{name}: expected 0 to 2, got {getattr(self, name)}")
        if not 0.1 <= self.known_share <= 0.9:
            raise ValueError(f"known_share: expected 0.1 to 0.9, got {self.known_share}")

    @property
    def n_bricks(self) -> int:
        """Number of bricks."""
        return max(self.n_outlets // self.outlets_per_brick, 4)

    @property
    def n_posts(self) -> int:
        """Number of posts for reps; a post outlives the rep who holds it."""
        return max(self.n_territories, round(self.n_outlets / self.outlets_per_rep))

    @property
    def origin(self) -> int:
        """First week that is not history."""
        return week_of_date(self.origin_day)

    @property
    def n_weeks(self) -> int:
        """Length of history, weeks."""
        return round(self.years * WEEKS_PER_YEAR)

    @property
    def first_week(self) -> int:
        """First week of history."""
        return self.origin - self.n_weeks

    @property
    def dice(self) -> Dice:
        """Where this world's accidents come from."""
        return Dice(self.seed)


@dataclass(frozen=True)
class Dice:
    """Keyed random numbers of a made-up world: each is a function of the seed, a name and a number.

    Parameters
    ----------
    seed : int
    """

    seed: int

    def uniform(self, what: str, who: int | NDArray[np.int64], n_words: int = 1) -> NDArray[np.float64]:
        """Uniform numbers for a named decision.

        Parameters
        ----------
        what : str
            Decision; another name, other numbers.
        who : int or (n,) int
            How many, or the number of each of those concerned.
        n_words : int

        Returns
        -------
        (n,) float in (0, 1), or (n_words, n) when ``n_words`` exceeds one
        """
        stream = int.from_bytes(hashlib.blake2b(what.encode(), digest_size=4).digest(), "little")
        entities = (
            np.arange(who, dtype=np.uint64) if isinstance(who, int | np.integer) else np.asarray(who).astype(np.uint64)
        )
        u = draws.uniforms(Key(self.seed), Purpose.WORLD, stream, entities, n_words)
        return u[0] if n_words == 1 else u

    def normal(self, what: str, who: int | NDArray[np.int64], n_words: int = 1) -> NDArray[np.float64]:
        """Standard normal numbers; as :meth:`uniform`."""
        return special.ndtri(self.uniform(what, who, n_words))

    def pick(self, what: str, who: int | NDArray[np.int64], weights: NDArray[np.float64]) -> NDArray[np.int64]:
        """Index of one of the weights, with probability in proportion: (n,) int."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        index = np.searchsorted(edges, self.uniform(what, who) * edges[-1], side="right")
        return np.minimum(index, len(edges) - 1)

    def shuffled(self, what: str, n: int) -> NDArray[np.int64]:
        """A permutation of ``0 .. n - 1``."""
        return np.argsort(self.uniform(what, n), kind="stable")
