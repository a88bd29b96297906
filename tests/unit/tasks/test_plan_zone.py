"""Calendars of plans show the home market's clock at home, and no clock's elsewhere."""

from __future__ import annotations

import pandas as pd
import pytest

from twin.tasks.learning.country import HOME_ZONE, zone_of


@pytest.mark.parametrize(
    ("lon", "lat", "zone"),
    [(29.0, 41.0, HOME_ZONE), (-93.6, 41.6, ""), (None, None, HOME_ZONE)],
    ids=["Istanbul", "Iowa", "no place"],
)
def test_the_zone_is_that_of_the_visits(lon, lat, zone):
    plan = pd.DataFrame({"lon": pd.array([lon, None], "Float64"), "lat": pd.array([lat, None], "Float64")})
    assert zone_of(plan) == zone
    assert zone_of(plan.drop(columns=["lon", "lat"])) == HOME_ZONE
