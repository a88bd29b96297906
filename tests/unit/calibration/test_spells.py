"""Silences: who has left is told from who merely pauses, the sooner the more regularly they bought."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from test_returns import lost_and_won

from twin.calibration.levels.panel import build
from twin.calibration.lives.spells import LOG_CHANCE, away, longest_pause


def test_pauses_of_chance_are_hardly_ever_called_spells_away():
    rng = np.random.default_rng(1)
    often = rng.uniform(0.05, 0.95, 2000)
    bought = rng.random((2000, 208)) < often[:, None]
    gone = away(bought.astype(float), np.ones(bought.shape, bool))
    # some sixty pauses a customer, one in 20,000 of them so long by chance: six of 2,000 customers, false alarm 1e-4
    assert gone.any(axis=1).sum() <= 18


def test_the_more_regularly_somebody_bought_the_sooner_silence_speaks():
    ordered = np.zeros((3, 100), dtype=bool)
    ordered[0, :50], ordered[1, :50:2], ordered[2, 49] = True, True, True
    pause = longest_pause(ordered, np.ones(ordered.shape, bool))
    assert 2 < pause[0] < 6 < pause[1] < 20
    assert np.isinf(pause[2])  # a single order says nothing of how often there should be more
    assert LOG_CHANCE == 10.0


def test_a_silence_before_the_first_order_is_a_spell_away_too():
    volume = np.zeros((1, 200))
    volume[0, 185:] = 1.0
    assert away(volume, np.ones(volume.shape, bool))[0, :185].all()


def test_months_are_judged_by_their_weeks():
    """Four weeks in which a customer had left for one are left out; before, ten silent months were needed to see it."""
    world, history = lost_and_won(2, 0.10)
    panel = build(world, history)
    assert len(panel.periods) < 60  # weeks were summed
    silent = panel.mask & (panel.volume == 0)
    assert silent.mean() < 0.035  # four weeks without an order by chance: 0.026
    empty = replace(history, own_sales=history.own_sales.before(np.datetime64("1970-01-01")))
    assert len(build(world, empty)) == 0
