"""Real files are read through the example mappings, where the data are at hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import pytest

from twin.intake import geometry
from twin.intake.mapping import load_mapping
from twin.intake.tables import read_tables

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "data" / "mappings" / "examples"
REAL = ROOT.parent / "shared" / "realdata"
ROWS = {
    "prescribers": {"customers": 19_355, "sales": 19_355, "brands": 1},
    "doctor_contacts": {"customers": 1_018, "visits": 27_601, "sales": 27_601, "brands": 1},
    "cheese": {"customers": 88, "sales": 5_555, "brands": 1},
}


def test_every_example_is_a_sound_mapping():
    assert {path.stem for path in EXAMPLES.glob("*.toml")} == set(ROWS)
    for path in EXAMPLES.glob("*.toml"):
        load_mapping(path)


@pytest.mark.parametrize("name", ROWS)
def test_a_real_file_is_read_through_its_mapping(name):
    if not (REAL / name).is_dir():
        pytest.skip(f"{name} is not at hand")
    reading = read_tables(REAL / name, load_mapping(EXAMPLES / f"{name}.toml"))
    assert not reading.errors
    assert {table: len(read.frame) for table, read in reading.tables.items()} == ROWS[name]
    if name == "cheese":
        assert reading.tables["sales"].frame["date"].min().date() == dt.date(1991, 1, 7)


def test_districts_of_a_country_lie_side_by_side():
    file = REAL / "turkey_geo" / "districts.geojson"
    if not file.is_file():
        pytest.skip("the outlines are not at hand")
    shapes = gpd.read_file(file).geometry.to_numpy()
    mend = geometry.mend(shapes)
    shapes[mend.rows] = mend.shapes
    assert (mend.change < 0.5).all()
    pairs = geometry.overlaps(shapes)
    areas, lon, lat = geometry.gaps(shapes)
    assert pairs["km2"].sum() < 0.01 * geometry.square_km(shapes).sum()
    assert len(areas) == len(lon) == len(lat)
