"""Compare: paired differences of every scenario, territory by territory, as columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.draws import band
from twin.forecast.ensemble import Ensemble
from twin.forecast.forecast import own_and_category, paired
from twin.market.world import World
from twin.weeks import mondays

ALL = "all"
"""Stands for all territories together."""


def comparison_columns(ensemble: Ensemble, world: World, market_seen: bool) -> dict[str, list[Any]]:
    """The contract's ``comparison`` table: one row a scenario and territory, and one for all territories together.

    Parameters
    ----------
    ensemble : Ensemble
    world : World
    market_seen : bool

    Returns
    -------
    dict of column to list
        ``scenario``, ``territory_id``, ``own_volume_pct_<level>``, ``own_share_points_<level>``,
        ``probability_of_gain``, and the mean volumes behind them.
    """
    rows: list[dict[str, Any]] = []
    base_own, base_category = (x.sum(axis=(2, 3)) for x in own_and_category(ensemble, 0, world.brands.n_own))
    for a, name in enumerate(ensemble.names[1:], start=1):
        own, category = (x.sum(axis=(2, 3)) for x in own_and_category(ensemble, a, world.brands.n_own))
        zones = [(str(z), slice(i, i + 1)) for i, z in enumerate(world.territories)]
        if [name for name, _ in zones] != [ALL]:  # a market without territories is all of it
            zones = [(ALL, slice(None)), *zones]
        for territory, zone in zones:
            four = [x[:, zone].sum(axis=1) for x in (own, category, base_own, base_category)]
            versus = paired(*four, market_seen=market_seen)
            row: dict[str, Any] = {"scenario": name, "territory_id": territory}
            for measure in ("own_volume_pct", "own_share_points"):
                row.update({f"{measure}_{level}": value for level, value in versus[measure].items()})
            row["probability_of_gain"] = versus["probability_of_gain"]
            row["own_volume_mean"], row["own_volume_baseline_mean"] = float(four[0].mean()), float(four[2].mean())
            row["own_share_mean"] = float(np.mean(four[0] / np.maximum(four[1], 1e-300))) if market_seen else None
            rows.append(row)
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def segment_columns(ensemble: Ensemble, world: World) -> dict[str, list[Any]]:
    """Paired differences of our volume by segment of the customers: one row a scenario and segment.

    The halves of the market come first, under the column ``known``, over all runs; then the segments of the population,
    over parameter draws, as they are kept without luck. The share of a segment is not known: rivals' sales to single
    customers are not.

    Returns
    -------
    dict of column to list
        ``scenario``, ``column`` (of the customers), ``segment``, ``own_volume_pct_<level>``, ``probability_of_gain``,
        ``own_volume_mean``, ``own_volume_baseline_mean``.
    """
    halves = np.stack([own_and_category(ensemble, a, world.brands.n_own)[0].sum(axis=(1, 3)) for a in _all(ensemble)])
    segments = world.population.segments
    groups = [("known", "true", halves[:, :, 0]), ("known", "false", halves[:, :, 1])]
    if segments.column:
        groups += [(segments.column, str(n), ensemble.own_by_segment[:, :, g]) for g, n in enumerate(segments.names)]
    rows: list[dict[str, Any]] = []
    for a, name in enumerate(ensemble.names[1:], start=1):
        for column, segment, own in groups:
            if not (own[0] > 0).any():
                continue
            versus = paired(own[a], own[a], own[0], own[0], market_seen=False)
            row: dict[str, Any] = {"scenario": name, "column": column, "segment": segment}
            row |= {f"own_volume_pct_{level}": value for level, value in versus["own_volume_pct"].items()}
            row["probability_of_gain"] = versus["probability_of_gain"]
            row["own_volume_mean"], row["own_volume_baseline_mean"] = float(own[a].mean()), float(own[0].mean())
            rows.append(row)
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def run_columns(ensemble: Ensemble, world: World) -> dict[str, list[Any]]:
    """The part ``runs`` of a forecast: totals of every run, so that any scenarios can be paired with one another.

    Returns
    -------
    dict of column to list
        ``scenario``, ``run``, ``own_volume``, ``category_volume`` (units over the horizon).
    """
    totals = [
        [x.sum(axis=(1, 2, 3)) for x in own_and_category(ensemble, a, world.brands.n_own)]
        for a in range(len(ensemble.scenarios))
    ]
    n = len(totals[0][0])
    return {
        "scenario": [name for name in ensemble.names for _ in range(n)],
        "run": list(range(n)) * len(totals),
        "own_volume": np.concatenate([own for own, _ in totals]).tolist(),
        "category_volume": np.concatenate([category for _, category in totals]).tolist(),
    }


def _all(ensemble: Ensemble) -> range:
    return range(len(ensemble.scenarios))


def forecast_columns(ensemble: Ensemble, world: World) -> dict[str, list[Any]]:
    """The ``forecast`` table: one row a scenario, territory, half of the market, brand and week; mean and 80 % band."""
    volume = ensemble.volume.reshape(len(ensemble.scenarios), -1, *ensemble.volume.shape[3:])
    low, high = band(volume, [0.1, 0.9], axis=1)
    mean = volume.mean(axis=1)
    a, z, s, j, w = np.indices(mean.shape).reshape(5, -1)
    return {
        "scenario": np.array(ensemble.names)[a].tolist(),
        "territory_id": world.territories[z].tolist(),
        "known": (s == 0).tolist(),
        "brand": world.brands.names[j].tolist(),
        "week_start": mondays(ensemble.origin + w).tolist(),
        "volume_mean": mean.ravel().astype(float).tolist(),
        "volume_p10": low.ravel().astype(float).tolist(),
        "volume_p90": high.ravel().astype(float).tolist(),
    }
