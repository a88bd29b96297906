"""The catalogue of bad and odd inputs: text files. Each case changes a sound bundle in one respect.

Numbers are those of the project's list of bad inputs; a case says what the message must name, or, when the input is
odd and accepted, what must be told of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from walking import small_tables


@dataclass(frozen=True)
class Case:
    """One input: how the bundle is changed, and what has to be said."""

    change: Callable[[Path], None]
    words: tuple[str, ...]
    accepted: bool = False
    mapping: str = ""


def swap(table: str, old: str, new: str, encoding: str = "utf-8", every: bool = False) -> Callable[[Path], None]:
    """Replace a piece of one table's text."""

    def change(folder: Path) -> None:
        text = small_tables()[table]
        assert old in text, (table, old)
        (folder / f"{table}.csv").write_bytes(text.replace(old, new, -1 if every else 1).encode(encoding))

    return change


def whole(name: str, content: bytes | str) -> Callable[[Path], None]:
    """Put one file in the place of the table of that name."""

    def change(folder: Path) -> None:
        for old in folder.glob(Path(name).stem + ".*"):
            old.unlink()
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))

    return change


def more(table: str, line: str) -> Callable[[Path], None]:
    """One more row at the end."""
    return whole(f"{table}.csv", small_tables()[table] + line + "\n")


HEAD = "date,customer_id,brand,volume\n"
K1, K2 = "2024-01-01,K1,Ours,3\n", "2024-01-01,K2,Ours,6\n"
SEMI = "date;customer_id;brand;volume\n"
WINDOWS = small_tables()["customers"].replace("Bakkal 3", "ŞİŞLİ IŞIK").encode("cp1254")

