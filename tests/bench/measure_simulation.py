"""Measurements 10, 11 and 12: the simulation-based step."""

from __future__ import annotations

from measuring import Measure

_NO_STAGE = "there is no simulation-based stage yet"

MEASURES = (
    Measure("10", "Learned parameters are told from those that are not", "made up", _NO_STAGE),
    Measure("11", "Ranks of held-out truths are even", "made up", _NO_STAGE),
    Measure("12", "Yearly shares of a simulated history are found again", "made up", "not measured yet"),
)
