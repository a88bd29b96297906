"""Attraction table: what was learned of attraction and share, row by row, and what goes into its learning."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.calibration.attraction.cells import Moves
from twin.calibration.attraction.learning import Attraction, SourceFit, learn_attraction
from twin.calibration.calendar.rival_calendar import RivalCalendar
from twin.calibration.visits.response import VisitResponse
from twin.market.history import History
from twin.market.world import World
from twin.response.parameters import Estimate

COLUMNS = ("what", "brand", "of", "source", "unit", "value", "sd", "n", "identified", "reason")


def learn_from(
    world: World, history: History, calendar: RivalCalendar, visits: VisitResponse, n_draws: int, seed: int
) -> Attraction:
    """:func:`~twin.calibration.attraction.learning.learn_attraction`, with what is known of contacts and campaigns."""
    worth = np.array([1.0] + [float(estimate.draws.mean()) for estimate in visits.channel_effects])
    campaigns = calendar.active(history.first_week, history.n_weeks)
    for one in history.campaigns:
        if one.brand < world.brands.n_own:
            span = slice(max(one.start - history.first_week, 0), max(one.stop - history.first_week, 0))
            campaigns[one.brand, span] += one.strength
    moves = Moves(worth, float(visits.rho.draws.mean()), float(visits.curvature.draws.mean()), campaigns)
    return learn_attraction(world, history, moves, n_draws, seed)


def table(found: Attraction) -> dict[str, list[Any]]:
    """Rows of the ``attraction`` table as columns.

    ``what`` is ``campaign`` (utility of a brand's average campaign), ``campaign_log_centred`` (the same by regression
    of centred logarithms), ``change`` (part by which the volume of ``brand`` moves under an average campaign of
    ``of``), ``cross`` (utility that ``brand`` loses to ``of`` beyond that), ``goodwill``, or ``outside``.
    """
    rows: list[tuple[Any, ...]] = []
    for one in found.sources:
        rows += _of_source(one, found.brands)
    for estimate in found.campaigns:
        rows.append(_row("campaign", estimate.name.split(":", 1)[1], estimate))
    for cross in found.cross:
        brand, by = found.brands[cross.brand], found.brands[cross.by]
        why = "added for its gain in fit, drawn towards none"
        rows.append(("cross", brand, by, cross.source, "utility", cross.effect, cross.sd, 0, True, why))
    if found.goodwill is not None:
        rows.append(_row("goodwill", "", found.goodwill))
    rows.append(_row("outside", "", found.outside))
    return {name: [row[k] for row in rows] for k, name in enumerate(COLUMNS)}


def _row(what: str, brand: str, estimate: Estimate) -> tuple[Any, ...]:
    mean, sd = float(estimate.draws.mean()), float(estimate.draws.std())
    return (what, brand, "", "all", estimate.unit, mean, sd, 0, estimate.identified, estimate.reason)


def _of_source(one: SourceFit, brands: tuple[str, ...]) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for j, name in enumerate(brands):
        if np.isfinite(one.campaign[j]):
            sure = bool(one.campaign[j] > 2.0 * one.campaign_sd[j])
            why = f"{one.n_units} units, {one.zeros:.0%} of cells empty"
            row = (float(one.campaign[j]), float(one.campaign_sd[j]), one.n_cells, sure, why)
            rows.append(("campaign", name, "", one.name, "utility", *row))
        if np.isfinite(one.log_centred[j]):
            row = (float(one.log_centred[j]), float("nan"), one.n_cells, False, "for comparison; empty cells left out")
            rows.append(("campaign_log_centred", name, "", one.name, "utility", *row))
    for j, name in enumerate(brands):
        for k, of in enumerate(brands):
            if np.isfinite(one.change[j, k]):
                row = (float(one.change[j, k]), float("nan"), one.n_cells, True, "an average campaign, weeks of it")
                rows.append(("change", name, of, one.name, "share of volume", *row))
    return rows
