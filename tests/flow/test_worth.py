"""twin check --worth: gaps are measured on the company's own data, kept, and taken up again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from walking import twin

from twin.progress import Progress
from twin.tasks.data.readiness_worth import WorthSettings, compared, worth_of
from twin.tasks.data.worth_variants import halved, variants_of
from twin.tasks.shelf import load_dataset
from twin.workspace.store import Workspace

SMALL = WorthSettings(n_draws=8, n_weeks=4, n_repeats=1, n_replicates=1, n_threads=1)


def test_equal_data_have_a_ratio_of_one_and_wider_ones_above() -> None:
    dice = np.random.default_rng(1)
    now = dice.normal(100, 10, (200, 2))
    same = compared(now, now, 0, False)
    assert (same["ratio"], same["ratio_p05"], same["ratio_p95"]) == (1.0, 1.0, 1.0)
    wide = 100 + 2 * (now - 100)
    assert compared(now, wide, 0, False)["ratio"] == pytest.approx(2.0, rel=0.02)
    mirrored = compared(now, wide, 0, True)
    assert mirrored["ratio"] == pytest.approx(0.5, rel=0.02)
    assert mirrored["width_after"] == pytest.approx(mirrored["width_now"] / 2, rel=0.02)


def test_the_uncertainty_of_a_ratio_holds_the_truth() -> None:
    """Forty pairs, widths truly as 1 to 1.5: bands of 90 % miss more than 12 of 40 once in 10,000."""
    inside = 0
    for seed in range(40):
        dice = np.random.default_rng(seed)
        a, b = dice.normal(100, 5, (80, 1)), dice.normal(100, 7.5, (80, 1))
        found = compared(a, b, seed, False)
        inside += found["ratio_p05"] <= 1.5 <= found["ratio_p95"]
    assert inside >= 28


def test_half_a_history_is_its_later_half(standing: Any) -> None:
    _, history, _ = load_dataset(Workspace.open(standing.workspace, create=False))
    half = halved(history)
    assert half.origin == history.origin
    assert half.n_weeks == pytest.approx(history.n_weeks / 2, abs=2)
    assert half.touches.week.min() >= half.first_week
    assert half.own_sales.volume.sum() < history.own_sales.volume.sum()
    last = history.own_sales.period == len(history.own_sales.periods) - 1
    kept = half.own_sales.period == len(half.own_sales.periods) - 1
    assert half.own_sales.volume[kept].sum() == history.own_sales.volume[last].sum()


def test_nothing_is_taken_away_that_is_not_there(standing: Any, least: Any) -> None:
    whole, bare = ({one.name for one in variants_of(*load_dataset(Workspace.open(each.workspace, create=False))[:2])}
                   for each in (standing, least))  # fmt: skip
    assert {"half_history", "no_visits", "no_audit", "no_panel", "no_places"} <= whole
    assert not {"no_visits", "no_audit", "no_panel", "no_places", "probe"} & bare


def test_an_interrupted_measurement_is_taken_up_and_comes_to_the_same(
    least: Any, copied: Callable[[Any], Path]
) -> None:
    workspace = Workspace.open(copied(least), create=False)

    class Enough(Exception):
        pass

    def stop_after(n: int) -> Progress:
        def tell(done: int, of: int, what: str) -> None:
            if done >= n:
                raise Enough

        return tell

    with pytest.raises(Enough):
        worth_of(workspace, SMALL, stop_after(2))
    resumed = worth_of(workspace, SMALL)
    assert resumed["taken_up"] >= 1
    whole = worth_of(workspace, SMALL, again=True)
    assert whole["taken_up"] == 0
    assert whole["rows"] == resumed["rows"]
    said = twin("check", "-w", workspace.path, "--json").json["worth"]
    assert [row["says"] for row in said["rows"]]
    assert worth_of(workspace, SMALL)["worth"] == whole["worth"]
