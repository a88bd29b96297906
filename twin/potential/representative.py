"""Representative: whether panel members of a half are like the rest of it, and what follows if they are not.

Knows predictions and residuals of members; the level that comes of them is settled elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LIMIT = 2.0
"""t value from which members are taken to differ: false alarm in 5 of 100 random panels."""
_FEW = 10


@dataclass(frozen=True)
class Tilt:
    """How far members of one half are larger than the others of that half.

    Parameters
    ----------
    seen : float, standard deviations
        Of the predicted log size.
    t : float
        Its t value; 0 with too few members.
    hidden : float, log
        As much again in what attributes do not show: the most that a size-biased panel is taken to hide.
    """

    seen: float
    t: float
    hidden: float

    @property
    def biased(self) -> bool:
        """Whether members were not drawn at random, as far as size can be seen."""
        return abs(self.t) >= LIMIT


def tilt_of(predicted: NDArray[np.float64], member: NDArray[np.bool_], residual_sd: float) -> Tilt:
    """Compare members with the others of their half.

    What is visible is a guide to what is not (Altonji, Elder, Taber 2005): a panel that holds larger outlets than a
    random one by the look of them is taken to hold outlets that are larger for hidden reasons, at most as much so.

    Parameters
    ----------
    predicted : (n,) float, log
        From attributes alone, of everybody in the half.
    member : (n,) bool
    residual_sd : float, log
    """
    k = int(member.sum())
    if k < _FEW or len(predicted) - k < _FEW:
        return Tilt(0.0, 0.0, 0.0)
    sd = max(float(predicted.std()), 1e-9)
    seen = float(predicted[member].mean() - predicted[~member].mean()) / sd
    t = seen / np.sqrt(1.0 / k + 1.0 / (len(predicted) - k))
    return Tilt(seen, float(t), seen * residual_sd)
