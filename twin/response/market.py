"""Market: one draw of every parameter, laid out over the customers of a world.

What the simulator runs on, whether the draw was calibrated or is the truth of a made-up world.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.response.parameters import PRIORS

_CHANCES = ("memory", "discovery_base", "discovery_visit", "discovery_word", "loss", "winback", "opening")
_CURVATURES = (-4.0, 1.0)
_NOT_NEGATIVE = ("mismatch", "fatigue", "synergy", "loss_contact", "orders_per_week", "demand_shock", "reaction_sd")


@dataclass(frozen=True)
class Response:
    """Scalars and short vectors that describe how demand reacts. Units as in :data:`twin.response.parameters.PRIORS`.

    Parameters
    ----------
    carryover : float, per week
    coefficient : float
        Of goodwill in the utility of our brands, see :func:`twin.response.attraction.warmth`.
    channel_effect : (h,) float, visits
        The visit is 1.
    promotion : (j,) float, utility
        Of an average campaign of each brand.
    drift : (j,) float, utility per square root of a week
        Random walk of each brand's attraction that nothing else explains.
    demand_shock : float, log volume per square root of a week
        Random walk of the category.
    orders_per_week : float
        Orders of the category by a customer of the usual size.
    curvature : float
        How goodwill saturates, see :func:`twin.response.attraction.warmth`; 0 is the logarithm.
    reaction_sd : float
        How sure the rivals' reaction is: one step of a stress case; the prior's where nothing was learned.
    outside : float in [0, 1)
        Part of what attracts a customer that is no brand, see :func:`twin.response.attraction.category_factor`; 0: the
        category's volume does not move with attraction.
    """

    carryover: float
    coefficient: float
    channel_effect: NDArray[np.float64]
    mismatch: float
    ideal_contacts: float
    fatigue: float
    synergy: float
    memory: float
    habit: float
    promotion: NDArray[np.float64]
    drift: NDArray[np.float64]
    demand_shock: float
    discovery_base: float
    discovery_visit: float
    discovery_word: float
    trial_discount: float
    loss: float
    loss_contact: float
    winback: float
    handover: float
    reaction: float
    opening: float
    orders_per_week: float
    curvature: float = 0.0
    outside: float = 0.0
    reaction_sd: float = PRIORS["reaction"].sd

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not np.isfinite(value).all():
                raise ValueError(f"{name}: expected finite, got {value}")
        for name in ("carryover", "handover", "outside"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name}: expected 0 <= {name} < 1, got {getattr(self, name)}")
        for name in _CHANCES:
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name}: expected 0 to 1, got {getattr(self, name)}")
        for name in _NOT_NEGATIVE:
            if getattr(self, name) < 0.0:
                raise ValueError(f"{name}: expected not negative, got {getattr(self, name)}")
        if not _CURVATURES[0] <= self.curvature <= _CURVATURES[1]:
            raise ValueError(f"curvature: expected {_CURVATURES[0]:g} to {_CURVATURES[1]:g}, got {self.curvature}")
        if not self.ideal_contacts > 0.0:
            raise ValueError(f"ideal_contacts: expected above zero, got {self.ideal_contacts}")


@dataclass(frozen=True)
class VisitRule:
    """Whom reps visit when nobody tells them otherwise.

    Parameters
    ----------
    known_weight, unknown_weight : (c,) float, not negative
        Weight in the draw of a week's visits while the customer buys, or does not buy, from us. Drawn without putting
        back, so a learned weight is :func:`twin.response.visiting.weight_for` of the visits a week.
    unknown_share : float in [0, 1]
        Part of the visits that go to customers who do not buy from us.
    follows_sales : float
        Exponent on a customer's recent purchases from us relative to those at the start.
    rep_visits : (r,) float, per week
        What each rep really does.
    contact_rate : (h, c) float, per week
        Contacts on the other channels; row 0 (visits) is unused.
    """

    known_weight: NDArray[np.float64]
    unknown_weight: NDArray[np.float64]
    unknown_share: float
    follows_sales: float
    rep_visits: NDArray[np.float64]
    contact_rate: NDArray[np.float64]


@dataclass(frozen=True)
class Start:
    """State of the customers at the first simulated week.

    Parameters
    ----------
    goodwill : (c,) float, visits
    pressure : (c,) float, contacts per 13 weeks
    habit : (j, c) float
    stage : (c,) int8
        See :class:`twin.response.journey.Stage`.
    last_visit : (c,) int32, week
    """

    goodwill: NDArray[np.float64]
    pressure: NDArray[np.float64]
    habit: NDArray[np.float64]
    stage: NDArray[np.int8]
    last_visit: NDArray[np.int32]


@dataclass(frozen=True)
class Market:
    """One draw, ready to run.

    Parameters
    ----------
    response : Response
    n_own : int
        How many brands are ours; they are the first.
    volume : (c,) float, units per week
        Category volume, season averaged out: the customer's potential.
    base_utility : (j, c) float
        Attraction of each brand without contacts, habit, campaigns.
    log_demand : (w,) float
        Season and trend of the weeks from ``first_week`` on.
    campaigns : (j, w) float
        Strength of the campaigns that are expected; 1 = the brand's average. Ours included.
    neighbours : (c, k) int32
        Who hears from whom; -1 for none.
    rule : VisitRule
    start : Start
    first_week : int
    reference_share : float
        Our share to which rivals compare; ``nan`` when unknown.
    believed_volume : (c,) float, units per week
        Potential as the company believes it to be: whoever ranks customers has this, not the truth of one draw.
    believed_gain : (c,) float, optional
        Expected gain of a visit as the company believes it to be; the market's own when missing.
    recent_own : (c,) float, units, optional
        What the books show of last year's sales to each customer; the law's expectation stands in when missing.
    waves : (j, w) float, utility, optional
        Of every brand by week, the same whatever the scenario: months of the year, and noise that passes.
    level_age : float, weeks
        The levels are means over the past and not those of the origin; the random walks have gone on for so long since.
    responsiveness : (c,) float, optional
        Factor on ``response.coefficient``, relative to the mean of what customers buy from us; all alike when missing.
    usual_utility : (c,) float, utility, optional
        Log of all brands' attractions in the state in which ``volume`` was learned; that at the start when missing.
        Asked for only where there is an outside option.
    regional : (z, j, w) float, optional
        Strength of campaigns of one territory only, beyond ``campaigns``; territories as today.
    rhythm : (c,) float, per week, optional
        Orders of the category by each customer, see :func:`twin.response.orders.ordering_rhythm`; all as often as
        ``response.orders_per_week`` when missing.
    segments : mapping of str to (c,) str, optional
        Learned segments, which scenarios may name.
    """

    response: Response
    n_own: int
    volume: NDArray[np.float64]
    base_utility: NDArray[np.float64]
    log_demand: NDArray[np.float64]
    campaigns: NDArray[np.float64]
    neighbours: NDArray[np.int32]
    rule: VisitRule
    start: Start
    first_week: int
    reference_share: float
    believed_volume: NDArray[np.float64]
    believed_gain: NDArray[np.float64] | None = None
    recent_own: NDArray[np.float64] | None = None
    level_age: float = 0.0
    waves: NDArray[np.float64] | None = None
    responsiveness: NDArray[np.float64] | None = None
    usual_utility: NDArray[np.float64] | None = None
    regional: NDArray[np.float64] | None = None
    rhythm: NDArray[np.float64] | None = None
    segments: Mapping[str, NDArray[np.str_]] | None = None

    @property
    def keen(self) -> NDArray[np.float64] | float:
        """Responsiveness of each customer: (c,) float, or 1 when all are alike."""
        return 1.0 if self.responsiveness is None else self.responsiveness

    @property
    def orders(self) -> NDArray[np.float64]:
        """Orders of the category a week by each customer: (c,) float."""
        return np.full(len(self.volume), self.response.orders_per_week) if self.rhythm is None else self.rhythm

    @property
    def n_weeks(self) -> int:
        """Longest horizon that the draw covers, weeks."""
        return len(self.log_demand)
