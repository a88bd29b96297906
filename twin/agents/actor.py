"""Actor: what reps and rivals have in common as agents of Mesa. Knows nothing of what they do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import mesa

if TYPE_CHECKING:
    from twin.agents.model import TwinModel


class _NumbersOfModels:
    """The numbers that each model gives to its agents, kept by the model itself."""

    def __getitem__(self, model: TwinModel) -> Iterator[int]:
        return model.numbers


class Actor(mesa.Agent):
    """An agent that goes away with its model, and can follow a branch of it.

    Mesa 3.3 counts agents in a table of all models, which then live as long as the process does: an ensemble would keep
    every run's arrays.
    """

    model: TwinModel
    _ids: Any = _NumbersOfModels()

    def branch(self, model: TwinModel) -> Self:
        """The same agent in a branch of its model.

        An agent with lists or arrays of its own copies them here as well.
        """
        twin = object.__new__(type(self))
        twin.__dict__.update(self.__dict__, model=model)
        model.register_agent(twin)
        return twin
