"""RepAgent: one rep's week. Chooses whom to visit within capacity; knows no dates and no roads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from twin.agents.model import TwinModel


class RepAgent(mesa.Agent):
    """A rep, with a book of customers and a budget of visits.

    Parameters
    ----------
    model : TwinModel
    index : int
        Row on axis r.

    Notes
    -----
    Override :meth:`plan` to try another policy.
    """

    model: TwinModel

    def __init__(self, model: TwinModel, index: int) -> None:
        super().__init__(model)
        self.index = index
        self.book = np.flatnonzero(model.conditions.territory == model.conditions.rep_territory[index])
        # fractions of a visit are kept for the next week, by pool
        self.credit, self.unknown_credit = 0.0, 0.0

    def plan(self) -> None:
        """Choose this week's visits and enter them in the model."""
        capacity = self.model.conditions.rep_visits[self.index, self.model.week_index]
        self.credit += capacity * self.model.conditions.channel_factor[0, self.model.week_index]
        visits = int(self.credit + 1e-9)
        self.credit -= visits
        if not visits or not len(self.book):
            return
        free = self.book[~self.model.visited[self.book]]
        due = free[self.model.due[free] >= 1.0]
        promised = due[np.argsort(-self.model.due[due], kind="stable")][:visits]
        self._visit(promised)
        rest = visits - len(promised)
        self.unknown_credit += rest * self.model.conditions.unknown_share
        to_unknown = min(int(self.unknown_credit + 1e-9), rest)
        free = self.book[~self.model.visited[self.book]]
        buys = self.model.buys[free]
        chosen = _best(free[~buys], self.model.score, to_unknown)
        self.unknown_credit -= to_unknown
        self._visit(chosen)
        self._visit(_best(free[buys], self.model.score, rest - to_unknown))

    def _visit(self, customers: NDArray[np.int64]) -> None:
        self.model.visited[customers] = True
        self.model.visited_by[customers] = self.index


def _best(candidates: NDArray[np.int64], score: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """The ``n`` candidates with the highest finite score."""
    eligible = candidates[np.isfinite(score[candidates])]
    if n <= 0:
        return eligible[:0]
    if n >= len(eligible):
        return eligible
    return eligible[np.argpartition(-score[eligible], n - 1)[:n]]
