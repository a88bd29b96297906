"""Segment response: who answers to visits more than others, and how surely.

Effects by segment are drawn towards the common one as far as the data cannot tell them apart. Knows no demand but own
sales; how the common effect is found stands in :mod:`twin.calibration.visits.fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from twin.calibration.levels.panel import stock_regressors
from twin.calibration.levels.visit_counts import visits_by_period
from twin.calibration.visits import bias as visit_bias
from twin.calibration.visits import fixed_effects
from twin.calibration.visits.carryover import WEEKS_PER_MONTH
from twin.calibration.visits.fit import Fitted
from twin.calibration.visits.segment_groupings import Grouping, groupings_of
from twin.calibration.visits.way import CONTROLLED, UNFORETOLD
from twin.errors import CalibrationError
from twin.market.channels import VISIT
from twin.market.world import World
from twin.response.parameters import Prior, believed, parameter_uniforms

SEEN = 0.99
"""Quantile of customers' periods that counts as the most that history has seen."""
_MOST_CELLS = 30_000_000
_CLEAR, _CHANCE = 2.0, 0.05
_TAU = 61
_MOST_RELATIVE = 3.0


@dataclass(frozen=True)
class SegmentResponse:
    """Effects by segment, as factors on the common effect; arrays over r are rows of a table.

    Parameters
    ----------
    column : str
        The grouping that is used; empty when everybody is alike.
    code : (c,) int16
        Segment of each customer in it; -1 for nobody's, who has the common effect.
    relative : (d, g) float, not negative
        Factor on the coefficient, draw by draw; its mean, weighed by what visits do to own sales, is 1.
    grouping, segment : (r,) str
        All groupings that were tried.
    n : (r,) int
        Customers in the panel.
    raw, raw_sd : (r,) float
        Factor as estimated, ``nan`` where it was not.
    shrunk, sd, p10, p90 : (r,) float
        Factor as believed.
    elasticity : (r,) float
        Of own sales to visits, as believed.
    stock, seen_stock : (r,) float, visits
        Volume-weighted mean, and the most that was seen.
    seen_visits : (r,) float, per month
        The most that was seen.
    p_value : (r,) float
        Of the grouping: chance of such differences where there are none; ``nan`` where it was not estimated.
    reason : str
    """

    column: str
    code: NDArray[np.int16]
    relative: NDArray[np.float64]
    grouping: NDArray[np.str_]
    segment: NDArray[np.str_]
    n: NDArray[np.int64]
    raw: NDArray[np.float64]
    raw_sd: NDArray[np.float64]
    shrunk: NDArray[np.float64]
    sd: NDArray[np.float64]
    p10: NDArray[np.float64]
    p90: NDArray[np.float64]
    elasticity: NDArray[np.float64]
    stock: NDArray[np.float64]
    seen_stock: NDArray[np.float64]
    seen_visits: NDArray[np.float64]
    p_value: NDArray[np.float64]
    reason: str

    def factor(self, draw: int) -> NDArray[np.float64]:
        """Responsiveness of each customer in one draw: (c,) float."""
        return np.where(self.code >= 0, np.append(self.relative[draw], 1.0)[self.code], 1.0)


ROWS = (
    "grouping", "segment", "n", "raw", "raw_sd", "shrunk", "sd", "p10", "p90", "elasticity", "stock", "seen_stock",
    "seen_visits", "p_value",
)  # fmt: skip
"""Columns of the table of segments."""


@dataclass(frozen=True)
class _Shrunk:
    """Draws of the factors, their mean and spread, and the chance of such differences where there are none."""

    raw: NDArray[np.float64]
    raw_sd: NDArray[np.float64]
    draws: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    p_value: float


def alike(world: World, n_draws: int, reason: str) -> SegmentResponse:
    """Everybody has the common effect."""
    n = len(world.population)
    empty = {one.name: np.empty(0) for one in fields(SegmentResponse)}
    empty |= {"grouping": np.empty(0, "U1"), "segment": np.empty(0, "U1"), "n": np.empty(0, np.int64)}
    nobody = np.full(n, -1, dtype=np.int16)
    return SegmentResponse(
        **empty | {"column": "", "code": nobody, "relative": np.ones((n_draws, 1)), "reason": reason}
    )


