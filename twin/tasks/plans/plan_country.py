"""Country of a plan: whose public holidays it keeps where the planner names none.

Everything that makes, edits, checks or loads a plan asks here, so that all of it rests on the same days.
"""

from __future__ import annotations

from dataclasses import replace

from twin.market.world import World
from twin.planning.settings import PlanSettings
from twin.tasks.learning.country import country_of

WITHOUT_HOLIDAYS = (
    "The market lies outside of the country whose public holidays are known, and none is named: the plan keeps "
    "weekends and no public holiday. Note other days without work as absences of the reps."
)


def in_market(settings: PlanSettings, world: World) -> PlanSettings:
    """The settings with the market's country where they name none; empty still where the market lies elsewhere."""
    return replace(settings, country=country_of(world, settings.country or None))


def on_holidays(settings: PlanSettings, world: World) -> list[str]:
    """Warning of a plan that keeps no public holidays."""
    return [] if in_market(settings, world).country else [WITHOUT_HOLIDAYS]
