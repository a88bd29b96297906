"""Marks of scenarios: chances that came as often as said score well, sure ones that did not come score badly."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))

from scenario_marks import gain_chances, marks


def row(chance: float, came: float) -> dict:
    """A scenario that was said to gain with a chance, and gained in a part of its years."""
    said, true = np.ones(100), np.ones(20)
    said[round(100 * chance) :] = -1.0
    true[round(20 * came) :] = -1.0
    return {"said": said.tolist(), "true": true.tolist()}


def test_a_year_that_gains_is_scored_against_the_chance():
    assert gain_chances([row(1.0, 1.0), row(0.0, 0.0)])[0] == 0.0
    assert gain_chances([row(1.0, 0.0)])[0] == 1.0
    assert gain_chances([row(0.5, 0.0), row(0.5, 1.0)])[0] == pytest.approx(0.25)
    # half of the years came, as was said: no better than luck, no worse
    score, usual, bins = gain_chances([row(0.5, 0.5)])
    assert score == pytest.approx(0.25) and usual == pytest.approx(0.25)
    assert bins == {"0.5 to 0.7": {"n": 1, "said": 0.5, "came": 0.5}}


def test_sure_scenarios_fall_into_the_outer_bins():
    bins = gain_chances([row(0.0, 0.1), row(1.0, 1.0), row(0.95, 0.9)])[2]
    assert bins["0 to 0.1"]["n"] == 1 and bins["0.9 to 1"]["n"] == 2
    assert bins["0.9 to 1"]["came"] == pytest.approx(0.95)


def test_signs_count_where_the_truth_is_clear_only():
    clear, close = row(0.9, 1.0), {"said": [-0.2, -0.4], "true": [0.1, 0.3]}
    assert marks([clear, close])[5] == 1.0
    assert marks([close | {"true": [0.6, 0.7]}, clear])[5] == 0.5