def learn_segments(
    world: World, fitted: Fitted, elasticity: NDArray[np.float64], n_draws: int, seed: int,
    beliefs: Mapping[str, Prior],
) -> tuple[SegmentResponse, NDArray[np.float64]]:  # fmt: skip
    """Effects by the population's segments, by other attributes and by size, each drawn towards the common effect.

    One grouping goes to the simulator: the population's segments, or the one that stands out most when its differences
    would be chance in fewer than one of twenty such searches. More than one would count the same difference twice.

    Parameters
    ----------
    elasticity : (d,) float
        Draws of the common elasticity.

    Returns
    -------
    SegmentResponse
    (d,) float
        Factor from the elasticity that the estimator weighs to that of all sales: who buys much may answer more.
    """
    panel, at = fitted.panel, fitted.belief.mean
    groupings = list(groupings_of(world, panel))
    prior = believed("visit_heterogeneity", beliefs)
    found = [_by_segment(fitted, one, prior, n_draws, seed) for one in groupings]
    if not groupings:
        why = "no attribute that groups customers, and too few of them for a grouping by size"
        return alike(world, n_draws, why), np.ones(n_draws)
    tested = [(one.p_value, k) for k, one in enumerate(found) if one is not None]
    chosen = -1
    reason = "differences between segments cannot be told from the common effect"
    if fitted.way.name == UNFORETOLD:
        reason = "visits follow demand: differences between segments may be those of the reps, not of the customers"
    if tested:
        best, place = min(tested)
        if best < _CHANCE / len(tested):
            chosen, reason = place, f"segments of {groupings[place].column} differ (chance {best:.2g})"
        elif found[0] is not None and groupings[0].column == world.population.segments.column:
            chosen, reason = 0, f"segments drawn towards the common effect; chance of such differences {best:.2g}"
    rows, weight = _table(fitted, groupings, found, at, float(elasticity.mean()))
    use = None if chosen < 0 else found[chosen]
    if use is None:
        none = np.full(len(world.population), -1, dtype=np.int16)
        return SegmentResponse("", none, np.ones((n_draws, 1)), **rows, reason=reason), np.ones(n_draws)
    factor = 1.0 + (use.draws - 1.0) @ weight[chosen]
    grouping = groupings[chosen]
    return SegmentResponse(grouping.column, grouping.code, use.draws / factor[:, None], **rows, reason=reason), factor


