"""Report of a backtest: scores by measure, level and horizon, who wins, and in which words.

Reads sums of scores; the words say "nearer" only where resampled origins and territories bear it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from twin.forecast.blend import BLEND, TWIN, blended, is_mixture
from twin.forecast.scores import Tally, figures
from twin.forecast.skill import skill
from twin.weeks import monday

HORIZONS = {"1": slice(0, 1), "3": slice(2, 3), "6": slice(5, 6), "12": slice(11, 12), "1-12": slice(0, 12)}
"""Months ahead by the name of the horizon: single months, and all of them."""
WHOLE = "1-12"
_SURE = 0.9
_MEASURES = {
    "own_volume": "our volume",
    "own_volume_with_real_contacts": "our volume, given the contacts really made",
    "own_volume_known": "our volume at customers then known",
    "own_volume_unknown": "our volume at customers then unknown",
    "category_volume": "the category's volume",
    "own_share": "our share",
    "brand_share": "brands' shares",
    "brand_volume": "brands' volumes",
}
_LEVELS = {"all": "in all", "territory": "by territory", "brick": "by brick"}
_METHODS = {
    "seasonal_naive": "the same month of last year",
    "last_year_share": "last year's share",
    "mean_of_12": "the mean of twelve months",
    "smoothed_level": "exponential smoothing without a season",
    "ets": "exponential smoothing",
    "lightgbm": "boosted trees over all series",
}


def score_rows(tallies: Sequence[Tally], seed: int = 0) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Scores of every forecast, and the weights of blends.

    Parameters
    ----------
    tallies : sequence of Tally
        Of all origins.
    seed : int

    Returns
    -------
    scores : list of dict
        One a measure, level, horizon and method. ``twin_over_this``: error of the twin over that of the method on the
        same figures, with its 80 % band and the part of resamples in which the twin came nearer.
    weights : list of dict
        Of the twin in the blend, by measure, level, origin and months ahead.
    """
    rows: list[dict[str, Any]] = []
    weights: list[dict[str, Any]] = []
    for (measure, level), group in _groups(tallies):
        mixed, chosen = blended(group)
        weights += [{"measure": measure, "level": level, **_dated(one)} for one in chosen]
        methods: dict[str, list[Tally]] = {}
        for one in [*group, *mixed]:
            if not is_mixture(one.method):
                methods.setdefault(one.method, []).append(one)
        twin = {one.origin: one for one in methods[TWIN]}
        for horizon, months in HORIZONS.items():
            for method, theirs in methods.items():
                rows.append(_score(measure, level, horizon, months, method, theirs, twin, seed))
    return [row for row in rows if row["figures"]], weights


def _groups(tallies: Iterable[Tally]) -> list[tuple[tuple[str, str], list[Tally]]]:
    found: dict[tuple[str, str], list[Tally]] = {}
    for one in tallies:
        found.setdefault((one.measure, one.level), []).append(one)
    return list(found.items())


def _dated(weight: dict[str, Any]) -> dict[str, Any]:
    origin = weight["origin"]
    return weight | {"origin": None if origin is None else monday(origin).isoformat()}


