"""Channels of a call plan: to whom one more contact in some weeks is offered on each channel that is in use.

Other channels know no capacity of their own. What history has not seen is not offered: no channel makes many more
contacts than it does today, and they go where they are expected to bring most.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from twin.agents.conditions import Conditions
from twin.market.channels import VISIT
from twin.market.world import World
from twin.planning.allocation_field import Field
from twin.planning.allocation_scenario import Way
from twin.planning.allocation_value import Programmes, Worth, expected_worth, usual_contacts
from twin.response.market import Market

EVERY_WEEKS = 8
MOST_MORE = 0.45
"""Contacts of a channel that may come on top, as a part of those that it makes anyway: below what calls for a flag."""


def ways_offered(
    world: World,
    draws: Iterable[tuple[Market, Conditions]],
    field: Field,
    worth: Worth,
    busy: NDArray[np.bool_],
    least_gain: float,
) -> list[tuple[Way, NDArray[np.int64]]]:
    """Further contacts, and the customers to whom they are offered.

    Parameters
    ----------
    world : World
    draws : iterable of (Market, Conditions)
    field : Field
    worth : Worth
    busy : (c,) bool
        Follow a journey of the scenario and cannot follow another.
    least_gain : float
        What a contact costs, in units of ``worth`` over the horizon: whoever brings less is not offered it.

    Returns
    -------
    list of (Way, (n,) int rows)
    """
    found = []
    market, laid = next(iter(draws))
    usual = usual_contacts(market, laid, world.population.consent)
    reach = np.minimum(laid.channel_factor.mean(axis=1), 1.0)
    for h, channel in enumerate(world.channels):
        may = world.population.consent[h] & ~busy
        most = int(MOST_MORE * usual[h].sum() * EVERY_WEEKS)
        if h == VISIT or most < 1 or not may.any() or reach[h] <= 0.0:
            continue
        rows = np.flatnonzero(may)
        extra = np.zeros((2, len(world.channels)))
        extra[1, h] = reach[h] / EVERY_WEEKS
        as_today = Programmes(field.today[None, rows], np.array([True]), extra)
        without, with_one = expected_worth(world, draws, rows, as_today, worth)[:, 0]
        gain = with_one - without - least_gain
        chosen = np.argsort(-gain, kind="stable")[:most]
        chosen = np.sort(chosen[gain[chosen] > 0.0])
        if len(chosen):
            found.append((Way(channel, EVERY_WEEKS), rows[chosen]))
    return found