REFUSED = {
    "1 empty file": Case(whole("sales.csv", ""), ("sales.csv", "empty file", "Export")),
    "1 header only": Case(whole("sales.csv", HEAD), ("sales.csv", "rows", "header only")),
    "1 only blanks": Case(whole("sales.csv", " \n\n \n"), ("sales.csv", "empty file")),
    "2 windows bytes": Case(whole("customers.csv", WINDOWS), ("customers.csv", "row 4", "offset",
        'encoding = "cp1254"')),
    "2 wrong encoding stated": Case(
        whole("customers.csv", b"customer_id,name\nK1,\x81\x8d\n"), ("customers.csv", "row 2", "0x81",
        "State the encoding"),
        mapping='[tables.customers]\nencoding = "cp1254"\n'),
    "3 utf-16 without a mark": Case(
        whole("brands.csv", small_tables()["brands"].encode("utf-16-le")), ("brands.csv", "UTF-16", "utf-16-le")),
    "5 zero byte": Case(swap("brands", "Rival A,R", "Ri\x00val,R"), ("brands.csv", "row 3", "NUL", "Remove")),
    "5 control character": Case(swap("customers", "Bakkal 1,", "Bak\x07kal,"), ("customers.csv", "row 2", "name",
        "control")),
    "6 short row": Case(swap("sales", "K1,Ours,3\n", "K1,Ours\n"), ("sales.csv", "row 2", "volume", "4 fields",
        "3 fields")),
    "7 long row": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,3,5\n"), ("sales.csv", "row 2", "5 fields", "Quote")),
    "8 every row too long": Case(whole("sales.csv", HEAD + "x,2024-01-01,K1,Ours,3\n" * 3), ("row 2", "5 fields",
        "3 rows")),
    "9 unclosed quote": Case(swap("customers", "Bakkal 1,", '"Bakkal 1,'), ("customers.csv", "row 2", "name",
        "never closed")),
    "9 stray quote": Case(swap("customers", "Bakkal 1,", 'Bakkal 1" x,'), ("customers.csv", "row 2", "middle")),
    "10 header twice": Case(swap("brands", "unit_price", "Brand"), ("brands.csv", "row 1", "'brand' and 'Brand'")),
    "10 header twice once folded": Case(swap("customers", "brick_id", "NÂME"), ("customers.csv", "'name' and 'NÂME'")),
    "11 missing column": Case(swap("sales", ",volume", ",volum"), ("sales.csv", "row 1", "volume",
        "Did you mean 'volum'")),
    "11 Turkish header unmapped": Case(swap("sales", ",volume", ",Miktar"), ("volume", "Did you mean 'Miktar'")),
    "12 word far down": Case(
        whole("sales.csv", HEAD + K1 * 30_000 + "2024-01-01,K1,Ours,many\n"),
        ("sales.csv", "row 30002", "volume", "'many'")),
    "13 too many columns": Case(
        whole("customers.csv", ",".join(["customer_id", *(f"a{n}" for n in range(1100))]) + "\n"), ("customers.csv",
        "1101")),
    "13 too long a cell": Case(swap("customers", "Bakkal 1,", "x" * 40_000 + ","), ("customers.csv", "row 2", "32767",
        "Shorten")),
    "15 decimal comma unstated": Case(swap("sales", "K1,Ours,3\n", 'K1,Ours,"3,5"\n'), ("row 2", "volume", "'3,5'",
        'decimal = ","')),
    "16 1.234 beside commas": Case(
        whole("sales.csv", SEMI.replace("volume", "volume;value") + "2024-01-01;K1;Ours;1.234;2,5\n"), ("row 2",
        "one way only", "thousands")),
    "16 1.234 alone": Case(whole("sales.csv", SEMI + "2024-01-01;K1;Ours;1.234\n"), ("sales.csv", "row 2",
        "one way only")),
    "17 comma in a comma file": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,3,25\n"), ("sales.csv", "row 2",
        "5 fields")),
    "18 NaN": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,NaN\n"), ("sales.csv", "row 2", "volume", "'NaN'")),
    "18 infinite": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,-inf\n"), ("sales.csv", "row 2", "volume", "-inf")),
    "18 1e400": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,1e400\n"), ("sales.csv", "row 2", "volume", "1e400")),
    "19 negative": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,-3\n"), ("sales.csv", "row 2", ">= 0", "-3",
        'returns = "drop"')),
    "19 minus behind": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,3-\n"), ("sales.csv", "row 2", ">= 0", "'3-'")),
    "20 id rounded by a spreadsheet": Case(swap("sales", ",K1,", ",1.23457E+16,"), ("sales.csv", "row 2",
        "customer_id", "as text")),
    "21 sums beyond counting": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,9e307\n"), ("sales.csv", "volume", "1e+15",
        "9e307")),
    "22 full-width digits": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,３\n"), ("sales.csv", "row 2", "volume", "３")),
    "22 underscores": Case(swap("sales", "K1,Ours,3\n", "K1,Ours,1_000\n"), ("sales.csv", "row 2", "volume", "1_000")),
    "25 two currencies": Case(
        whole("sales.csv",
        "date,customer_id,brand,volume,value,Para Birimi\n2024-01-01,K1,Ours,3,30,TRY\n2024-02-01,K2,Ours,4,9,EUR\n"),
        ("sales.csv", "row 3", "value", "one currency", "'EUR'", "keep")),
    "25 signs of two currencies": Case(
        whole("sales.csv", HEAD.replace("volume",
        "volume,value") + "2024-01-01,K1,Ours,3,30 TL\n2024-02-01,K2,Ours,4,9 €\n"),
        ("row 3", "value", "one currency")),
    "25 two units": Case(
        whole("sales.csv",
        "date,customer_id,brand,volume,Birim\n2024-01-01,K1,Ours,3,KUTU\n2024-02-01,K2,Ours,4,ADET\n"),
        ("row 3", "volume", "one unit", "'ADET'")),
    "25 percent and plain": Case(
        whole("campaigns.csv",
        "brand,start,end,strength\nRival A,2025-03-03,2025-03-23,50%\nRival A,2025-05-03,2025-05-23,0.5\n"),
        ("campaigns.csv", "row 3", "strength", "not both")),
    "26 id twice": Case(more("customers", "K1,Yine,32.5,39.5,B1"), ("customers.csv", "row 12", "once",
        "first in row 2")),
    "28 ids that differ in case": Case(more("customers", "k1,Yine,32.5,39.5,B1"), ("customers.csv", "row 12",
        "'k1' beside 'K1'", "exact")),
    "28 equal once trimmed": Case(more("customers", " K1 ,Yine,32.5,39.5,B1"), ("customers.csv", "row 12", "once")),
    "29 look-alike letter in an id": Case(swap("sales", ",K1,", ",К1,"), ("sales.csv", "row 2", "alphabet", "Latin")),
    "29 invisible letter in an id": Case(swap("sales", ",K1,", ",K\u200b1,"), ("sales.csv", "row 2", "visible")),
    "30 sale to a stranger": Case(swap("sales", ",K1,", ",K99,"), ("sales.csv", "row 2", "customer_id", "'K99'",
        "Correct the id")),
    "30 visit to a stranger": Case(swap("visits", ",K1,", ",Z9,"), ("visits.csv", "row 2", "customers or prospects",
        "'Z9'")),
    "31 rep in two territories": Case(more("reps", "R1,Ayşe Kaya,T1,10"), ("reps.csv", "row 3", "rep_id", "once")),
    "32 day or month": Case(whole("sales.csv", HEAD + "01/02/2024,K1,Ours,3\n"), ("row 2", "one way only",
        "dd/mm/yyyy", "mm/dd/yyyy")),
    "33 30 February": Case(swap("sales", "2024-01-01,K1", "2024-02-30,K1"), ("sales.csv", "row 2", "date",
        "2024-02-30")),
    "33 29 February of a common year": Case(swap("sales", "2025-01-01,K1", "2025-02-29,K1"), ("sales.csv", "date",
        "2025-02-29")),
    "34 week 53 of a short year": Case(whole("sales.csv", HEAD + "2024-W01,K1,Ours,3\n2024-W53,K2,Ours,2\n"),
        ("row 3", "date", "2024-W53")),
    "34 week 0": Case(whole("sales.csv", HEAD + "2024-W00,K1,Ours,3\n2024-W02,K2,Ours,2\n"), ("sales.csv", "row 2",
        "2024-W00")),
    "35 calendar year with ISO week": Case(
        whole("sales.csv", "date,customer_id,brand,volume,iso_week\n2024-12-30,K1,Ours,3,2024-W01\n"), ("row 2",
        "2025-W01", "2024-W01")),
    "37 zone without a country's time": Case(
        whole("visits.csv", "date,rep_id,customer_id,channel\n2025-01-06T10:00:00Z,R1,K1,visit\n"), ("visits.csv",
        "row 2", "date"),
        mapping='country = "DE"\n'),
    "38 sale to come": Case(swap("sales", "2024-01-01,K1", "2124-01-01,K1"), ("sales.csv", "row 2", "up to today")),
    "38 before 1900": Case(swap("visits", "2025-01-06", "1899-12-31"), ("visits.csv", "row 2", "1900")),
    "38 spreadsheet's number": Case(whole("sales.csv", HEAD + "45292,K1,Ours,3\n"), ("sales.csv", "row 2",
        "2024-01-01", 'date_format = "serial"')),
    "41 swapped columns": Case(
        whole("customers.csv", "customer_id,lat,lon\n" + "".join(f"K{n},32.5,39.{n}\n" for n in range(1, 11))),
        ("customers.csv", "row 2", "lon, lat", "swapped", "exchange")),
    "42 metres for degrees": Case(
        whole("customers.csv", "customer_id,lon,lat\n" + "".join(f"K{n},48{n}000,44{n}0000\n" for n in range(1, 11))),
        ("customers.csv", "row 2", "lon", "metres", "crs")),
    "42 unknown coordinate system": Case(
        whole("customers.csv", "customer_id,lon,lat\n" + "".join(f"K{n},48{n}000,44{n}0000\n" for n in range(1, 11))),
        ("customers.csv", "EPSG:999999", "State a code"), mapping='[tables.customers]\ncrs = "EPSG:999999"\n'),
    "58 table inside an archive": Case(whole("sales.zip", b"PK\x03\x04"), ("sales.zip", "zip", "CSV")),
    "63 pickle as a table": Case(whole("sales.pkl", b"\x80\x04K\x01."), ("sales.pkl", "form pkl", "CSV")),
    "66 consent in other words": Case(
        whole("customers.csv",
        "customer_id,consent_email\n" + "".join(f"K{n},{'evet' if n > 1 else 'belki'}\n" for n in range(1, 11))),
        ("customers.csv", "row 2", "consent_email", "'belki'", "evet")),
    "month columns unmapped": Case(
        whole("sales.csv", "customer_id,brand,Ocak 2024,Şubat 2024,Mart 2024\nK1,Ours,1,2,3\n"), ("sales.csv",
        "months", "mapping")),
    "two sources for one table": Case(lambda folder: (folder / "sales.tsv").write_text(HEAD), ("sales.csv",
        "sales.tsv", "one source")),
    "join without its file": Case(
        lambda folder: None, ("sales.csv", "join", "'VBRK'", "folder"),
        mapping='[[tables.sales.join]]\nsource = "VBRK"\nkey = "brand"\n'),
    "nothing left to keep": Case(
        lambda folder: None, ("sales.csv", "keep", "Theirs"), mapping='[tables.sales.keep]\nbrand = ["Theirs"]\n'),
    "header row that is none": Case(lambda folder: None, ("sales.csv", "line 9000"),
        mapping="[tables.sales]\nheader_row = 9000\n"),
    "column that the mapping names is absent": Case(
        lambda folder: None, ("sales.csv", "volume", "'Miktar'"),
        mapping='[tables.sales.columns]\nvolume = "Miktar"\n'),
}  # fmt: skip
"""Refused, with the words that the message must have."""
