"""Scenarios: the nouns of what-if, from a strategy's goal to a rival's campaign.

What is not named is ``None``, empty or neutral and means "as in the baseline". Knows no file, see
:mod:`twin.scenario.grammar`, and no market, see :mod:`twin.scenario.check`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.scenario.events import (
    REACTIONS,
    CompetitorCampaign,
    CompetitorPolicy,
    MarketEvents,
    Promotion,
    Shock,
    Spell,
    check_day,
    check_tuples,
    check_word,
)
from twin.weeks import week_of_date

__all__ = [
    "ALIGNMENTS",
    "BASELINE",
    "BASELINE_NAME",
    "GOALS",
    "MODES",
    "OUTCOMES",
    "RANKS",
    "REACTIONS",
    "ChannelPolicy",
    "CompetitorCampaign",
    "CompetitorPolicy",
    "FieldForce",
    "Frequency",
    "Goal",
    "Journey",
    "MarketEvents",
    "Promotion",
    "RepChange",
    "Scenario",
    "Shock",
    "Spell",
    "Step",
    "Targeting",
]

BASELINE_NAME = "baseline"
"""Reserved: no scenario file may carry this name."""

GOALS = ("own_volume", "own_share", "own_value", "contribution")
ALIGNMENTS = ("current", "balanced")
"""Anything else in ``alignment`` is a file."""

RANKS = ("as_history", "random", "potential", "expected_gain")
"""Anything else in a rank is the name of a customer attribute, highest first."""

MODES = ("omnichannel", "multichannel")
OUTCOMES = ("always", "no_order", "order", "opened", "not_opened")


@dataclass(frozen=True)
class Goal:
    """The growth strategy in figures; what results are measured against, never a cause in the market.

    Parameters
    ----------
    maximise : str
        One of :data:`GOALS`.
    own_share : float, optional
        Target: our share of the category over the horizon, 0 to 1.
    """

    maximise: str = "own_volume"
    own_share: float | None = None

    def __post_init__(self) -> None:
        check_word("maximise", self.maximise, GOALS)


@dataclass(frozen=True)
class RepChange:
    """Reps who join a territory or leave it.

    Parameters
    ----------
    territory : str
    reps : int
        Negative when they leave.
    start : datetime.date, optional
        ``None``: from the first week of the forecast.
    """

    territory: str
    reps: int
    start: dt.date | None = None

    def __post_init__(self) -> None:
        if self.start is not None:
            check_day(self.start)

    def start_week(self, origin: int) -> int:
        """First week with the new number of reps, never before the first week of the forecast."""
        return origin if self.start is None else max(origin, week_of_date(self.start))


@dataclass(frozen=True)
class FieldForce:
    """How many reps there are, how much they do, and where.

    Parameters
    ----------
    capacity_factor : float
        Multiplies every rep's contacts a week.
    alignment : str
        ``current``, ``balanced`` or the path of a file.
    changes : tuple of RepChange
    """

    capacity_factor: float = 1.0
    alignment: str = "current"
    changes: tuple[RepChange, ...] = ()

    def __post_init__(self) -> None:
        check_tuples(self, "changes")


@dataclass(frozen=True)
class Frequency:
    """A wished number of visits to some customers.

    Parameters
    ----------
    visits_per_month : float
    where : str, optional
        Condition on customer columns, see :mod:`twin.scenario.where`; ``None``: every customer.
    """

    visits_per_month: float
    where: str | None = None


@dataclass(frozen=True)
class Targeting:
    """Whom the reps visit.

    Parameters
    ----------
    unknown_share : float, optional
        Part of face-to-face capacity spent on customers who do not buy from us yet;
        ``None``: as the learned visit rule has it.
    unknown_rank, known_rank : str
        One of :data:`RANKS` or a customer attribute, highest first.
    drop_small : float
        Part of known customers, smallest recent own sales first, that gets no visit.
    frequency : tuple of Frequency
        A customer follows the first whose condition holds.
    """

    unknown_share: float | None = None
    unknown_rank: str = "as_history"
    known_rank: str = "as_history"
    drop_small: float = 0.0
    frequency: tuple[Frequency, ...] = ()

    def __post_init__(self) -> None:
        check_tuples(self, "frequency")


@dataclass(frozen=True)
class ChannelPolicy:
    """How much each channel is used, and whether channels share one memory of the customer.

    Parameters
    ----------
    mode : str, optional
        One of :data:`MODES`; ``None``: as integrated as today.
    factor : mapping of str to float
        Multiplies contacts a week of a channel; a channel that is not named stays as it is.
    """

    mode: str | None = None
    factor: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        check_word("mode", self.mode, (None, *MODES))
        object.__setattr__(self, "factor", dict(self.factor))


@dataclass(frozen=True)
class Step:
    """One contact in a chain.

    Parameters
    ----------
    channel : str
    after_days : int
        Days to wait after the step before.
    when : str, optional
        One of :data:`OUTCOMES` of the step before; ``None`` and ``always``: whatever came of it.
    times : int
        How often the contact is made.
    """

    channel: str
    after_days: int = 0
    when: str | None = None
    times: int = 1

    def __post_init__(self) -> None:
        check_word("when", self.when, (None, *OUTCOMES))

    @property
    def waits_for(self) -> str | None:
        """Outcome without which the step is not taken, or ``None``."""
        return None if self.when == "always" else self.when


@dataclass(frozen=True)
class Journey:
    """A chain of contacts, each step waiting for what came of the last.

    Parameters
    ----------
    steps : tuple of Step
        At least one.
    name : str
    where : str, optional
        Condition on customer columns; ``None``: every customer.
        A customer follows the first journey whose condition holds.
    """

    steps: tuple[Step, ...]
    name: str = ""
    where: str | None = None

    def __post_init__(self) -> None:
        check_tuples(self, "steps")
        if not self.steps:
            raise ValueError("steps: expected at least one")


@dataclass(frozen=True)
class Scenario:
    """A named what-if. Only with a name it changes nothing.

    Parameters
    ----------
    name : str
        A label, never a path.
    note : str
    horizon_weeks : int, optional
        ``None``: as long as the caller forecasts by default.
    goal : Goal
    field_force : FieldForce
    targeting : Targeting
    channels : ChannelPolicy
    journeys : tuple of Journey
    promotions : tuple of Promotion
    competitor_campaigns : tuple of CompetitorCampaign
    competitors : CompetitorPolicy
    market : MarketEvents
    """

    name: str
    note: str = ""
    horizon_weeks: int | None = None
    goal: Goal = field(default_factory=Goal)
    field_force: FieldForce = field(default_factory=FieldForce)
    targeting: Targeting = field(default_factory=Targeting)
    channels: ChannelPolicy = field(default_factory=ChannelPolicy)
    journeys: tuple[Journey, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    competitor_campaigns: tuple[CompetitorCampaign, ...] = ()
    competitors: CompetitorPolicy = field(default_factory=CompetitorPolicy)
    market: MarketEvents = field(default_factory=MarketEvents)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise ValueError("name: expected a text")
        check_tuples(self, "journeys", "promotions", "competitor_campaigns")

    @property
    def changes_nothing(self) -> bool:
        """Whether the market is left as in the baseline; name, note, goal and horizon do not touch it."""
        parts = ("field_force", "targeting", "channels", "journeys", "promotions", "competitor_campaigns")
        return all(getattr(self, part) == getattr(BASELINE, part) for part in (*parts, "competitors", "market"))


BASELINE = Scenario(name=BASELINE_NAME)
"""From the end of history on, everybody goes on as they do."""
