"""Customer history: the weeks of single customers, with their reasons. Nothing is stored: a run is lived again.

A run is a pure function of its keys, so looking back costs one run, for one customer as for many, and no memory before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.agents import why
from twin.agents.customer_calls import Calls, calls_of
from twin.agents.customer_choices import Moves, Purchases, before, choices_of
from twin.agents.why import Reason
from twin.market.channels import VISIT
from twin.response.journey import Stage

if TYPE_CHECKING:
    from twin.agents.crowd import Week
    from twin.agents.model import TwinModel


class Page(NamedTuple):
    """One week of some customers, axis i.

    Parameters
    ----------
    week : int
    calls : Calls
    contacts : (h, i) uint8
    asked : (i,) uint32
        Channels on which a journey asked for a contact, one bit each.
    moves : Moves
    purchases : Purchases
    """

    week: int
    calls: Calls
    contacts: NDArray[np.uint8]
    asked: NDArray[np.uint32]
    moves: Moves
    purchases: Purchases


@dataclass(frozen=True)
class Contact:
    """Contacts of a customer on one channel in one week.

    Parameters
    ----------
    channel : str
    by : str
        Id of the rep; else ``programme``, ``journey``, or ``record`` when it is on record who it was.
    number : int
    """

    channel: str
    by: str
    number: int


@dataclass(frozen=True)
class CustomerWeek:
    """One week of one customer.

    Parameters
    ----------
    week : int, week
    contacts : tuple of Contact
    orders : mapping of str to float, units
        By brand; only what was bought.
    stage_before, stage_after : str
    goodwill : float, visits
        After this week's contacts.
    pressure : float, contacts per 13 weeks
    own_share : float in [0, 1]
        Of our brands together in what the customer was expected to buy.
    reasons : tuple of Reason
        Of visits, of the stage, of orders by brand; see :data:`twin.agents.why.KEYS`.
    """

    week: int
    contacts: tuple[Contact, ...]
    orders: dict[str, float]
    stage_before: str
    stage_after: str
    goodwill: float
    pressure: float
    own_share: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Histories:
    """What happened to some customers, from the first week of a run on.

    Parameters
    ----------
    customer_ids : tuple of str
        Along axis i, in the order in which they were asked for.
    pages : tuple of Page
        One a week, with the figures of all of them as arrays.
    brands, channels : tuple of str
    n_own : int
    """

    customer_ids: tuple[str, ...]
    pages: tuple[Page, ...]
    brands: tuple[str, ...]
    channels: tuple[str, ...]
    n_own: int

    def of(self, customer_id: str) -> tuple[CustomerWeek, ...]:
        """The weeks of one customer.

        Raises
        ------
        KeyError
            Nobody asked for this customer.
        """
        if customer_id not in self.customer_ids:
            raise KeyError(f"customer {customer_id!r}: expected one of those asked for, {', '.join(self.customer_ids)}")
        k = self.customer_ids.index(customer_id)
        return tuple(self._week(page, k) for page in self.pages)

    def _week(self, page: Page, k: int) -> CustomerWeek:
        visits, bought = int(page.contacts[VISIT, k]), page.purchases.volume[:, k]
        reasons = (
            why.of_visits(page.calls, visits, k),
            *why.of_stage(page.moves, visits, k),
            *why.of_orders(page.moves, page.purchases, self.brands, self.n_own, k),
        )
        return CustomerWeek(
            week=page.week,
            contacts=tuple(self._contacts(page, k)),
            orders={self.brands[j]: float(bought[j]) for j in np.flatnonzero(bought)},
            stage_before=stage_name(int(page.moves.before[k])),
            stage_after=stage_name(int(page.moves.after[k])),
            goodwill=float(page.moves.goodwill[k]),
            pressure=float(page.moves.pressure[k]),
            own_share=float(page.purchases.share[: self.n_own, k].sum()),
            reasons=reasons,
        )

    def _contacts(self, page: Page, k: int) -> Iterator[Contact]:
        for h in np.flatnonzero(page.contacts[:, k]).tolist():
            by = "journey" if (int(page.asked[k]) >> h) & 1 else "programme"
            by = str(page.calls.rep[k]) if h == VISIT else by
            by = "record" if page.calls.who_calls == "record" else by
            yield Contact(self.channels[h], by, int(page.contacts[h, k]))


class Watch:
    """A recorder that keeps the rows of some customers, and what decided on them.

    Parameters
    ----------
    rows : (i,) int64
    """

    single_customers = True

    def __init__(self, rows: NDArray[np.int64]) -> None:
        self.rows, self.pages = rows, list[Page]()

    def see_calls(self, model: TwinModel) -> None:
        """Take whom reps chose, and customers as the week finds them."""
        self._calls, self._before = calls_of(model, self.rows), before(model, self.rows)

    def record(self, model: TwinModel, week: Week) -> None:
        """Take what the week brought."""
        asked, rows = model.calling.asked, self.rows
        moves, purchases = choices_of(model, week, rows, self._before)
        self.pages.append(
            Page(
                week=model.week,
                calls=self._calls,
                contacts=week.contacts_of_each[:, rows],
                asked=np.zeros(len(rows), np.uint32) if asked is None else asked[rows],
                moves=moves,
                purchases=purchases,
            )
        )


def histories(model: TwinModel, customer_ids: Sequence[str], n_weeks: int | None = None) -> Histories:
    """Live a run again and watch some of its customers.

    Parameters
    ----------
    model : TwinModel
        Stays as it is.
    customer_ids : sequence of str
    n_weeks : int, optional
        From the first; as many as were lived when missing.

    Raises
    ------
    KeyError
        No such customer; the nearest id is named.
    ValueError
        Somebody has changed the run from outside: lived again, it comes out otherwise.
    """
    rows = model.crowd.directory.rows(customer_ids)
    lived = model.week_index if n_weeks is None else n_weeks
    watch = Watch(rows)
    again, (_, *later) = model.again(watch), model.lineage
    for t in range(lived):
        if later and later[0][0] == t:
            again = again.branch_under(later.pop(0)[1], watch)
        again.step()
    if lived == model.week_index:
        _must_agree(model, again)
    return Histories(
        tuple(str(name) for name in customer_ids), tuple(watch.pages), tuple(model.world.brands.names.tolist()),
        tuple(model.world.channels), model.market.n_own,
    )  # fmt: skip


def stage_name(stage: int) -> str:
    """Name of a stage, as files and screens have it."""
    return Stage(stage).name.lower()


def _must_agree(model: TwinModel, again: TwinModel) -> None:
    for name, one, other in zip(model.crowd.state._fields, model.crowd.state, again.crowd.state):
        if not np.array_equal(one, other):
            raise ValueError(
                f"{name} after {model.week_index} weeks: expected what the run comes to from its first week on, found "
                "something else; it was changed from outside, and its history cannot be lived again"
            )
