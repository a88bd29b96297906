"""Measurement 22: learning again after a season."""

from __future__ import annotations

from measuring import Measure

MEASURES = (
    Measure("22", "Learning again after a season", "made up", "there is no learning from the last posterior yet"),
)
