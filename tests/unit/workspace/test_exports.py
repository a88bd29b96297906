"""Exports carry every value, are there whole or not at all, and run nothing."""

from __future__ import annotations

import csv
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from twin.errors import TwinError
from twin.workspace import exports
from twin.workspace.exports import write_table

ATTACKS = ["x\r=1+1", "=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x")']
FRAME = pd.DataFrame(
    {
        "id": ["c1", "c2", "c3"],
        "name": ["Işık; Ğ", 'He said "x",\nthen', None],
        "volume": [1234.5, -2.25, np.nan],
        "visits": [1, -2, 3],
        "known": [True, False, True],
        "day": pd.to_datetime(["2026-03-02", None, "2026-03-04"]),
        "moment": pd.to_datetime(["2026-03-02 08:30", "2026-03-02 09:00", None]),
        "lon": [29.0, 30.5, np.nan],
        "lat": [41.0, 40.5, 39.0],
    }
)


def _rows(path, **dialect) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, **dialect))


def test_csv_holds_every_value(tmp_path):
    rows = _rows(write_table(FRAME, tmp_path / "new folder" / "t.csv"))
    assert rows[0] == list(FRAME.columns)
    assert rows[1] == ["c1", "Işık; Ğ", "1234.5", "1", "True", "2026-03-02", "2026-03-02T08:30:00", "29.0", "41.0"]
    assert rows[2][1:4] == ['He said "x",\nthen', "-2.25", "-2"]
    assert rows[3][1:3] == ["", ""] and rows[2][5] == "" and rows[3][6] == ""


def test_turkish_csv_has_semicolons_decimal_commas_and_a_mark(tmp_path):
    frame = FRAME.assign(mixed=pd.Series([0.5, "x", None], dtype=object))
    path = write_table(frame, tmp_path / "t.csv", locale="tr")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = _rows(path, delimiter=";")
    assert rows[1][:4] == ["c1", "Işık; Ğ", "1234,5", "1"] and rows[1][-1] == "0,5"
    back = pd.read_csv(path, sep=";", decimal=",", encoding="utf-8-sig")
    assert back["volume"].tolist()[:2] == [1234.5, -2.25]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("dtype", ["str", "object", "category"])
@pytest.mark.parametrize("locale", ["", "tr"])
def test_no_csv_cell_and_no_header_begins_like_a_formula(tmp_path, attack, dtype, locale):
    frame = pd.DataFrame({attack: pd.Series([attack, "harmless", None], dtype=dtype), "n": [-1, 2, 3]})
    rows = _rows(write_table(frame, tmp_path / "t.csv", locale=locale), delimiter=";" if locale else ",")
    assert rows[0][0] == rows[1][0] == ("" if attack[0] == "x" else "'") + attack
    assert len(rows) == 4
    assert rows[1][1] == "-1" and rows[2][0] == "harmless" and rows[3][0] == ""


def test_xlsx_cells_are_typed_and_never_formulas(tmp_path):
    frame = FRAME.assign(text=[*ATTACKS[:2], "https://x.example"])
    path = write_table(frame, tmp_path / "t.xlsx")
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert rows[0] == list(frame.columns)
    assert rows[1][:5] == ["c1", "Işık; Ğ", 1234.5, 1.0, True]
    assert str(rows[1][5]).startswith("2026-03-02") and str(rows[1][6]) == "2026-03-02 08:30:00"
    assert rows[3][2] == "" and [row[-1] for row in rows[1:]] == frame["text"].tolist()
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        assert b"<f>" not in sheet and b"hyperlink" not in sheet


def test_parquet_keeps_types(tmp_path):
    pd.testing.assert_frame_equal(pd.read_parquet(write_table(FRAME, tmp_path / "t.parquet")), FRAME)


def test_json_is_a_list_of_rows_with_null_for_what_is_missing(tmp_path):
    rows = json.loads(write_table(FRAME, tmp_path / "t.json").read_text(encoding="utf-8"))
    assert rows[0]["name"] == "Işık; Ğ" and rows[0]["visits"] == 1 and rows[0]["known"] is True
    assert rows[2]["volume"] is None and rows[1]["day"] is None and rows[0]["day"] == "2026-03-02"
    assert json.loads(write_table(FRAME.head(0), tmp_path / "none.json").read_text()) == []


def test_numbers_in_json_lose_no_digit(tmp_path):
    frame = pd.DataFrame({"x": [0.1 + 0.2, 1e-300, np.pi]})
    rows = json.loads(write_table(frame, tmp_path / "t.json").read_text())
    assert [row["x"] for row in rows] == frame["x"].tolist()


def test_geojson_has_a_point_for_each_row_that_has_one(tmp_path):
    document = json.loads(write_table(FRAME, tmp_path / "t.geojson").read_text(encoding="utf-8"))
    first, *_, last = document["features"]
    assert document["type"] == "FeatureCollection" and len(document["features"]) == 3
    assert first["geometry"] == {"type": "Point", "coordinates": [29.0, 41.0]}
    assert last["geometry"] is None and first["properties"]["id"] == "c1" and "lon" not in first["properties"]
    with pytest.raises(TwinError, match="no lat"):
        write_table(FRAME.drop(columns="lat"), tmp_path / "u.geojson")
    assert not (tmp_path / "u.geojson").exists()


@pytest.mark.parametrize("name", ["t", "t.docx"])
def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path, name):
    with pytest.raises(TwinError, match="csv, xlsx, parquet, json, geojson"):
        write_table(FRAME, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    assert write_table(FRAME, tmp_path / name, fmt="CSV").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_fault_leaves_the_old_file_and_no_other(tmp_path, monkeypatch, error):
    path = tmp_path / "t.csv"
    path.write_text("old")

    def fail(frame, file, locale):
        file.write(b"half")
        raise error

    monkeypatch.setitem(exports._WRITERS, "csv", fail)
    with pytest.raises((KeyboardInterrupt, TwinError)):
        write_table(FRAME, path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(TwinError, match=r"t\.csv"):
        write_table(FRAME, tmp_path / "t.csv")
    with pytest.raises(TwinError, match="spreadsheet"):
        write_table(pd.DataFrame({"x": np.zeros(1_048_576, dtype=np.int8)}), tmp_path / "t.xlsx")
