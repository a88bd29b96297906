"""Cross-effects: single brands that lose more to a campaign than all others do. Knows no calendar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin.calibration.attraction.cells import Source
from twin.calibration.attraction.fit import AttractionFit, fit_attraction, score_statistics
from twin.response.parameters import PRIORS

_MOST_CROSS = 6


@dataclass(frozen=True)
class CrossEffect:
    """What a brand's campaign does to one other brand beyond what it takes from all alike.

    Parameters
    ----------
    brand, by : int
        Who loses, and whose campaign it is.
    effect, sd : float, utility
        Drawn towards none.
    source : str
    """

    brand: int
    by: int
    effect: float
    sd: float
    source: str


def cross_effects(source: Source, fit: AttractionFit, names: Sequence[str]) -> list[CrossEffect]:
    """Cross-effects one at a time, the strongest first.

    Each must be a loss, and improve twice the log likelihood by more than 2 + 2 log of how many were tried: Akaike's
    price, and that of the search (Foster, George 1994). Drawn towards none with the spread of the prior.
    """
    n, cells, kept = len(names), source.cells, []
    place = [source.column(f"campaign:{name}") for name in names]
    pairs = [(j, k) for k in range(n) if place[k] >= 0 for j in range(n) if j != k and cells.volume[:, :, j].any()]
    while pairs and len(kept) < _MOST_CROSS:
        columns = np.zeros((len(pairs), *cells.shared.shape[1:]))
        for row, (j, k) in enumerate(pairs):
            columns[row, :, j] = cells.shared[place[k] + len(kept), :, k]
        t = score_statistics(cells, fit, columns, cells.own[:0])
        best = int(np.argmin(t))
        if t[best] > 0.0 or t[best] ** 2 <= 2.0 + 2.0 * np.log(n * (n - 1)):
            break
        cells = replace(cells, shared=np.concatenate([columns[best][None], cells.shared]))
        fit = fit_attraction(cells)
        kept.insert(0, pairs.pop(best))
    part = PRIORS["promotion_rival"].sd ** 2 / (PRIORS["promotion_rival"].sd ** 2 + fit.sd**2)
    return [
        CrossEffect(j, k, float(b * drawn), float(sd * np.sqrt(drawn)), source.name)
        for (j, k), b, sd, drawn in zip(kept, fit.coefficients, fit.sd, part)
        if b < 0
    ]


def strongest(cross: Sequence[CrossEffect]) -> tuple[CrossEffect, ...]:
    """One effect a pair: that of the surer source."""
    best: dict[tuple[int, int], CrossEffect] = {}
    for one in sorted(cross, key=lambda each: each.sd):
        best.setdefault((one.brand, one.by), one)
    return tuple(best.values())
