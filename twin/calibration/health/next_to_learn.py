"""Next to learn: which parameters carry the uncertainty of the twin's answers, and which of them are priors.

The answers of all draws are regressed on the draws of one parameter at a time. Parameters are drawn independently, so
the share of variance that one explains is its first-order index (Sobol 1993): the part of the variance that would go
if it were known. An inexpensive cousin of the expected value of partial perfect information.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.response.parameters import Estimate

DERIVED = frozenset(("visit_elasticity", "effect_of_one_visit", "long_run_effect"))
"""Other ways of stating a parameter that stands in the list already."""
_LEAST_DRAWS = 16
_CHANCE = 0.01
_DEGREE = 2


@dataclass(frozen=True)
class Carried:
    """Part of an answer's variance that one parameter carries.

    Parameters
    ----------
    parameter : str
    identified : bool
    share : float
        0 to 1, corrected for what chance explains.
    """

    parameter: str
    identified: bool
    share: float


def carried_variance(answer: NDArray[np.float64], estimates: tuple[Estimate, ...]) -> tuple[Carried, ...]:
    """First-order shares of variance, largest first; parameters that chance could explain as well are left out.

    Parameters
    ----------
    answer : (d,) float
        One figure a draw.
    estimates : tuple of Estimate
        With at least as many draws, in the same order.

    Returns
    -------
    tuple of Carried
        Adjusted R2 of a parabola in the parameter's normal scores; only where F speaks at one in a hundred, with
        Bonferroni's correction for the number of parameters. Empty with fewer than 16 draws.
    """
    n = len(answer)
    free = [e for e in estimates if e.name not in DERIVED and len(e.draws) >= n and np.ptp(e.draws[:n]) > 0.0]
    if n < _LEAST_DRAWS or not free or np.ptp(answer) == 0.0 or not np.isfinite(answer).all():
        return ()
    found = []
    for estimate in free:
        share, p = _explained(answer, estimate.draws[:n])
        if p < _CHANCE / len(free):
            found.append(Carried(estimate.name, bool(estimate.identified), share))
    return tuple(sorted(found, key=lambda one: (-one.share, one.parameter)))


def of_priors(carried: tuple[Carried, ...]) -> float:
    """Part of the variance that parameters carry which are priors, 0 to 1."""
    return float(min(sum(one.share for one in carried if not one.identified), 1.0))


def _explained(answer: NDArray[np.float64], draws: NDArray[np.float64]) -> tuple[float, float]:
    """Adjusted R2 and p of F."""
    n = len(answer)
    score = stats.norm.ppf((stats.rankdata(draws) - 0.5) / n)
    design = np.vander(score, _DEGREE + 1)
    rest = answer - design @ np.linalg.lstsq(design, answer, rcond=None)[0]
    whole, left, free = float(((answer - answer.mean()) ** 2).sum()), float((rest**2).sum()), n - _DEGREE - 1
    explained = 1.0 - left / whole
    f = explained / _DEGREE / max((1.0 - explained) / free, 1e-300)
    return max(1.0 - left / whole * (n - 1) / free, 0.0), float(stats.f.sf(f, _DEGREE, free))
