"""Marks of scenario forecasts against the truth: how often intervals hold it, signs, errors, chances of gain."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm

CLEAR = 0.5
"""Percent: a true uplift above this has a sign that a forecast must not miss."""
MARKS = ("n", "true", "said", "holds realised", "holds expected", "sign right", "median relative error")


def inside(values: list[float], truth: float) -> bool:
    """Whether the 80 % interval of the draws holds the truth."""
    low, high = np.quantile(values, [0.1, 0.9])
    return bool(low <= truth <= high)


def parameter_table(found: list[dict[str, Any]]) -> list[tuple[str, float, float, float, float, float, float]]:
    """Rows: name, truth, mean estimate, bias in percent of the truth, bias in sds, root mean square z, coverage."""
    rows = []
    for name in found[0]["parameters"]:
        each = [one["parameters"][name] for one in found if name in one["parameters"]]
        true, mean, sd = (np.array([row[key] for row in each], dtype=float) for key in ("true", "mean", "sd"))
        held = np.mean(
            [row["p10"] - 1e-9 * abs(row["p10"]) <= row["true"] <= row["p90"] + 1e-9 * abs(row["p90"]) for row in each]
        )
        z = np.divide(mean - true, sd, out=np.full_like(sd, np.nan), where=sd > 1e-9 * np.abs(mean))
        off = 100.0 * (mean - true).mean() / abs(true.mean()) if true.mean() else np.nan
        rows.append((name, true.mean(), mean.mean(), off, z.mean(), float(np.sqrt((z**2).mean())), float(held)))
    return rows


def scenario_table(found: list[dict[str, Any]]) -> list[tuple[str, int, float, float, float, float, float, float]]:
    """Rows: name, n, true mean, mean said, coverage of realised, of expected, sign right, median error over truth."""
    rows = []
    for name in dict.fromkeys(row["scenario"] for one in found for row in one["uplifts"]):
        each = [row for one in found for row in one["uplifts"] if row["scenario"] == name]
        rows.append((name, *marks(each)))
    return rows


def marks(each: list[dict[str, Any]]) -> tuple[int, float, float, float, float, float, float]:
    """The figures of ``MARKS``; the last two where the uplift is clear."""
    true, mean = (np.array([np.mean(row[key]) for row in each]) for key in ("true", "said"))
    realised = np.mean([np.mean([inside(row["said"], one) for one in row["true"]]) for row in each])
    expected = np.mean([inside(row["said"], float(np.mean(row["true"]))) for row in each])
    clear = np.abs(true) > CLEAR
    sign = float((np.sign(mean) == np.sign(true))[clear].mean()) if clear.any() else np.nan
    off = float(np.median((np.abs(mean - true) / np.abs(true))[clear])) if clear.any() else np.nan
    return len(each), float(true.mean()), float(mean.mean()), float(realised), float(expected), sign, off


GAIN_BINS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)


def sign_at_best(rows: list[dict[str, Any]]) -> float:
    """Share of clear signs that normal bands of these widths would have right, were each centred on the truth."""
    clear = [(abs(np.mean(row["true"])), np.std(row["said"])) for row in rows if abs(np.mean(row["true"])) > CLEAR]
    return float(np.mean([norm.cdf(truth / max(spread, 1e-12)) for truth, spread in clear])) if clear else float("nan")


def gain_chances(each: list[dict[str, Any]]) -> tuple[float, float, dict[str, dict[str, float]]]:
    """Whether scenarios that were said to gain with a chance did gain so often, luck by luck.

    Returns
    -------
    score, base : float
        Brier's, of the chances said and of always saying how often scenarios gain at all.
    bins : dict
        By the chance said: number of scenarios, mean chance, share of years that gained.
    """
    chance = np.array([np.mean(np.array(row["said"]) > 0) for row in each])
    came = np.array([np.mean(np.array(row["true"]) > 0) for row in each])
    # a year either gains or does not: came years score (chance - 1)**2, the others chance**2
    score = float(np.mean(came * (1.0 - chance) ** 2 + (1.0 - came) * chance**2))
    base = float(came.mean() * (1.0 - came.mean()))
    place = np.clip(np.searchsorted(GAIN_BINS, chance, side="right") - 1, 0, len(GAIN_BINS) - 2)
    bins = {
        f"{GAIN_BINS[b]:g} to {GAIN_BINS[b + 1]:g}": {
            "n": int((place == b).sum()), "said": float(chance[place == b].mean()),
            "came": float(came[place == b].mean()),
        }
        for b in range(len(GAIN_BINS) - 1) if (place == b).any()
    }  # fmt: skip
    return score, base, bins
