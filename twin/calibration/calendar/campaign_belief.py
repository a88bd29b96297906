"""Campaign belief: whether rivals campaign at all in this market, before any single place of theirs is believed.

A search over a thousand places finds one in some quiet market. Most campaigners have several places, and rivals of one
market live by the same customs: what a place alone could not show, all of them together can, and what stands alone
has to be clear. Knows no weeks; see campaign_slots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from twin.calibration.calendar.campaign_evidence import LENGTHS
from twin.calibration.calendar.campaign_places import Place
from twin.calibration.calendar.campaign_season import Own

MARKET = 11.9
"""Log odds against a market whose rivals campaign unseen, before anything is seen: set on made-up markets without a
campaign, see docs/rival-calendar.md."""
BRAND = 1.0
"""Log odds for one rival, in a market where rivals campaign."""
_CHOSEN = 1.1
"""What choosing makes of chance: noise is taken so much larger."""


def believed(places: Mapping[int, Sequence[Place]], own: Own, wide: float) -> dict[int, tuple[Place, ...]]:
    """Places of every brand, weighed by what level and season leave of them, and by whether the brand campaigns at all.

    Parameters
    ----------
    places : mapping of int to sequence of Place
        By brand, as they were found, with their gains.
    own : Own
        What level and season leave of the evidence.
    wide : float
        Factor on the noise in which the gains were found: it stands for what is taken into account here.

    Returns
    -------
    dict of int to tuple of Place
        With gains of their own evidence, and ``brand_campaigns``.
    """
    weighed = {brand: [_weighed(place, own, wide) for place in places[brand]] for brand in sorted(places)}
    gain = np.array([sum(max(place.gain, 0.0) for place in found) for found in weighed.values()])
    # a brand campaigns, at odds of BRAND, and then at those of what was found; or it does not
    does, does_not = -np.logaddexp(0.0, -BRAND) + gain, -np.logaddexp(0.0, BRAND)
    each = np.logaddexp(does, does_not)
    market = float(np.exp(-np.logaddexp(0.0, MARKET - each.sum())))
    return {
        brand: tuple(replace(place, brand_campaigns=market * float(one)) for place in found)
        for (brand, found), one in zip(weighed.items(), np.exp(does - each), strict=True)
    }


def _weighed(place: Place, own: Own, wide: float) -> Place:
    """A place whose evidence is what level and season cannot claim."""
    left = own.single if not place.anchor else own.places[place.anchor]
    part = min(float(left[np.searchsorted(LENGTHS, place.length)]) * (wide / _CHOSEN) ** 2, 1.0)
    return replace(place, gain=(place.gain + place.cost) * part - place.cost)
