"""One table reads the same from every format and dialect."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from twin.errors import InputError
from twin.intake.dictionary import data_dictionary
from twin.intake.ingest import read_bundle
from twin.intake.mapping import Mapping, TableMapping, load_mapping

TODAY = dt.date(2024, 6, 1)


def tables(folder, mapping=None):
    return read_bundle(folder, mapping, today=TODAY).tables


def test_a_turkish_file_with_mark_semicolons_commas_and_dots_reads_as_the_plain_one(bundle, good):
    plain = tables(bundle())
    turkish = "Date;Customer ID;BRAND;Volume\r\n08.01.2024;007;Ours;3\r\n17.01.2024;7;Ours;2,5\r\n" \
              "06.02.2024;NA;Ours;4\r\n07.03.2024;007;Ours;1\r\n"  # fmt: skip
    read = tables(bundle({"sales.csv": b"\xef\xbb\xbf" + turkish.encode()}))
    pd.testing.assert_frame_equal(read["sales"], plain["sales"])


def test_ids_stay_text_and_only_the_empty_cell_is_missing(bundle):
    customers = tables(bundle())["customers"]
    assert customers["customer_id"].tolist() == ["007", "7", "NA"]
    assert customers["known_since"].isna().tolist() == [False, True, True]


def test_windows_turkish_is_read_when_the_mapping_says_so(bundle, good):
    folder = bundle({"customers.csv": good["customers.csv"].encode("cp1254")})
    names = tables(folder, Mapping(defaults=TableMapping(encoding="cp1254")))["customers"]["name"]
    assert names.tolist() == ["ÇINAR ECZANESİ", "Yıldız Market", "Iğdır Büfe"]


def test_a_number_that_reads_in_two_ways_is_refused_until_declared(bundle):
    text = "date;customer_id;brand;volume;value\n2024-01-08;007;Ours;1.234;2,5\n"
    folder = bundle({"sales.csv": text})
    with pytest.raises(InputError) as caught:
        tables(folder)
    assert [p.where for p in caught.value.problems] == ["volume"]
    declared = Mapping(tables={"sales": TableMapping(decimal=",", thousands=".")})
    assert tables(folder, declared)["sales"]["volume"].tolist() == [1234.0]


def test_grouped_thousands_with_a_decimal_comma_read_in_one_way_only(bundle):
    text = "date;customer_id;brand;volume\n2024-01-08;007;Ours;1.234,5\n2024-01-09;007;Ours;7\n"
    assert tables(bundle({"sales.csv": text}))["sales"]["volume"].tolist() == [1234.5, 7.0]


def test_times_are_kept_and_zones_become_local(bundle):
    text = "date,customer_id,channel\n2024-01-09T22:30:00Z,007,visit\n2024-01-09 09:15,007,visit\n"
    folder = bundle({"visits.csv": text})
    read = tables(folder)["visits"]["date"]
    assert read.tolist() == [pd.Timestamp("2024-01-10 01:30"), pd.Timestamp("2024-01-09 09:15")]
    with pytest.raises(InputError, match=r"visits\.csv, row 2, date"):
        tables(folder, Mapping(country="DE"))


def test_flags_hours_and_attributes_get_their_kinds(bundle):
    text = (
        "customer_id,consent_email,available_from,size,postcode,vip,opened,kind\n"
        "007,Evet,09:30,3,06100,E,2001-05-01,a\n7,hayır,9.5,,34000,H,2002-05-01,b\nNA,,,2.5,34010,E,,a\n"
    )
    frame = tables(bundle({"customers.csv": text, "prospects.csv": None, "market_sales.csv": None, "visits.csv": None}))
    customers = frame["customers"]
    assert customers["consent_email"].isna().tolist() == [False, False, True]
    assert customers["consent_email"].iloc[:2].tolist() == [True, False]
    assert customers["available_from"].iloc[:2].tolist() == [9.5, 9.5]
    kinds = {name: customers[name].dtype.kind for name in ("size", "vip", "opened")}
    assert kinds == {"size": "f", "vip": "b", "opened": "M"}
    assert customers["postcode"].tolist() == ["06100", "34000", "34010"]


def test_an_attribute_has_one_kind_in_both_lists(bundle):
    text = "customer_id,grade\n007,1\n7,2\nNA,3\n"
    prospects = "prospect_id,grade\nP1,A\nP2,B\n"
    changes = {"customers.csv": text, "prospects.csv": prospects, "bricks.csv": None, "reps.csv": None}
    read = tables(bundle(changes))
    assert read["customers"]["grade"].tolist() == ["1", "2", "3"]


def test_parquet_reads_as_csv(bundle):
    plain = tables(bundle())
    folder = bundle()
    for name in ("sales", "customers"):
        (folder / f"{name}.csv").unlink()
        plain[name].to_parquet(folder / f"{name}.parquet")
    read = tables(folder)
    for name in ("sales", "customers"):
        pd.testing.assert_frame_equal(read[name], plain[name])


def test_an_integer_id_of_parquet_becomes_text(bundle):
    folder = bundle(only=("brands.csv",))
    pd.DataFrame({"customer_id": [17, 18]}).to_parquet(folder / "customers.parquet")
    sales = {"date": [dt.date(2024, 1, 1)] * 2, "customer_id": [17.0, 18.0], "brand": ["Ours"] * 2, "volume": [1, 2]}
    pd.DataFrame(sales).to_parquet(folder / "sales.parquet")
    assert tables(folder)["sales"]["customer_id"].tolist() == ["17", "18"]


def test_sheets_of_a_workbook_read_as_csv(bundle):
    plain = tables(bundle())
    folder = bundle()
    with pd.ExcelWriter(folder / "crm.xlsx", engine="xlsxwriter") as book:
        for name in ("sales", "customers", "brands"):
            (folder / f"{name}.csv").unlink()
            plain[name].to_excel(book, sheet_name=name, index=False)
    read = tables(folder)
    for name in ("sales", "customers", "brands"):
        pd.testing.assert_frame_equal(read[name], plain[name])


def test_a_fault_in_a_sheet_is_named_with_sheet_and_row(bundle):
    folder = bundle()
    (folder / "brands.csv").unlink()
    with pd.ExcelWriter(folder / "crm.xlsx", engine="xlsxwriter") as book:
        frame = pd.DataFrame({"brand": ["Ours", "Rival A"], "owner": ["us", "R"], "unit_price": [1, "dear"]})
        frame.to_excel(book, sheet_name="brands", index=False)
    with pytest.raises(InputError) as caught:
        tables(folder)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.where) == ("crm.xlsx [brands]", 3, "unit_price")


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning:pyogrio")
@pytest.mark.parametrize("suffix", ["geojson", "shp", "gpkg"])
def test_geometry_files_read_alike_whatever_their_coordinates(bundle, suffix):
    frame = gpd.GeoDataFrame(
        {"brick_id": ["B1", "B2"], "territory_id": ["T1", "T2"], "population": [10, 20]},
        geometry=[box(28.5, 40.5, 29.5, 41.5), box(32, 39, 33.5, 40.5)], crs=4326,
    )  # fmt: skip
    folder = bundle({"bricks.csv": None})
    frame.to_crs(4326 if suffix == "geojson" else 5254).to_file(folder / f"bricks.{suffix}")
    bricks = tables(folder)["bricks"]
    assert bricks["brick_id"].tolist() == ["B1", "B2"]
    assert bricks["territory_id"].tolist() == ["T1", "T2"]
    assert bricks["population"].tolist() == [10.0, 20.0]
    np.testing.assert_allclose(bricks[["lon", "lat"]], [[29.0, 41.0], [32.75, 39.75]], atol=0.02)
    assert bricks["geometry"].str.contains('"Polygon"').all()


def test_a_layer_of_points_gives_coordinates(bundle):
    frame = gpd.GeoDataFrame({"prospect_id": ["P1", "P2"]}, geometry=[Point(29.05, 41), Point(32.8, 39.9)], crs=4326)
    folder = bundle({"prospects.csv": None})
    frame.to_crs(3857).to_file(folder / "register.gpkg", layer="prospects")
    np.testing.assert_allclose(tables(folder)["prospects"][["lon", "lat"]], [[29.05, 41], [32.8, 39.9]], atol=1e-9)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning:pyogrio")
def test_a_shapefile_without_coordinate_system_is_refused(bundle):
    frame = gpd.GeoDataFrame({"brick_id": ["B1"], "territory_id": ["T1"]}, geometry=[box(0, 0, 1, 1)])
    folder = bundle({"bricks.csv": None})
    frame.to_file(folder / "bricks.shp")
    with pytest.raises(InputError, match="coordinate reference system"):
        tables(folder)


MAPPING = """
country = "TR"
channels = ["fuar"]
[tables.sales]
source = "Satislar"
date_format = "yyyymmdd"
separator = "|"
[tables.sales.columns]
date = "Fatura Tarihi"
customer_id = "Müşteri Kodu"
brand = "Marka"
volume = "Koli"
[tables.sales.factors]
volume = 12
[tables.brands.values.owner]
"Bizim A.Ş." = "us"
[tables.visits.values.channel]
"Yüz yüze" = "visit"
"""


def test_a_crm_export_reads_as_it_comes_with_a_mapping(bundle, tmp_path, good):
    path = tmp_path / "crm.toml"
    path.write_text(MAPPING, encoding="utf-8")
    folder = bundle({
        "sales.csv": None,
        "Satislar.csv": "Fatura Tarihi|Müşteri Kodu|Marka|Koli\n20240108|007|Ours|2\n",
        "brands.csv": "brand,owner\nOurs,Bizim A.Ş.\nRival A,R\n",
        "visits.csv": "date,customer_id,channel\n2024-01-09,007,Yüz yüze\n2024-01-09,007,Fuar\n",
    })  # fmt: skip
    read = tables(folder, load_mapping(path))
    assert read["sales"].to_dict("records") == [
        {"date": pd.Timestamp("2024-01-08"), "customer_id": "007", "brand": "Ours", "volume": 24.0}
    ]
    assert read["brands"]["owner"].tolist() == ["us", "R"]
    assert read["visits"]["channel"].tolist() == ["visit", "fuar"]


def test_a_message_under_a_mapping_names_the_column_of_the_file(bundle, tmp_path):
    path = tmp_path / "crm.toml"
    path.write_text('[tables.sales.columns]\nvolume = "Koli"\n', encoding="utf-8")
    folder = bundle({"sales.csv": "date,customer_id,brand,Koli\n2024-01-08,007,Ours,-1\n"})
    with pytest.raises(InputError) as caught:
        tables(folder, load_mapping(path))
    assert caught.value.problems[0].where == "volume ('Koli')"


@pytest.mark.parametrize(
    ("text", "where", "cure"),
    [
        ("contry = 'TR'", "contry", "country"),
        ("[tables.sale]", "tables.sale", "sales"),
        ("[tables.sales.columns]\nvolum = 'x'", "tables.sales.columns.volum", "volume"),
        ("decimal = ';'", "decimal", "Correct"),
        ("encoding = 'klingon'", "encoding", "Correct"),
        ("[tables.sales.factors]\nvolume = 'x'", "tables.sales.factors.volume", "Correct"),
        ("a = [", "syntax", "example"),
    ],
)
def test_a_mapping_with_an_unexpected_key_or_value_is_refused(tmp_path, text, where, cure):
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_mapping(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.where) == ("m.toml", where)
    assert cure in problem.cure


def test_the_example_of_the_dictionary_is_a_mapping(tmp_path):
    text = (Path(__file__).parents[3] / "data" / "README.md").read_text(encoding="utf-8")
    path = tmp_path / "example.toml"
    path.write_text(text.split("```toml")[1].split("```")[0], encoding="utf-8")
    assert load_mapping(path).of("sales").date_format == "yyyymmdd"
    assert load_mapping(path).of("customers").date_format == "dd.mm.yyyy"


def test_the_data_dictionary_is_current():  # else: python -m twin.intake.dictionary > data/README.md
    readme = Path(__file__).parents[3] / "data" / "README.md"
    assert readme.read_text(encoding="utf-8") == data_dictionary(), (
        "run: python -m twin.intake.dictionary > data/README.md"
    )
