"""Measurement 9, as far as shares go: campaigns and goodwill, seen in single customers and bricks."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from measuring import SEED, Measure, Part, part, shown

from twin.calibration.attraction.cells import Moves
from twin.calibration.attraction.learning import Attraction, learn_attraction
from twin.forecast.lived_history import Lived, live_history
from twin.market.history import History
from twin.market.synthetic_settings import SyntheticSettings
from twin.tasks.data.ingest import run_ingest
from twin.tasks.demo_bundle import write_demo_bundle
from twin.tasks.shelf import load_dataset
from twin.workspace.store import Workspace


def _world(seed: int) -> tuple[Attraction, Lived]:
    """A fully lived market, and what its shares say of campaigns whose weeks are known."""
    settings = SyntheticSettings(n_outlets=800, n_territories=4, seed=seed)
    lived = live_history(settings)
    with tempfile.TemporaryDirectory() as folder:
        write_demo_bundle(Path(folder) / "bundle", settings)
        run_ingest(Path(folder) / "shelf", Path(folder) / "bundle")
        world, history, _ = load_dataset(Workspace.open(Path(folder) / "shelf"))
    response = lived.market.response
    moves = Moves(response.channel_effect, response.carryover, response.curvature, _campaigns(lived, history))
    return learn_attraction(world, history, moves, 200, 1), lived


def _campaigns(lived: Lived, history: History) -> np.ndarray:
    strength = np.zeros((len(lived.world.brands), history.n_weeks))
    for move in lived.made.campaigns:
        span = slice(max(move.start - history.first_week, 0), max(move.stop - history.first_week, 0))
        strength[move.brand, span] += move.strength
    return strength


def shares(n: int) -> list[Part]:
    """Errors of the campaigns' effects and of goodwill, by source, over n markets."""
    campaign: dict[str, list[np.ndarray]] = {"panel": [], "audit": [], "all": []}
    centred, held, goodwill, outside, lost = [], [], [], [], []
    for seed in range(n):
        found, lived = _world(SEED + seed)
        truth, names = lived.market.response.promotion, found.brands
        for one in found.sources:
            campaign[one.name].append(one.campaign / truth - 1.0)
            if one.name == "panel":
                centred.append(one.log_centred / truth - 1.0)
                goodwill.append(one.goodwill / lived.market.response.coefficient - 1.0)
                lost.append(one.change[0, 1:])
        draws = {estimate.name.split(":", 1)[1]: estimate.draws for estimate in found.campaigns}
        campaign["all"].append(np.array([draws[name].mean() for name in names]) / truth - 1.0)
        low, high = (np.array([np.quantile(draws[name], q) for name in names]) for q in (0.1, 0.9))
        held.append((low <= truth) & (truth <= high))
        outside.append(found.outside.identified)
        print(f"attraction {seed + 1}/{n}", file=sys.stderr)
    error = np.array(campaign["all"])[:, 1:].mean()
    return [
        part("rivals' campaigns from shares, mean relative error", float(error), "abs <= 0.20", abs(error) <= 0.20),
        shown("the same, ours", float(np.array(campaign["all"])[:, 0].mean()), n),
        shown("80 % intervals of campaigns that hold the truth", float(np.mean(held)), 4 * n),
        shown("panel alone, mean relative error of campaigns", float(np.mean(campaign["panel"])), n),
        shown("audit alone, mean relative error of campaigns", float(np.mean(campaign["audit"])), n),
        shown("panel by centred logarithms, mean relative error", float(np.nanmean(centred)), n),
        shown("goodwill from shares, mean relative error, echo of habit included", float(np.mean(goodwill)), n),
        shown("outside options seen where there is none", float(np.mean(outside)), n),
        shown("our volume lost in a week of an average rival campaign", float(np.mean(lost)), n),
    ]  # fmt: skip


MEASURES = (Measure("9", "Campaigns and goodwill from shares", "made up", shares, 12),)
