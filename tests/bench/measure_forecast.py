"""Measurements 16 and 17: forecasts against naive ones."""

from __future__ import annotations

from measuring import Measure

_YEARS = "not measured yet by month; twin backtest scores whole years"

MEASURES = (
    Measure("16", "Share a month to a year ahead against naive forecasts", "made up, real", _YEARS),
    Measure("17", "Bands of forecasts", "made up, real", _YEARS),
)