def _by_segment(fitted: Fitted, grouping: Grouping, prior: Prior, n_draws: int, seed: int) -> _Shrunk | None:
    """Exact regression with one coefficient a segment; nothing where there is no clear effect to be relative to."""
    if fitted.way.name == UNFORETOLD or fitted.elasticity < _CLEAR * fitted.sd:
        return None
    panel, g = fitted.panel, len(grouping.names)
    code = grouping.code[panel.customer].astype(np.int64)
    code[code < 0] = g
    rows = np.arange(len(panel))
    most = _MOST_CELLS // (panel.volume.shape[1] * (g + 1))
    if len(rows) > most:
        rows = np.sort(np.argsort(panel.customer)[:: len(rows) // most + 1])
    one_hot = (code[rows] == np.arange(g + (code[rows] == g).any())[:, None]).astype(np.float32)
    design, group = one_hot[:, :, None] * fitted.design[0, rows], panel.group[rows]
    if fitted.way.name == CONTROLLED:
        instruments = visit_bias.capacity_instruments(panel, fitted.belief.mean[0])
        left, _ = visit_bias.first_stage(panel, fitted.design, instruments, rows)
        design, group = np.concatenate([design, left[None].astype(np.float32)]), np.zeros(len(rows), np.int32)
    try:
        fit = fixed_effects.fit(panel.working[rows], design, panel.mask[rows], group)
    except CalibrationError:
        return None
    weight = np.clip(np.linalg.solve(fit.covariance[:g, :g], np.ones(g)), 0.0, None)
    common = float(weight @ fit.coefficients[:g] / max(weight.sum(), 1e-300))
    if common <= 0:
        return None
    raw, sd = fit.coefficients[:g] / common, np.sqrt(np.diag(fit.robust)[:g]) / common
    return shrink(raw, sd, weight / weight.sum(), prior, n_draws, seed, grouping.column, grouping.names)


def shrink(
    raw: NDArray[np.float64], sd: NDArray[np.float64], weight: NDArray[np.float64], prior: Prior, n_draws: int,
    seed: int, column: str, names: list[str],
) -> _Shrunk:  # fmt: skip
    """Hierarchical normal model of factors around a common one, by a grid over the spread between segments.

    Gelman et al. 2013, section 5.4, with a half-normal prior of the spread. The spread is drawn with the factors, so
    that they are neither all alike nor all apart for certain.
    """
    tau = np.linspace(0.0, prior.high, _TAU)
    precision = 1.0 / (sd**2 + tau[:, None] ** 2)
    centre = (precision * raw).sum(axis=1) / precision.sum(axis=1)
    log_weight = 0.5 * np.log(precision).sum(axis=1) - 0.5 * np.log(precision.sum(axis=1))
    log_weight += stats.norm.logpdf(tau, 0.0, prior.sd) - 0.5 * (precision * (raw - centre[:, None]) ** 2).sum(axis=1)
    chance = np.exp(log_weight - log_weight.max())
    chance /= chance.sum()
    keep = tau[:, None] ** 2 * precision
    mean_of = centre[:, None] + keep * (raw - centre[:, None])
    var_of = keep * sd**2 + (1 - keep) ** 2 / precision.sum(axis=1)[:, None]
    mean = chance @ mean_of
    spread = np.sqrt(chance @ (var_of + (mean_of - mean) ** 2))
    place = np.searchsorted(chance.cumsum(), parameter_uniforms(f"visit_heterogeneity/{column}", n_draws, seed))
    place = np.clip(place, 0, _TAU - 1)
    z = np.stack([stats.norm.ppf(parameter_uniforms(f"visit_segment/{column}/{one}", n_draws, seed)) for one in names])
    draws = np.clip(mean_of[place] + np.sqrt(var_of[place]) * z.T, 0.0, _MOST_RELATIVE)
    draws = np.where(tau[place, None] > 0, draws, 1.0)
    draws /= np.maximum(draws @ weight, 1e-3)[:, None]
    statistic = float((((raw - centre[0]) / sd) ** 2).sum())
    return _Shrunk(raw, sd, draws, mean / (mean @ weight), spread, float(stats.chi2.sf(statistic, len(raw) - 1)))


def _table(
    fitted: Fitted, groupings: list[Grouping], found: list[_Shrunk | None], at: tuple[float, float], elasticity: float
) -> tuple[dict[str, NDArray], list[NDArray]]:
    """One row a grouping and segment; and the part of each segment in the elasticity of all sales."""
    panel = fitted.panel
    (_, slope), _ = stock_regressors(panel, at[0], fitted.effects, (VISIT,), at[1])
    stock = _mean_stock(fitted, at[0])
    monthly = visits_by_period(panel) / panel.periods.weeks_in() * WEEKS_PER_MONTH
    whole = (slope * panel.volume).sum() / panel.volume.sum()
    rows: dict[str, list[object]] = {name: [] for name in ROWS}
    weights = []
    for grouping, one in zip(groupings, found):
        weights.append(np.zeros(len(grouping.names)))
        code = grouping.code[panel.customer]
        for g, name in enumerate(grouping.names):
            mine = code == g
            volume, seen = panel.volume[mine], panel.mask[mine]
            total = max(float(volume.sum()), 1e-300)
            part = float((slope[mine] * volume).sum()) / total / float(whole)
            weights[-1][g] = part * total / panel.volume.sum()
            believed_factor = 1.0 if one is None else float(one.mean[g])
            low, high = (1.0, 1.0) if one is None else np.quantile(one.draws[:, g], [0.1, 0.9])
            line = (
                grouping.column, name, int(mine.sum()), np.nan if one is None else one.raw[g],
                np.nan if one is None else one.raw_sd[g], believed_factor, 0.0 if one is None else float(one.sd[g]),
                float(low), float(high), elasticity * believed_factor * part,
                float((stock[mine] * volume).sum()) / total, _most(stock[mine], seen), _most(monthly[mine], seen),
                np.nan if one is None else one.p_value,
            )  # fmt: skip
            for column, value in zip(ROWS, line):
                rows[column].append(value)
    return {name: np.array(values) for name, values in rows.items()}, weights


def _most(values: NDArray, seen: NDArray[np.bool_]) -> float:
    return float(np.quantile(values[seen], SEEN)) if seen.any() else 0.0


def _mean_stock(fitted: Fitted, rho: float) -> NDArray[np.float32]:
    """Mean stock of each customer in each period: (c, p) float32, visits."""
    panel, out = fitted.panel, np.zeros(fitted.panel.volume.shape, dtype=np.float32)
    channels = [h for h in range(panel.n_channels) if fitted.effects[h] != 0 and (panel.touches.channel == h).any()]
    for rows, parts in panel.stocks(rho, channels):
        out[rows] = panel.mean_by_period(np.tensordot(fitted.effects[channels].astype(np.float32), parts, 1))
    return out
