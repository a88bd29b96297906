"""Size: log category volume of every customer before the market's totals are imposed, from all that was observed.

Knows relative size and its uncertainty; leaves the level of either half open, see :mod:`twin.potential.level`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.market.world import World
from twin.potential.evidence import Evidence
from twin.potential.features import Features
from twin.potential.ranking import Ranking, rank_customers
from twin.potential.wallet import upper_residual
from twin.response.parameters import PRIORS

ENOUGH_PANEL = 80
_FEW = 8
_SHARE_VARIANCE = (PRIORS["own_share"].sd / PRIORS["own_share"].mean) ** 2


@dataclass(frozen=True)
class Size:
    """Log weekly category volume, given that anything is bought; its level is known up to a shift of each half.

    Parameters
    ----------
    log : (c,) float
        From attributes and place alone; panel members' from a model that has not seen them.
    update : (c,) float, log
        What a known customer's own sales add.
    variance : (c,) float
        Of what attributes, place and own sales leave open.
    active : (c,) float in (0, 1]
        Probability that the customer buys in the category at all.
    buyers : (n,) int
        Known customers with own sales.
    own : Ranking
        Of log own sales.
    direct : Ranking or None
        Of log category volume, when the panel is large enough.
    share_variance : float
        Of log own share between customers.
    panel_residual : (k,) float
        Log observed minus predicted without own sales; ``nan`` for members who bought nothing.
    upper : (c,) float, log
        How far above the prediction from attributes the 90th percentile of comparable customers lies.
    """

    log: NDArray[np.float64]
    update: NDArray[np.float64]
    variance: NDArray[np.float64]
    active: NDArray[np.float64]
    buyers: NDArray[np.int64]
    own: Ranking
    direct: Ranking | None
    share_variance: float
    panel_residual: NDArray[np.float64]
    upper: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """Expected volume without the shift: (c,) float, units per week."""
        return self.active * np.exp(self.log + self.update + self.variance / 2)


def _activity(known: NDArray, evidence: Evidence) -> NDArray[np.float64]:
    """Probability of buying at all, from panel members who bought nothing in a year: (c,) float in (0, 1]."""
    active = np.ones(len(known))
    members = evidence.members
    if not len(members):
        return active
    alive = (evidence.panel[members] > 0).astype(np.float64)
    if alive.all():
        return active
    overall = (alive.sum() + 0.5) / (len(alive) + 1)
    # buyers of ours are alive; the other known and the unknown are judged by their own kind
    for kind in (~known, known & (evidence.own == 0)):
        mine = alive[kind[members]]
        active[kind] = (mine.sum() + 2 * overall) / (len(mine) + 2)
    silent = members[alive == 0]
    # a gamma spread of order rates: chance that a living customer stays silent for a year
    orders = 1.0 / max(float(np.median(evidence.panel_noise[members])), 1e-3)
    quiet = (1.0 + orders) ** -1.0
    active[members[alive > 0]] = 1.0
    active[silent] = active[silent] * quiet / (1.0 - active[silent] + active[silent] * quiet)
    return np.clip(active, 1e-3, 1.0)


def _own_signal(evidence: Evidence, buyers: NDArray, own: Ranking, seen: NDArray, residual: NDArray):
    """How much of a surprise in own sales is size, and how much is only share.

    Parameters
    ----------
    seen : (n,) bool
        Which buyers are panel members with a volume.
    residual : (n,) float
        Their log category volume minus prediction; ``nan`` elsewhere.

    Returns
    -------
    gain (n,), left, share_variance
        Part of each surprise that is size; variance of size left open; variance of log share.
    """
    noise = np.log1p(evidence.own_noise[buyers])
    total = float(np.var(own.residual)) if len(buyers) > 2 else 0.0
    total = max(total, 1e-3)
    usual = min(float(noise.mean()) if len(noise) else 0.0, total / 2)
    size = max(total - usual - _SHARE_VARIANCE, total / 4)
    left = None
    if seen.sum() >= 2 * _FEW:
        x, y = own.residual[seen], residual[seen]
        x, y = x - x.mean(), y - y.mean()
        # the prior split counts like ten customers
        slope = (x @ y + 10 * size) / (x @ x + 10 * total)
        size = float(np.clip(slope, 0.0, 1.0)) * total
        # our sales are part of the panel's: their lumps are common to both; those of the rest are noise, not size
        rest = np.log1p(evidence.panel_noise[buyers[seen]]) * (1.0 - PRIORS["own_share"].mean)
        left = float(np.mean((y - slope * x) ** 2))
        left = max(left - float(rest.mean()), left / 4)
    share = max(total - usual - size, 0.01)
    gain = size / (total - usual + noise)
    floor = size * (1 - size / max(total, size)) / 4
    left = max(left, floor, 0.01) if left is not None else max(size * (1.0 - size / total), 0.01)
    return np.clip(gain, 0.0, 1.0), left, share


def measure(world: World, evidence: Evidence, features: Features, seed: int, settled: NDArray[np.bool_]) -> Size:
    """Size of every customer from attributes, place, panel and own sales.

    ``settled`` (c,) bool are those of the known level, see :func:`twin.potential.evidence.settled`.
    """
    known, c = world.population.known, len(world.population)
    buyers = np.flatnonzero(known & (evidence.own > 0))
    own = rank_customers(world, features, buyers, np.log(evidence.own[buyers]), seed)
    members = evidence.members
    bought = evidence.panel[members] > 0
    rows = members[bought]
    target = np.log(evidence.panel[rows])
    noise = np.log1p(evidence.panel_noise[rows])
    log, direct = own.score - np.log(PRIORS["own_share"].mean), None
    no_score = len(buyers) < _FEW
    if len(rows) >= ENOUGH_PANEL or (no_score and len(rows) >= _FEW):
        described = features if no_score else features.with_trusted("@score", own.score)
        half = settled[rows]
        # the halves differ in level; what attributes say is learned inside each
        apart, surprise = target.copy(), target - own.score[rows]
        if half.any() and (~half).any() and not no_score:
            apart[~half] += np.mean(surprise[half]) - np.mean(surprise[~half])
        direct = rank_customers(world, described, rows, apart, seed + 100, 1.0 / (np.var(target) / 2 + noise))
        log = direct.score
    elif no_score and evidence.audited:
        log = np.full(c, np.log(np.nansum(evidence.brick_total) / max((world.population.brick >= 0).sum(), 1)))

    residual = np.full(c, np.nan)
    residual[rows] = target - log[rows]
    gain, left, share_variance = _own_signal(evidence, buyers, own, np.isfinite(residual[buyers]), residual[buyers])
    spread = own.residual if len(rows) < 2 * _FEW else _centred(residual[rows], settled[rows])
    open_variance = float(np.var(spread)) if len(spread) > 2 else PRIORS["hidden_size"].sd ** 2
    minus = float(noise.mean()) if len(rows) >= 2 * _FEW else share_variance
    variance = np.full(c, max(open_variance - minus, open_variance / 4, 0.01))
    update = np.zeros(c)
    # shares of newcomers differ: what all of them give is no measure of their level, who gives more than others is
    for mine in (settled[buyers], ~settled[buyers]):
        if mine.any():
            usual = own.residual[mine].mean() if mine.sum() >= _FEW else own.residual.mean() * (len(buyers) >= _FEW)
            update[buyers[mine]] = gain[mine] * (own.residual[mine] - usual)
    variance[buyers] = np.minimum(variance[buyers], left)
    seen = direct is not None and len(rows) >= ENOUGH_PANEL
    centred = _centred(residual[rows], settled[rows]) if seen else own.residual
    upper = upper_residual(world, features, rows if seen else buyers, centred, minus, seed + 200)
    return Size(
        log, update, variance, _activity(known, evidence), buyers, own, direct, share_variance, residual[members], upper
    )


def _centred(residual: NDArray[np.float64], half: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Residuals less the mean of each half, whose level is a matter of its own: (n,) float."""
    result = residual.copy()
    for mine in (half, ~half):
        if mine.any():
            result[mine] -= residual[mine].mean()
    return result
