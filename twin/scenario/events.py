"""Events: what happens on days of the calendar, ours, a rival's or the market's.

Every spell counts from the Monday of its first week. Knows nothing of who decides, see :mod:`twin.scenario.scenario`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from twin.weeks import monday, week_of_date

REACTIONS = ("learned", "passive", "retaliate", "accommodate")
"""How rivals may answer."""


def check_day(value: object) -> None:
    """Refuse what is no calendar date: a programming fault, people's faults are found by the grammar."""
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise ValueError(f"start: expected a datetime.date, got {value!r}")


def check_word(name: str, value: object, allowed: tuple[str | None, ...]) -> None:
    """Refuse a word that the grammar does not know."""
    if value not in allowed:
        raise ValueError(f"{name}: expected one of {allowed}, got {value!r}")


def check_tuples(owner: object, *names: str) -> None:
    """Refuse lists, which would let a frozen scenario change."""
    for name in names:
        if not isinstance(getattr(owner, name), tuple):
            raise ValueError(f"{name}: expected a tuple, got {type(getattr(owner, name)).__name__}")


class Spell:
    """Something that begins on a day and lasts whole weeks; the week that contains the day is its first."""

    start: dt.date
    weeks: int

    @property
    def start_week(self) -> int:
        """First week."""
        return week_of_date(self.start)

    @property
    def stop_week(self) -> int:
        """Week after the last: the spell is ``[start_week, stop_week)``."""
        return self.start_week + self.weeks

    @property
    def stop(self) -> dt.date:
        """Monday after the last week."""
        return monday(self.stop_week)

    def __post_init__(self) -> None:
        check_day(self.start)
        if isinstance(self.weeks, bool) or not isinstance(self.weeks, int) or self.weeks < 1:
            raise ValueError(f"weeks: expected a whole number from 1 on, got {self.weeks!r}")


@dataclass(frozen=True)
class Promotion(Spell):
    """A promotion of ours.

    Parameters
    ----------
    brand : str
    start : datetime.date
    weeks : int
    strength : float
        1 is as strong as our average past promotion.
    """

    brand: str
    start: dt.date
    weeks: int
    strength: float = 1.0


@dataclass(frozen=True)
class CompetitorCampaign(Spell):
    """A rival's move, on top of those that the rival is expected to make.

    Parameters
    ----------
    brand : str
    start : datetime.date
    weeks : int
    strength : float
        1 is as strong as that rival's average learned campaign.
    """

    brand: str
    start: dt.date
    weeks: int
    strength: float = 1.0


@dataclass(frozen=True)
class CompetitorPolicy:
    """How rivals behave.

    Parameters
    ----------
    learned_campaigns : bool
        ``False``: rivals make none of the moves that they are expected to make.
    reaction : str
        One of :data:`REACTIONS`.
    """

    learned_campaigns: bool = True
    reaction: str = "learned"

    def __post_init__(self) -> None:
        check_word("reaction", self.reaction, REACTIONS)


@dataclass(frozen=True)
class Shock(Spell):
    """A spell in which demand or channels are not what they were.

    Parameters
    ----------
    start : datetime.date
    weeks : int
    demand_factor : float
    channel_factor : mapping of str to float
        Multiplies contacts a week of a channel.
    """

    start: dt.date
    weeks: int
    demand_factor: float = 1.0
    channel_factor: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "channel_factor", dict(self.channel_factor))


@dataclass(frozen=True)
class MarketEvents:
    """What happens to the whole market.

    Parameters
    ----------
    demand_factor : float
        Multiplies category demand over the whole horizon.
    shocks : tuple of Shock
        Where they overlap their factors multiply.
    """

    demand_factor: float = 1.0
    shocks: tuple[Shock, ...] = ()

    def __post_init__(self) -> None:
        check_tuples(self, "shocks")