def _score(
    measure: str, level: str, horizon: str, months: slice, method: str, theirs: list[Tally], twin: dict[int, Tally],
    seed: int,
) -> dict[str, Any]:  # fmt: skip
    sums = np.sum([one.sums[:, months].sum(axis=(0, 1)) for one in theirs], axis=0)
    ours = [twin[one.origin] for one in theirs if one.origin in twin]
    row: dict[str, Any] = {
        "measure": measure, "level": level, "months_ahead": horizon, "method": method, "origins": len(theirs),
        "figures": int(sums[-1]), **figures(sums, theirs[0].is_share),
    }  # fmt: skip
    found = skill(ours, theirs, months, seed=seed)
    sharp = skill(ours, theirs, months, "crps", seed)
    same = method == TWIN
    return row | {
        "twin_over_this": None if same else _number(found.ratio),
        "twin_over_this_p10": None if same else _number(found.low),
        "twin_over_this_p90": None if same else _number(found.high),
        "twin_nearer": None if same else _number(found.better),
        "twin_crps_over_this": None if same else _number(sharp.ratio),
    }


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def verdict(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean absolute error of both by measure, who wins, and how often the 80 % band held: over whole years."""
    found: dict[str, Any] = {}
    for measure in dict.fromkeys(row["measure"] for row in rows):
        these = [row for row in rows if row["measure"] == measure]
        ours = float(np.mean([abs(row["forecast"] - row["actual"]) for row in these]))
        naive = float(np.mean([abs(row["naive"] - row["actual"]) for row in these]))
        found[measure] = {
            "mean_absolute_error": ours,
            "naive_mean_absolute_error": naive,
            "naive_wins": naive < ours,
            "inside_80": float(np.mean([row["inside_80"] for row in these])),
        }
    return found


def said(scores: Sequence[dict[str, Any]]) -> list[str]:
    """The verdict in words: one sentence a measure and level, with the horizons at which a benchmark came nearer."""
    lines = []
    for key in dict.fromkeys((row["measure"], row["level"]) for row in scores):
        these = [row for row in scores if (row["measure"], row["level"]) == key]
        whole = _rivals(these, WHOLE)
        if not whole:
            continue
        best = min(whole, key=lambda row: row["wape"])
        twin = next(row for row in these if row["method"] == TWIN and row["months_ahead"] == WHOLE)
        line = f"{_name(*key)}: {_compared(best)}; {twin['inside_80']:.0%} of outcomes inside the 80 % band"
        lost = [h for h in HORIZONS if h != WHOLE and any(_wins(row) for row in _rivals(these, h))]
        if lost:
            line += f"; a benchmark comes nearer {', '.join(lost)} months ahead"
        lines.append(line + ".")
    return lines


def beaten_by(scores: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Where a benchmark came nearer than the twin beyond luck: the nearest of each measure and level.

    Parameters
    ----------
    scores : sequence of dict
        Of one horizon, as from :func:`score_rows`.
    """
    worst: dict[tuple[str, str], dict[str, Any]] = {}
    for row in scores:
        ratio, nearer = row["twin_over_this"], row["twin_nearer"]
        if row["method"] in (TWIN, BLEND) or ratio is None or not ratio > 1.0:
            continue
        if nearer is None or not nearer <= 1.0 - _SURE:
            continue
        key = (row["measure"], row["level"])
        if key not in worst or ratio > worst[key]["twin_over_this"]:
            worst[key] = {name: row[name] for name in ("measure", "level", "method", "twin_over_this", "origins")}
    return list(worst.values())


def _rivals(rows: list[dict[str, Any]], horizon: str) -> list[dict[str, Any]]:
    mine = [row for row in rows if row["months_ahead"] == horizon and row["method"] not in (TWIN, BLEND)]
    return [row for row in mine if row["wape"] is not None and row["twin_over_this"] is not None]


def _wins(row: dict[str, Any]) -> bool:
    """Whether a benchmark came nearer than the twin, beyond luck where luck can be told."""
    nearer = row["twin_nearer"]
    return bool(row["twin_over_this"] > 1.0 and (nearer is None or nearer < 1.0 - _SURE))


def _compared(best: dict[str, Any]) -> str:
    ratio, nearer = best["twin_over_this"], best["twin_nearer"]
    name = _METHODS.get(best["method"], best["method"])
    band = ""
    if best["twin_over_this_p10"] is not None:
        band = f" ({best['twin_over_this_p10']:.2f} to {best['twin_over_this_p90']:.2f})"
    if nearer is None:
        who = "the twin came nearer" if ratio < 1 else f"{name} came nearer"
        return f"{who}, {ratio:.2f} times the error of {name}, on too few figures to tell from luck"
    if nearer >= _SURE:
        return f"the twin wins with {ratio:.2f}{band} times the error of the best benchmark, {name}"
    if nearer <= 1.0 - _SURE:
        return f"the naive forecast wins: {name}; the twin has {ratio:.2f}{band} times its error"
    return f"no winner: the twin has {ratio:.2f}{band} times the error of the best benchmark, {name}"


def _name(measure: str, level: str) -> str:
    return f"{_MEASURES.get(measure, measure)}, {_LEVELS.get(level, level)}"
