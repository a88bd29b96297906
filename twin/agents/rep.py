"""RepAgent: one rep's week. Chooses whom to visit within capacity; knows no dates and no roads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from twin.agents.actor import Actor

if TYPE_CHECKING:
    from twin.agents.model import TwinModel


class RepAgent(Actor):
    """A rep, with a book of customers and a budget of visits.

    Parameters
    ----------
    model : TwinModel
    index : int
        Row on axis r.

    Notes
    -----
    Override :meth:`plan` to try another policy, and name the subclass in ``TwinModel.rep_class``: read
    ``model.calling`` and ``model.crowd``, and enter visits with :meth:`visit`. While nobody does, all reps choose in
    one compiled pass, with the same outcome.
    """

    def __init__(self, model: TwinModel, index: int) -> None:
        super().__init__(model)
        self.index = index

    def branch(self, model: TwinModel, index: int | None = None) -> Self:
        """See :meth:`Actor.branch`; under other conditions a rep may stand in another row."""
        twin = super().branch(model)
        twin.index = self.index if index is None else index
        return twin

    @property
    def book(self) -> NDArray[np.int64]:
        """Customers of this rep's territory: (n,) int, rows."""
        conditions = self.model.conditions
        return np.flatnonzero(conditions.territory == conditions.rep_territory[self.index])

    @property
    def visits(self) -> NDArray[np.int64]:
        """Customers visited this week: (n,) int, rows."""
        return np.flatnonzero(self.model.calling.visited_by == self.index)

    def plan(self) -> None:
        """Choose this week's visits and enter them in the model."""
        self.model.calling.choose(self.model.week_index, np.array([self.index]))

    def visit(self, customers: NDArray[np.int64]) -> None:
        """Enter visits of this week."""
        self.model.calling.visited[customers] = 1
        self.model.calling.visited_by[customers] = self.index
