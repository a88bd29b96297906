"""The calendar of a made-up market: season, moving feasts, working days, and who campaigns when.

Feasts come from the `holidays` package. Knows no customer.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import holidays
import numpy as np
from numpy.typing import NDArray

from twin.market.synthetic_settings import Dice, SyntheticSettings
from twin.weeks import WEEKS_PER_YEAR, mondays, week_of, week_of_date, year_phase

_FEASTS = {"ramazan": "Eid al-Fitr", "kurban": "Eid al-Adha"}
_PULL = {"ramazan": (0.15, -0.14, -0.05), "kurban": (0.09, -0.18, -0.04)}
"""Log volume in the fortnight before a feast, on its days, and in the week after."""
_GROWTH = 0.012
"""Log volume of the category per year."""


@dataclass(frozen=True)
class TrueCampaign:
    """One campaign that really happens.

    Parameters
    ----------
    brand : int
    start, stop : int, week
        Half-open.
    strength : float
        1 = that brand's average.
    kind : str
    anchor : str
        ``year``, a feast, or ``once``.
    recorded : bool
        Whether our records have it.
    """

    brand: int
    start: int
    stop: int
    strength: float
    kind: str
    anchor: str
    recorded: bool


def _years(first_week: int, n_weeks: int) -> range:
    days = mondays(np.array([first_week, first_week + n_weeks])).astype("datetime64[Y]").astype(int) + 1970
    return range(int(days[0]) - 1, int(days[1]) + 2)


def _free_days(years: range) -> dict[str, NDArray[np.datetime64]]:
    """Days of each feast, and of all full holidays."""
    calendar = holidays.country_holidays("TR", years=list(years), categories=("public", "half_day"), language="en_US")
    listed = sorted(calendar.items())
    days = {feast: [day for day, name in listed if english in name] for feast, english in _FEASTS.items()}
    days["holiday"] = [day for day, name in listed if "from 1pm" not in name]
    return {name: np.array(found, dtype="datetime64[D]") for name, found in days.items()}


def working_days(first_week: int, n_weeks: int) -> NDArray[np.bool_]:
    """Which of Monday to Friday are worked: (w, 5) bool."""
    days = mondays(np.arange(first_week, first_week + n_weeks))[:, None] + np.arange(5).astype("timedelta64[D]")
    return ~np.isin(days, _free_days(_years(first_week, n_weeks))["holiday"])


def log_season(first_week: int, n_weeks: int, origin: int) -> NDArray[np.float64]:
    """Season, feasts and growth of the category: (w,) float, log volume.

    The season has mean one over the years; growth is zero at ``origin``.
    """
    weeks = np.arange(first_week, first_week + n_weeks)
    phase = year_phase(weeks)
    season = 0.07 * np.cos(2 * np.pi * (phase - 0.98)) + 0.035 * np.cos(4 * np.pi * (phase - 0.55))
    days = mondays(weeks)[:, None] + np.arange(7).astype("timedelta64[D]")
    free = _free_days(_years(first_week, n_weeks))
    for feast, (before, during, after) in _PULL.items():
        first = _first_days(free[feast])
        gap = (days[:, :, None] - first).astype(int)
        season = season + before * ((gap >= -14) & (gap < 0)).any(axis=2).mean(axis=1)
        season = season + during * np.isin(days, free[feast]).mean(axis=1)
        season = season + after * ((gap >= 5) & (gap < 12)).any(axis=2).mean(axis=1)
    # measured against the feasts' long-run mean, so that any stretch of weeks has the same level
    level = np.log(np.exp(0.07 * np.cos(2 * np.pi * np.arange(364) / 364)).mean())
    for before, during, after in _PULL.values():
        level += (14 * before + 4.5 * during + 7 * after) / 354.37
    return season - level + _GROWTH * (weeks - origin) / WEEKS_PER_YEAR


def _first_days(days: NDArray[np.datetime64]) -> NDArray[np.datetime64]:
    return days[np.r_[True, np.diff(days).astype(int) > 10]]


def campaign_calendar(settings: SyntheticSettings) -> tuple[TrueCampaign, ...]:
    """Every campaign of history and of the true future, in order of time.

    Two or three series a brand and year, jittered by a week, one in ten left out; and a few one-offs.
    """
    years = _years(settings.first_week, settings.n_weeks + settings.horizon_weeks)
    free = _free_days(years)
    n_brands = len(settings.truth.promotion)
    brands = range(n_brands if settings.rival_campaigns else 1)
    found = [move for brand in brands for move in _brand_campaigns(settings, brand, years, free)]
    stop = settings.origin + settings.horizon_weeks
    inside = [move for move in found if move.start < stop and move.stop > settings.first_week]
    past = {
        brand: [m.strength for m in inside if m.brand == brand and m.start < settings.origin]
        for brand in range(n_brands)
    }
    average = {brand: float(np.mean(seen)) if seen else 1.0 for brand, seen in past.items()}
    scaled = [replace(move, strength=round(move.strength / average[move.brand], 3)) for move in inside]
    return tuple(sorted(scaled, key=lambda move: (move.start, move.brand, move.stop)))


def _brand_campaigns(
    settings: SyntheticSettings, brand: int, years: range, free: dict[str, NDArray[np.datetime64]]
) -> list[TrueCampaign]:
    dice = settings.dice
    n_series = 3 if brand == 0 else 2 + int(dice.uniform(f"series of {brand}", 1)[0] < 0.6)
    found = []
    for series in range(n_series):
        anchor = "year" if brand == 0 else {0: "ramazan", 3: "kurban"}.get((brand - 1 + series) % 4, "year")
        place, length, strength, kind = dice.uniform(f"series {brand}/{series}", 4)
        weeks = 2 + int(length * 4)
        base = 0.7 + 0.6 * strength
        for start, year in _anchors(anchor, (series + 0.15 + 0.7 * place) / n_series, place, years, free):
            u = dice.uniform(f"campaign {brand}/{series}/{year}", 4)
            if u[0] < 0.10:
                continue
            begins = start + int(np.searchsorted((0.25, 0.75), u[1])) - 1
            name = ("price", "trade_loading", "bonus")[int(kind * 3)] if anchor == "year" else "feast"
            power = base * (0.85 + 0.3 * u[2])
            found.append(TrueCampaign(brand, begins, begins + weeks, power, name, anchor, brand == 0 or u[3] < 0.15))
    return found + _one_offs(dice, brand, years)


def _one_offs(dice: Dice, brand: int, years: range) -> list[TrueCampaign]:
    found = []
    for year in years:
        u = dice.uniform(f"one-off {brand}/{year}", 5)
        if brand == 0 or u[0] > 0.35:
            continue
        start = week_of_date(dt.date(year, 1, 1)) + int(u[1] * 52)
        stop, power = start + 2 + int(u[2] * 2), 0.7 + 0.6 * u[3]
        found.append(TrueCampaign(brand, start, stop, power, "once", "once", u[4] < 0.15))
    return found


def _anchors(
    anchor: str, phase: float, place: float, years: range, free: dict[str, NDArray[np.datetime64]]
) -> list[tuple[int, int]]:
    """Week and year of each occurrence before jitter."""
    if anchor == "year":
        return [(week_of_date(dt.date(year, 1, 1)) + int(phase * 52), year) for year in years]
    first = _first_days(free[anchor])
    weeks = week_of(first) - 2 - int(place * 2)
    return list(zip(weeks.tolist(), (first.astype("datetime64[Y]").astype(int) + 1970).tolist()))


def strengths(campaigns: tuple[TrueCampaign, ...], n_brands: int, first_week: int, n_weeks: int) -> NDArray[np.float64]:
    """Strength by brand and week, the stronger where two campaigns of a brand overlap: (j, w) float."""
    table = np.zeros((n_brands, n_weeks))
    for move in campaigns:
        span = slice(max(move.start - first_week, 0), max(move.stop - first_week, 0))
        table[move.brand, span] = np.maximum(table[move.brand, span], move.strength)
    return table
