"""The catalogue of bad and odd inputs: what is accepted and told; and workbooks, geometry and Parquet that are not."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
from bad_inputs import HEAD, K1, K2, Case, more, swap, whole
from pyarrow import parquet
from walking import small_tables

ROWS = [["date", "customer_id", "brand", "volume"], ["2024-01-01", "K1", "Ours", 3], ["2024-02-01", "K2", "Ours", 4]]


def book(change: Callable[[openpyxl.Workbook], None] | None = None, name: str = "sales.xlsx") -> Callable[[Path], None]:
    """Sales as a sheet of a workbook, changed."""

    def write(folder: Path) -> None:
        (folder / "sales.csv").unlink()
        made = openpyxl.Workbook()
        page = made.active
        page.title = "sales"
        for row in ROWS:
            page.append(row)
        if change:
            change(made)
        made.save(folder / name)

    return write


def cell(place: str, value: object, kind: str = "") -> Callable[[Path], None]:
    def change(made: openpyxl.Workbook) -> None:
        made["sales"][place] = value
        if kind:
            made["sales"][place].data_type = kind

    return book(change)


def hide(made: openpyxl.Workbook) -> None:
    made.create_sheet("notes")
    made["sales"].sheet_state = "hidden"


def packed(extra: str) -> Callable[[Path], None]:
    """A workbook with one more part."""

    def write(folder: Path) -> None:
        book()(folder)
        with zipfile.ZipFile(folder / "sales.xlsx", "a") as archive:
            archive.writestr(extra, "<x/>")

    return write


def bomb(folder: Path) -> None:
    book()(folder)
    with zipfile.ZipFile(folder / "sales.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b"0" * (80 << 20))


def both(*changes: Callable[[Path], None]) -> Callable[[Path], None]:
    """Several changes, one after the other."""

    def write(folder: Path) -> None:
        for change in changes:
            change(folder)

    return write


def without(*tables: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for table in tables:
            (folder / f"{table}.csv").unlink()

    return write


def stored(columns: dict[str, object]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "sales.csv").unlink()
        parquet.write_table(pa.table(columns), folder / "sales.parquet")

    return write


def shapes(*rings: str, crs: str = "") -> Callable[[Path], None]:
    """Bricks as GeoJSON with these outlines."""
    features = ",".join(
        f'{{"type":"Feature","properties":{{"brick_id":"B{n}","territory_id":"T1"}},'
        f'"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}' for n, ring in enumerate(rings, start=1)
    )  # fmt: skip
    return whole("bricks.geojson", f'{{"type":"FeatureCollection",{crs}"features":[{features}]}}')


BOW_TIE = "[[32.5,39.4],[32.7,40.0],[32.7,39.4],[32.5,40.0],[32.5,39.4]]"
WEST, EAST = (
    "[[32.4,39.4],[32.6,39.4],[32.6,40],[32.4,40],[32.4,39.4]]",
    "[[32.6,39.4],[32.9,39.4],[32.9,40],[32.6,40],[32.6,39.4]]",
)
WIDE = "[[32.5,39.4],[32.9,39.4],[32.9,40],[32.5,40],[32.5,39.4]]"
METRES = "[[480000,4400000],[490000,4400000],[490000,4410000],[480000,4400000]]"
SPIKE = "[[32.4,39.4],[32.6,39.4],[32.6,40],[32.4,40],[32.4,39.7],[32.39,39.7],[32.4,39.7],[32.4,39.4]]"
EPSG = '[tables.bricks]\ncrs = "EPSG:32636"\n'

REFUSED_FILES = {
    "20 id too large for a number": Case(
        stored({"date": ["2024-01-01"], "customer_id": [1e17], "brand": ["Ours"], "volume": [1.0]}), ("sales.parquet",
        "customer_id", "as text")),
    "12 list in a column": Case(
        stored({"date": ["2024-01-01"], "customer_id": ["K1"], "brand": ["Ours"], "volume": [[1.0, 2.0]]}),
        ("sales.parquet", "volume", "plain values")),
    "58 damaged Parquet": Case(whole("sales.parquet", b"PAR1 nothing PAR1"), ("sales.parquet", "readable",
        "Export it again")),
    "58 damaged workbook": Case(whole("sales.xlsx", b"PK\x03\x04 nothing"), ("sales.xlsx", "workbook",
        "Export it again")),
    "58 swelling workbook": Case(bomb, ("sales.xlsx", "bearable size", "MB")),
    "59 part that leaves the archive": Case(packed("../../etc/x"), ("sales.xlsx", "leaves the archive")),
    "62 macros": Case(packed("xl/vbaProject.bin"), ("sales.xlsx", "macros", "without macros")),
    "62 workbook with programs by name": Case(whole("sales.xlsm", b"x"), ("sales.xlsm", "form xlsm", ".xlsx")),
    "62 links to other files": Case(packed("xl/externalLinks/externalLink1.xml"), ("sales.xlsx",
        "links to other files")),
    "62 hidden sheet": Case(book(hide), ("sales.xlsx [sales]", "hidden", "Show the sheet")),
    "62 merged cells": Case(book(lambda made: made["sales"].merge_cells("C2:C3")), ("sales.xlsx", "cell C2", "C2:C3",
        "Unmerge")),
    "62 formula never computed": Case(cell("D3", "=1+1"), ("sales.xlsx", "row 3", "volume", "cell D3", "compute")),
    "62 error in a cell": Case(cell("D3", "#N/A", "e"), ("sales.xlsx", "row 3", "volume", "#N/A", "D3")),
    "10 header twice in a sheet": Case(cell("D1", "Brand"), ("sales.xlsx", "row 1", "'Brand' twice")),
    "44 polygon that crosses itself": Case(shapes(BOW_TIE, EAST), ("bricks.geojson", "row 1", "cross itself", "32.6",
        "mend")),
    "45 bricks that overlap": Case(shapes(WIDE, EAST), ("bricks.geojson", "B1 and B2", "km2", "Draw them apart")),
    "42 metres in a geometry file": Case(shapes(METRES, EAST), ("bricks.geojson", "row 1", "metres", "crs")),
    "47 too few corners": Case(shapes("[[32,39],[33,39]]", EAST), ("bricks.geojson", "readable")),
    "57 GeoJSON that is none": Case(whole("bricks.geojson", '{"type": "FeatureCollection", "features": [NaN'),
        ("bricks.geojson", "readable")),
}  # fmt: skip

ACCEPTED = {
    "3 utf-16 with its mark": Case(whole("brands.csv", small_tables()["brands"].encode("utf-16")), ("brands.csv",
        "utf-16"), True),
    "4 utf-8 with its mark": Case(whole("sales.csv", b"\xef\xbb\xbf" + small_tables()["sales"].encode()), (), True),
    "2 windows bytes, stated": Case(
        whole("customers.csv", small_tables()["customers"].replace("Bakkal 3", "ŞİŞLİ").encode("cp1254")), (), True,
        'encoding = "cp1254"\n'),
    "15 decimal comma, stated": Case(swap("sales", "K1,Ours,3\n", 'K1,Ours,"3,5"\n'), (), True,
        '[tables.sales]\ndecimal = ","\n'),
    "19 returns, stated": Case(more("sales", "2025-03-01,K1,Ours,-2"), ("sales.csv", "returns", "left aside"), True,
        '[tables.sales]\nreturns = "drop"\n'),
    "23 007 and 7 are two": Case(more("customers", "007,A,32.5,39.5,B1\n7,B,32.6,39.6,B1"), (), True),
    "24 NA is an id": Case(more("customers", "NA,NULL,32.5,39.5,B1"), (), True),
    "24 stated words are missing": Case(swap("customers", ",32.51,", ",yok,"), ("coordinates",), True,
        '[tables.customers]\nmissing = ["yok"]\n'),
    "27 the same sale twice": Case(more("sales", K1.strip()), ("sales.csv", "repeats another"), True),
    "30 visit by an unknown rep": Case(more("visits", "2025-01-09,R9,K1,visit"), ("visits.csv", "rep_id"), True),
    "28 two in letter case, stated": Case(more("customers", "k1,Yine,32.5,39.5,B1"), (), True,
        '[tables.customers]\nids = "exact"\n'),
    "32 day or month, stated": Case(whole("sales.csv", HEAD + "01/02/2024,K1,Ours,3\n"), (), True,
        '[tables.sales]\ndate_format = "dd/mm/yyyy"\n'),
    "36 months without a sale": Case(whole("sales.csv", HEAD + K1 + K2 + "2024-06-03,K3,Ours,2\n"), ("sales.csv",
        "2024-02", "every month"), True),
    "39 sale before the customer was known": Case(
        whole("customers.csv", "customer_id,known_since\n" + "".join(f"K{n},2025-06-01\n" for n in range(1, 11))),
        ("sales.csv", "known_since"), True),
    "43 nowhere": Case(swap("customers", ",32.51,39.52,", ",0,0,"), ("customers.csv", "0, 0", "Geocode"), True),
    "43 in another country": Case(swap("customers", ",32.51,39.52,", ",2.35,48.85,"), ("customers.csv",
        "far from every brick"), True),
    "41 swapped rows exchanged on wish": Case(
        swap("customers", ",32.51,39.52,", ",39.52,32.51,"), ("customers.csv", "exchanged"), True,
        '[geography]\nswapped = "exchange"\n'),
    "44 spike in an outline": Case(shapes(SPIKE, EAST), ("bricks.geojson", "mended"), True),
    "44 polygon mended on wish": Case(shapes(BOW_TIE, EAST), ("bricks.geojson", "mended", "km2"), True,
        '[geography]\npolygons = "mend"\noverlaps = "accept"\n'),
    "45 overlap accepted on wish": Case(shapes(WIDE, EAST), ("bricks.geojson", "B1 and B2"), True,
        '[geography]\noverlaps = "accept"\n'),
    "46 customer outside every brick": Case(
        both(shapes(WEST, EAST), more("customers", "K11,Uzak,34.9,41.0,B1")), ("customers.csv", "outside all bricks"),
        True),
    "47 outline drawn backwards": Case(shapes("[[32.4,39.4],[32.4,40],[32.6,40],[32.6,39.4],[32.4,39.4]]", EAST), (),
        True),
    "43 brick told by place": Case(
        both(shapes(WEST, EAST), whole("customers.csv", small_tables()["customers"].replace(",B1\n",
        ",\n").replace(",B2\n", ",\n"))),
        ("customers.csv", "told by their place"), True),
    "49 one customer": Case(
        both(whole("customers.csv", "customer_id\nK1\n"), whole("sales.csv", HEAD + K1),
             whole("visits.csv", "date,customer_id,channel\n2025-01-06,K1,visit\n")), (), True),
    "51 no rivals": Case(without("market_sales", "campaigns"), (), True),
    "62 hidden rows": Case(book(lambda made: setattr(made["sales"].row_dimensions[3], "hidden", True)), ("sales.xlsx",
        "hidden"), True),
    "62 merged cells filled on wish": Case(book(lambda made: made["sales"].merge_cells("C2:C3")), (), True,
        '[tables.sales]\nmerged = "fill"\n'),
    "65 markup in a name": Case(swap("customers", "Bakkal 1,", "<script>alert(1)</script>'; DROP TABLE x;--,"), (),
        True),
    "66 blank consent is none": Case(
        whole("customers.csv",
        "customer_id,consent_email\n" + "".join(f"K{n},{'evet' if n > 1 else ''}\n" for n in range(1, 11))), (), True),
    "title rows and totals": Case(
        whole("sales.csv", "Satış raporu;;;\n;;;\ndate;customer_id;brand;volume\n01.01.2024;K1;Ours;3\nToplam;;;3\n"),
        ("totals", "left aside"), True),
    "sep= line of a spreadsheet": Case(whole("sales.csv",
        "sep=;\ndate;customer_id;brand;volume\n01.01.2024;K1;Ours;3,5\n"), (), True),
}  # fmt: skip
"""Accepted, with the words that must be told."""
