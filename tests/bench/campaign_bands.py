"""How surely the effects of campaigns, their strengths and the rivals' reaction are known in lived made-up markets.

``python tests/bench/campaign_bands.py [--worlds N] [--first SEED]`` learns calendars of worlds of all kinds, of which
few campaigns are recorded, and prints error, spread and coverage of 80 % intervals: with the campaigns that were found,
and with all campaigns told. The search's own error was set on the worlds of seeds 5000 to 5015; later ones judge it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from world_kinds import KINDS

from twin.calibration.attraction.cells import Moves
from twin.calibration.attraction.learning import learn_attraction
from twin.calibration.calendar.learning import learn_rival_calendar, with_effects
from twin.calibration.calendar.rival_calendar import RivalCalendar
from twin.calibration.calendar.rival_reaction import learn_reaction
from twin.forecast.lived_history import Lived, live_history
from twin.intake.assemble import assemble
from twin.intake.tables import read_tables
from twin.market.history import History
from twin.tasks.demo_bundle import write_demo_bundle

FIRST = 5000
_DRAWS = 400
_Rows = list[tuple[np.ndarray, float]]
"""Draws beside the truth."""


def look(seed: int) -> dict[str, _Rows]:
    """Draws and truths of one world, by what they are of."""
    kind = KINDS[(seed - FIRST) % len(KINDS)]
    settings = (KINDS[0] if kind.name == "quiet rivals" else kind).settings(seed)
    lived = live_history(settings)
    with tempfile.TemporaryDirectory() as folder:
        write_demo_bundle(Path(folder), settings, truth=False)
        world, history = assemble({name: one.frame for name, one in read_tables(Path(folder), None).tables.items()})
    response, truth = lived.market.response, lived.market.response.promotion

    def effects(campaigns: np.ndarray) -> Any:
        moves = Moves(response.channel_effect, response.carryover, response.curvature, campaigns)
        return learn_attraction(world, history, moves, _DRAWS, 1)

    calendar = learn_rival_calendar(world, history, _DRAWS, 1, "TR")
    found = with_effects(calendar, world, effects(_found(calendar, history)).sources, _DRAWS, 1)
    told = {e.name.split(":", 1)[1]: e.draws for e in effects(_true(lived, history)).campaigns}
    rows: dict[str, _Rows] = {}
    for place, brand in enumerate(found.brands):
        whose = "rivals" if place else "ours"
        rows.setdefault(f"{whose}, found", []).append((found.promo_effect[place].draws, truth[place]))
        if brand in told:
            rows.setdefault(f"{whose}, all told", []).append((told[brand], truth[place]))
    rows["strength of a found campaign"] = _strengths(found, lived)
    rows["reaction"] = [(learn_reaction(calendar.answer, _DRAWS, 1).draws, response.reaction)]
    return rows


def _found(calendar: RivalCalendar, history: History) -> np.ndarray:
    """What is believed to have run, week by week: (j, w) float."""
    strength = calendar.active(history.first_week, history.n_weeks)
    for one in history.campaigns:
        if one.brand == 0:
            strength[0, max(one.start - history.first_week, 0) : max(one.stop - history.first_week, 0)] += one.strength
    return strength


def _true(lived: Lived, history: History) -> np.ndarray:
    """What ran, week by week: (j, w) float."""
    strength = np.zeros((len(lived.world.brands), history.n_weeks))
    for move in lived.made.campaigns:
        span = slice(max(move.start - history.first_week, 0), max(move.stop - history.first_week, 0))
        strength[move.brand, span] = np.maximum(strength[move.brand, span], move.strength)
    return strength


def _strengths(calendar: RivalCalendar, lived: Lived) -> _Rows:
    """Strengths of the found campaigns that lie on a true one."""
    z, rows = np.random.default_rng(0).standard_normal(_DRAWS), []
    for event in calendar.events:
        if event.territories or not event.strength_sd:
            continue
        there = [m for m in lived.made.campaigns if m.brand == event.brand and m.start < event.stop]
        there = [m for m in there if event.start < m.stop]
        if there:
            rows.append((event.strength + event.strength_sd * z, float(there[0].strength)))
    return rows


def line(name: str, rows: _Rows) -> str:
    """One line of the table: number, bias, scatter, spread said, mean square z, coverage."""
    mean, sd = (np.array([f(draws) for draws, _ in rows]) for f in (np.mean, np.std))
    true = np.array([truth for _, truth in rows])
    low, high = np.array([np.quantile(draws, [0.1, 0.9], method="weibull") for draws, _ in rows]).T
    error, z = mean / true - 1.0, (mean - true) / sd
    held = float(((low <= true) & (true <= high)).mean())
    figures = (error.mean(), error.std(), (sd / true).mean(), np.sqrt((z**2).mean()), held)
    return f"{name:<32}{len(rows):>5}" + "".join(f"{figure:>10.3f}" for figure in figures)


def main() -> None:
    """Print what is found."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--worlds", type=int, default=44)
    ask.add_argument("--first", type=int, default=FIRST)
    options = ask.parse_args()
    every: dict[str, _Rows] = {}
    for seed in range(options.first, options.first + options.worlds):
        for name, rows in look(seed).items():
            every[name] = [*every.get(name, []), *rows]
        print(f"{seed}", file=sys.stderr, flush=True)
    print(f"{'':<32}{'n':>5}{'bias':>10}{'scatter':>10}{'said':>10}{'z rms':>10}{'held':>10}")
    for name, rows in every.items():
        print(line(name, rows))


if __name__ == "__main__":
    main()
