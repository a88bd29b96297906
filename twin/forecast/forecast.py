"""Forecast: an ensemble summarised as the contract has it: totals, weekly bands, paired differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twin.agents.recorder import UNKNOWN
from twin.draws import band
from twin.forecast.ensemble import Ensemble
from twin.forecast.flags import flags_of
from twin.forecast.naive import Naive
from twin.market.world import World
from twin.scenario.scenario import Scenario
from twin.weeks import monday

LEVELS = {"p05": 0.05, "p10": 0.1, "p50": 0.5, "p90": 0.9, "p95": 0.95}


def summarise(
    ensemble: Ensemble, world: World, naive: Naive, market_seen: bool, notes: Sequence[str]
) -> dict[str, Any]:
    """The result of ``twin forecast``, ready for JSON.

    Parameters
    ----------
    ensemble : Ensemble
    world : World
    naive : Naive
    market_seen : bool
        Without market data our share is not known, and its figures are ``None``.
    notes : sequence of str
        What cannot be known from the data.

    Returns
    -------
    dict
        See the contract; beyond it ``naive``, ``notes`` and, for each scenario, ``goal``, ``flags``, ``contacts``.
    """
    n_weeks = ensemble.volume.shape[-1]
    share = naive.brand_share if np.isfinite(naive.brand_share).all() else [None] * len(world.brands)
    return {
        "origin": monday(ensemble.origin).isoformat(),
        "horizon_weeks": n_weeks,
        "runs": {"parameter_draws": ensemble.volume.shape[1], "replicates": ensemble.volume.shape[2]},
        "naive": {
            "own_volume": float(naive.own_weekly.sum() * naive.beyond_books),
            "brand_share": {str(name): _number(value) for name, value in zip(world.brands.names, share)},
            "weekly": [float(value) for value in naive.own_weekly * naive.beyond_books],
        },
        "notes": list(notes),
        "scenarios": [_scenario(ensemble, a, world, market_seen) for a in range(len(ensemble.scenarios))],
    }


def spread(values: NDArray[np.float64]) -> dict[str, float]:
    """Mean and quantiles of the runs: ``{mean, p05, p10, p50, p90, p95}``."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return {"mean": None, **dict.fromkeys(LEVELS)}  # type: ignore[dict-item]
    quantiles = band(finite, list(LEVELS.values()))
    return {"mean": float(finite.mean()), **{name: float(q) for name, q in zip(LEVELS, quantiles)}}


def own_and_category(ensemble: Ensemble, a: int, n_own: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Our volume and the category's of one scenario: two (runs, z, s, w) float arrays."""
    volume = ensemble.volume[a].astype(np.float64)
    runs = volume.reshape(-1, *volume.shape[2:])
    return runs[:, :, :, :n_own].sum(axis=3), runs.sum(axis=3)


def paired(
    own: NDArray, category: NDArray, base_own: NDArray, base_category: NDArray, *, market_seen: bool
) -> dict[str, Any]:
    """Paired differences of totals: run by run, each against its own twin in the baseline.

    Parameters
    ----------
    own, category, base_own, base_category : (runs,) float, units
    market_seen : bool

    Returns
    -------
    dict
        ``versus_baseline`` of the contract.
    """
    percent = 100.0 * (_ratio(own, base_own) - 1.0)
    points = 100.0 * (_ratio(own, category) - _ratio(base_own, base_category))
    return {
        "own_volume_pct": spread(percent),
        "own_share_points": spread(points if market_seen else np.full_like(points, np.nan)),
        "probability_of_gain": float((percent > 0).mean()),
    }


def _scenario(ensemble: Ensemble, a: int, world: World, market_seen: bool) -> dict[str, Any]:
    n_own, scenario = world.brands.n_own, ensemble.scenarios[a]
    own, category = own_and_category(ensemble, a, n_own)
    share = _ratio(own.sum(axis=(1, 2, 3)), category.sum(axis=(1, 2, 3)))
    unseen = np.full_like(share, np.nan)
    brands = ensemble.volume[a].astype(np.float64).sum(axis=(2, 3, 5)).reshape(-1, len(world.brands))
    result: dict[str, Any] = {
        "name": scenario.name,
        "note": scenario.note,
        "totals": {
            "own_volume": spread(own.sum(axis=(1, 2, 3))),
            "own_share": spread(share if market_seen else unseen),
            "category_volume": spread(category.sum(axis=(1, 2, 3)) if market_seen else unseen),
            "own_volume_unknown": spread(own[:, :, UNKNOWN].sum(axis=(1, 2))),
            "category_volume_unknown": spread(category[:, :, UNKNOWN].sum(axis=(1, 2)) if market_seen else unseen),
            "own_value": spread(brands[:, :n_own] @ world.brands.unit_price[:n_own]),
        },
        "brand_share": _brand_share(brands, world, market_seen),
        "weekly": _weekly(own.sum(axis=(1, 2)), category.sum(axis=(1, 2)), ensemble.origin, market_seen),
        "goal": _goal(scenario, share if market_seen else unseen),
        "contacts": {name: float(n) for name, n in zip(world.channels, ensemble.contacts[a].sum(axis=(1, 2)))},
        "buyers_at_end": spread(ensemble.buyers[a, :, :, :, -1].sum(axis=-1).ravel().astype(float)),
        "new_buyers_at_end": spread(ensemble.buyers[a, :, :, UNKNOWN, -1].ravel().astype(float)),
    }
    if a:
        base_own, base_category = own_and_category(ensemble, 0, n_own)
        totals = (x.sum(axis=(1, 2, 3)) for x in (own, category, base_own, base_category))
        result["versus_baseline"] = paired(*totals, market_seen=market_seen)
        result["flags"] = flags_of(ensemble, a, result["versus_baseline"]["own_volume_pct"]["mean"] or 0.0)
    return result


def _brand_share(brands: NDArray[np.float64], world: World, market_seen: bool) -> dict[str, float | None]:
    share = (brands / np.maximum(brands.sum(axis=1, keepdims=True), 1e-300)).mean(axis=0)
    return {str(name): float(value) if market_seen else None for name, value in zip(world.brands.names, share)}


def _weekly(own: NDArray, category: NDArray, origin: int, market_seen: bool) -> list[dict[str, Any]]:
    levels = [0.1, 0.5, 0.9]
    volume, share = band(own, levels), band(_ratio(own, category), levels)
    names = ("p10", "p50", "p90")
    return [
        {
            "week_start": monday(origin + t).isoformat(),
            "own_volume": dict(zip(names, (float(v) for v in volume[:, t]))),
            "own_share": dict(zip(names, (_number(v) if market_seen else None for v in share[:, t]))),
        }
        for t in range(own.shape[1])
    ]


def _goal(scenario: Scenario, share: NDArray[np.float64]) -> dict[str, Any]:
    target = scenario.goal.own_share
    reached = float((share >= target).mean()) if target is not None and np.isfinite(share).all() else None
    return {"maximise": scenario.goal.maximise, "own_share": target, "probability_reached": reached}


def _ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
