"""Fixtures for laws."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from worlds_by_hand import lay_out

from twin.market.world import World
from twin.response.market import Market


@pytest.fixture
def made_up() -> Callable[..., tuple[World, Market]]:
    """Makes a world and a market; see :func:`worlds_by_hand.lay_out`."""
    return lay_out
