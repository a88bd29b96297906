"""Customer view: one customer as it stands, read from the rows of the crowd without touching anybody else's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twin.agents.customer_history import CustomerWeek, histories, stage_name
from twin.engine.columns import LONG_AGO

if TYPE_CHECKING:
    from twin.agents.model import TwinModel


@dataclass(frozen=True)
class CustomerView:
    """One customer at the start of a week.

    Parameters
    ----------
    customer_id : str
    week : int, week
        The next to be lived.
    known : bool
        Known to us at the origin.
    territory, segment : str
        Of the scenario that is being lived, where it changes them; the segment is empty for no value.
    stage : str
        See :class:`twin.response.journey.Stage`.
    goodwill : float, visits
    pressure : float, contacts per 13 weeks
    habit : dict of str to float in [0, 1]
        By brand.
    own_habit : float in [0, 1]
        Of our brands together.
    last_visit, last_remote : int, week, or None
        Of the last contact in person, and on another channel; ``None`` for never, or more than 254 weeks ago. Of other
        channels, only this run's are known.
    weekly_potential : float, units per week
        Category volume, season averaged out, in this draw.
    recent_own : float, units per week
        Bought from us, a moving average over a quarter.
    own_so_far : float, units
        Bought from us since the run began.
    handover : float, utility
        What a change of rep still costs.
    due : float, visits
        Promised and not yet made.
    agrees_to : tuple of str
        Channels with consent.
    prefers : str
        Preferred channel; empty when not stated.
    """

    customer_id: str
    week: int
    known: bool
    territory: str
    segment: str
    stage: str
    goodwill: float
    pressure: float
    habit: dict[str, float]
    own_habit: float
    last_visit: int | None
    last_remote: int | None
    weekly_potential: float
    recent_own: float
    own_so_far: float
    handover: float
    due: float
    agrees_to: tuple[str, ...]
    prefers: str
    _model: TwinModel = field(repr=False, compare=False)
    _lived: int = field(repr=False, compare=False)

    def history(self) -> tuple[CustomerWeek, ...]:
        """The weeks up to this one, with their reasons; costs as much as living them did.

        Raises
        ------
        ValueError
            See :func:`twin.agents.customer_history.histories`, which is the better way to many customers.
        """
        return histories(self._model, [self.customer_id], self._lived).of(self.customer_id)


def view(model: TwinModel, customer_id: str) -> CustomerView:
    """Look at one customer. See :meth:`twin.agents.model.TwinModel.customer`."""
    crowd, world = model.crowd, model.world
    i, state, terrain = crowd.directory.row(customer_id), crowd.state, crowd.terrain
    habit = {str(brand): float(state.habit[j, i]) for j, brand in enumerate(world.brands.names)}
    consent, prefers = int(terrain.consent[i]), int(terrain.prefers[i])
    return CustomerView(
        customer_id=str(crowd.ids[i]),
        week=model.week,
        known=bool(world.population.known[i]),
        territory=str(world.territories[model.conditions.territory[i]]),
        segment=str(crowd.segments.names[crowd.segments.code[i]]),
        stage=stage_name(int(state.stage[i])),
        goodwill=float(state.goodwill[i]),
        pressure=float(state.pressure[i]),
        habit=habit,
        own_habit=sum(list(habit.values())[: terrain.n_own]),
        last_visit=_week_of(model.week, int(state.since_visit[i])),
        last_remote=_week_of(model.week, int(state.since_remote[i])),
        weekly_potential=float(terrain.volume[i]),
        recent_own=float(state.recent_own[i]),
        own_so_far=float(crowd.left.own_so_far[i]),
        handover=float(state.handover[i]) if len(state.handover) else 0.0,
        due=float(model.calling.due[i]),
        agrees_to=tuple(name for h, name in enumerate(world.channels) if (consent >> h) & 1),
        prefers=world.channels[prefers] if prefers >= 0 else "",
        _model=model,
        _lived=model.week_index,
    )


def _week_of(now: int, ago: int) -> int | None:
    return None if ago >= LONG_AGO else now - ago
