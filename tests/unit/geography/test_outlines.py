"""Outlines of groups of areas."""

from __future__ import annotations

import numpy as np
import shapely

from twin.geography.outlines import outlines

SHAPES = np.array([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), None, shapely.box(5, 0, 6, 1)], dtype=object)


def test_neighbours_grow_together_and_the_rest_stays_apart():
    whole, far, nobody = outlines(SHAPES, np.array([0, 0, 1, 0]), 3)
    assert whole["type"] == "MultiPolygon" and far is None and nobody is None
    assert shapely.area(shapely.geometry.shape(whole)) == 3.0


def test_outer_rings_run_counter_clockwise_in_plain_lists():
    (found,) = outlines(SHAPES[:2], np.zeros(2, dtype=int), 1)
    ring = shapely.LinearRing(found["coordinates"][0])
    assert found["type"] == "Polygon" and ring.is_ccw and isinstance(found["coordinates"][0][0][0], float)
