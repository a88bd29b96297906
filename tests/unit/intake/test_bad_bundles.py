"""Every sort of bad input is refused with file, row, column, what was expected, what was found, and a cure."""

from __future__ import annotations

import datetime as dt

import pytest

from twin.errors import InputError, Problem
from twin.intake.assemble import assemble
from twin.intake.hindsight import tables_as_of
from twin.intake.ingest import read_bundle

TODAY = dt.date(2024, 6, 1)


def refusals(folder, mapping=None) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read_bundle(folder, mapping, today=TODAY)
    for problem in caught.value.problems:
        assert all((problem.file, problem.where, problem.expected, problem.found, problem.cure)), problem
    return caught.value.problems


def test_the_sound_bundle_is_accepted(bundle):
    assert set(read_bundle(bundle(), today=TODAY).tables) >= {"customers", "sales", "visits", "campaigns"}


def test_three_tables_are_enough(bundle):
    folder = bundle(
        {"customers.csv": "customer_id\nA\n", "brands.csv": "brand,owner\nOurs,us\n",
         "sales.csv": "date,customer_id,brand,volume\n2024-01-01,A,Ours,1\n"}, only=())  # fmt: skip
    assert set(read_bundle(folder, today=TODAY).tables) == {"customers", "brands", "sales"}


# file, old text, new text -> where, row, part of what is expected, found and cure
ONE_CHANGE = {
    "missing column": ("sales.csv", "customer_id,", "costumer_id,", "customer_id", 1, "column", "costumer", "mean"),
    "turkish header": ("sales.csv", "customer_id,", "Müşteri Kodu,", "customer_id", 1, "column", "Kodu", "ri Kodu'"),
    "text in a number": ("sales.csv", "7,Ours,2.5", "7,Ours,two", "volume", 3, "number", "'two'", "decimal"),
    "decimal comma undeclared": ("sales.csv", "Ours,2.5", 'Ours,"2,5"', "volume", 3, "number", "'2,5'", "decimal = "),
    "infinite number": ("sales.csv", "Ours,2.5", "Ours,1e400", "volume", 3, "number", "1e400", "Correct"),
    "not a number": ("sales.csv", "Ours,2.5", "Ours,NaN", "volume", 3, "number", "NaN", "Correct"),
    "full-width digits": ("sales.csv", "Ours,2.5", "Ours,２", "volume", 3, "number", "２", "Correct"),
    "negative volume": ("sales.csv", "Ours,2.5", "Ours,-2.5", "volume", 3, ">= 0", "-2.5", "return"),
    "empty required cell": ("sales.csv", "17,7,Ours", "17,,Ours", "customer_id", 3, "a value", "empty cell", "Fill"),
    "impossible day": ("sales.csv", "2024-02-06", "2023-02-29", "date", 4, "date", "2023-02-29", "Correct"),
    "two date forms": ("sales.csv", "2024-02-06", "06.02.2024", "date", 4, "yyyy-mm-dd", "06.02.2024", "one format"),
    "spreadsheet serial": ("sales.csv", "2024-02-06", "45292", "date", 4, "yyyy-mm-dd", "45292", "date_format"),
    "sale in the future": ("sales.csv", "2024-02-06", "2024-06-02", "date", 4, "up to today", "2024-06-02", "Correct"),
    "date before 1900": ("visits.csv", "2024-02-01", "1899-12-31", "date", 3, "1900", "1899", "Correct"),
    "unknown customer": ("sales.csv", "06,NA,", "06,008,", "customer_id", 4, "id of customers", "'008'", "mean '007'"),
    "unknown visited": ("visits.csv", "P1", "P9", "customer_id", 3, "customers or prospects", "'P9'", "Correct"),
    "unknown brick": ("customers.csv", "B2", "B9", "brick_id", 4, "bricks", "'B9'", "Correct"),
    "unknown brand": ("market_sales.csv", "B1,,Rival A", "B1,,Rivall", "brand", 3, "brands", "Rivall", "mean"),
    "unknown territory": ("reps.csv", "Ali,T2", "Ali,T3", "territory_id", 3, "bricks", "'T3'", "Correct"),
    "unknown channel": ("visits.csv", "P1,visit", "P1,vist", "channel", 3, "visit, phone", "vist", "'visit'"),
    "unknown status": ("customers.csv", "lapsed", "gone", "status", 4, "active or lapsed", "gone", "mapping"),
    "duplicate id": ("customers.csv", "7,Yıldız", "007,Yıldız", "customer_id", 3, "once", "first in row 2", "Merge"),
    "rival brand in own sales": ("sales.csv", "NA,Ours", "NA,Rival A", "brand", 4, "ours", "Rival A", "market"),
    "no brand of ours": ("brands.csv", ",us,", ",Acme,", "owner", 2, "'us'", "Acme", "mapping"),
    "brick and customer": ("market_sales.csv", "B2,,", "B2,P1,", "brick_id or customer_id", 4, "not", "both", "Leave"),
    "neither brick nor customer": ("market_sales.csv", "B2,,", ",,", "brick_id or customer_id", 4, "a", "neither", ""),
    "period": ("market_sales.csv", "2024-02-01,month,B2", "2024-02-01,year,B2", "period", 4, "week", "year", "Use"),
    "month that begins late": ("market_sales.csv", "2024-02-01,month,B2", "2024-02-05,month,B2", "period_start", 4,
                               "first day", "2024-02-05", "first of the month"),
    "campaign that ends first": ("campaigns.csv", "2024-02-18", "2024-02-04", "end", 2, "after", "02-04", "Correct"),
    "absence of nobody": ("absences.csv", "R1,", "R9,", "rep_id", 2, "id of reps", "'R9'", "Correct"),
    "absence that ends first": ("absences.csv", "07-05,2024-07-09", "07-05,2024-07-01", "last", 2, "after first",
                                "07-01", "Correct"),
    "absence without an end": ("absences.csv", "07-05,2024-07-09", "07-05,", "last", 2, "a value", "empty", "Fill"),
    "short row": ("sales.csv", "7,Ours,2.5", "7,Ours", "volume", 3, "4 fields", "3 fields", "Complete"),
    "long row": ("sales.csv", "7,Ours,2.5", "7,Ours,2,5", "after volume", 3, "4 fields", "5 fields", "Quote"),
    "unclosed quote": ("customers.csv", "Yıldız Market", '"Yıldız Market', "name", 3, "quotes", "never", "Close"),
    "stray quote": ("customers.csv", "Yıldız Market", 'Yıldız 5" Market', "name", 3, "quotes", "middle", '""'),
    "latitude out of range": ("customers.csv", "29.02,41.02", "29.02,410.2", "lat", 3, "90]", "410.2", "Correct"),
    "flag": ("customers.csv", None, "customer_id,consent_email\n007,evet\n7,maybe\nNA,\n", "consent_email", 3, "evet",
             "maybe", "empty"),
    "control character": ("customers.csv", "Yıldız", "Yıl\x07dız", "name", 3, "control", "x07", "Remove"),
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_CHANGE)
def test_one_fault_is_named_with_its_place_and_cure(case, bundle, good):
    file, old, new, where, row, expected, found, cure = ONE_CHANGE[case]
    text = new if old is None else good[file].replace(old, new, 1)
    assert text != good[file]
    problems = refusals(bundle({file: text}))
    (problem,) = problems if len(problems) == 1 else [p for p in problems if (p.file, p.where) == (file, where)]
    assert (problem.file, problem.where, problem.row) == (file, where, row)
    assert expected in problem.expected
    assert found in problem.found
    assert cure in problem.cure


def test_absences_are_read_and_what_looks_like_a_slip_is_told(bundle):
    text = "rep_id,first,last,why\nR1,2024-07-05,2024-07-09,leave\nR2,2024-08-01,2034-08-02,\n"
    found = read_bundle(bundle({"absences.csv": text}), today=TODAY)
    away = assemble(found.tables)[0].absences
    assert away.rep_id.tolist() == ["R1", "R2"] and away.why.tolist() == ["leave", ""]
    assert str(away.first[0]) == "2024-07-05" and str(away.last[0]) == "2024-07-09"
    (warning,) = [each for each in found.warnings if each.file == "absences.csv"]
    assert (warning.where, warning.row) == ("last", 3) and "400 days" in warning.expected
    earlier = tables_as_of(found.tables, dt.date(2024, 7, 7))["absences"]
    assert earlier["rep_id"].tolist() == ["R1"] and str(earlier["last"].iloc[0].date()) == "2024-07-09"


def test_absences_without_reps_are_told(bundle):
    text = "rep_id,first,last\nR1,2024-07-05,2024-07-09\n"
    found = read_bundle(bundle({"absences.csv": text, "reps.csv": None, "visits.csv": None}), today=TODAY)
    assert any(each.expected == "the table reps" for each in found.warnings)
    assert len(assemble(found.tables)[0].absences) == 0


def test_a_missing_table_is_named_with_the_file_that_was_probably_meant(bundle, good):
    (problem,) = refusals(bundle({"sales.csv": None, "salse.csv": good["sales.csv"]}))
    assert problem.where == "sales"
    assert "salse" in problem.cure


def test_every_fault_is_reported_at_once_and_equal_ones_are_counted(bundle, good):
    sales = good["sales.csv"].replace("2.5", "-2.5").replace(",4\n", ",-4\n")
    problems = refusals(bundle({"sales.csv": sales, "brands.csv": good["brands.csv"].replace(",us,", ",me,")}))
    assert [(p.file, p.where, p.count) for p in problems] == [("sales.csv", "volume", 2), ("brands.csv", "owner", 1)]


@pytest.mark.parametrize("content", [b"", b"  \n"])
def test_an_empty_file_is_refused(bundle, content):
    (problem,) = refusals(bundle({"sales.csv": content}))
    assert problem.found == "an empty file"


def test_a_required_table_without_rows_is_refused_and_an_optional_one_reported(bundle):
    (problem,) = refusals(bundle({"sales.csv": "date,customer_id,brand,volume\n"}))
    assert (problem.file, problem.where) == ("sales.csv", "rows")
    accepted = read_bundle(bundle({"sales.csv": "date,customer_id,brand,volume\n2024-01-01,7,Ours,1\n",
                                   "campaigns.csv": "brand,start,end\n"}), today=TODAY)  # fmt: skip
    assert any(w.file == "campaigns.csv" and w.where == "rows" for w in accepted.warnings)


def test_windows_bytes_are_refused_with_line_offset_and_the_mapping_key(bundle, good):
    data = good["customers.csv"].encode("cp1254")
    (problem,) = refusals(bundle({"customers.csv": data}))
    assert problem.row == 2
    assert f"offset {data.index('Ç'.encode('cp1254'))}" in problem.found
    assert 'encoding = "cp1254"' in problem.cure


def test_utf16_without_a_mark_and_nul_bytes_are_refused(bundle, good):
    (problem,) = refusals(bundle({"brands.csv": good["brands.csv"].encode("utf-16-le")}))
    assert "UTF-16" in problem.found
    assert 'encoding = "utf-16-le"' in problem.cure
    (problem,) = refusals(bundle({"brands.csv": good["brands.csv"].replace("Rival A", "Ri\x00val")}))
    assert "NUL" in problem.found
    assert problem.row == 3


def test_headers_that_differ_in_case_only_are_refused(bundle, good):
    text = good["brands.csv"].replace("unit_price", "Brand")
    (problem,) = refusals(bundle({"brands.csv": text}))
    assert "'brand' and 'Brand'" in problem.found


def test_two_sources_for_one_table_are_refused(bundle, good):
    import pandas as pd

    folder = bundle()
    pd.DataFrame({"brand": ["Ours"], "owner": ["us"]}).to_parquet(folder / "brands.parquet")
    (problem,) = refusals(folder)
    assert "brands.csv" in problem.found
    assert "brands.parquet" in problem.found


@pytest.mark.parametrize("with_bricks", [True, False])
def test_swapped_coordinates_are_recognised(bundle, good, with_bricks):
    text = "customer_id,lat,lon\n007,29.01,41.01\n7,29.02,41.02\nNA,32.85,39.92\n"
    only = None if with_bricks else ("brands.csv", "sales.csv")
    (problem,) = refusals(bundle({"customers.csv": text}, only=only))
    assert problem.count == 3
    assert "swapped" in problem.cure


def test_a_polygon_that_crosses_itself_is_refused_with_the_place(bundle):
    bow_tie = '{""type"":""Polygon"",""coordinates"":[[[29,41],[30,42],[30,41],[29,42],[29,41]]]}'
    ring = bow_tie.replace("[30,42],[30,41]", "[30,41],[30,42]")
    text = f'brick_id,territory_id,geometry\nB1,T1,"{bow_tie}"\nB2,T2,"{ring}"\n'
    (problem,) = refusals(bundle({"bricks.csv": text}))
    assert problem.row == 2
    assert "29.5 41.5" in problem.found


def test_physical_lines_count_blank_lines_and_quoted_line_ends(bundle, good):
    text = good["sales.csv"].replace("2024-01-17", "\n\n2024-01-17").replace(",4\n", ",x\n")
    (problem,) = refusals(bundle({"sales.csv": text}))
    assert problem.row == 6
    text = good["customers.csv"].replace("Yıldız Market", '"Yıldız\nMarket"').replace("lapsed", "gone")
    (problem,) = refusals(bundle({"customers.csv": text, "sales.csv": good["sales.csv"]}))
    assert problem.row == 5


def test_one_id_for_two_different_outlets_of_both_lists_is_refused(bundle, good):
    text = good["prospects.csv"].replace("P2,Gül Eczanesi", "7,Kardelen Otel")
    problems = refusals(bundle({"prospects.csv": text}))
    assert [p.where for p in problems] == ["prospect_id"]


def test_facts_are_reported_and_accepted(bundle, good):
    sales = good["sales.csv"].replace("2024-02-06,NA,Ours,4\n", "2024-01-08,007,Ours,3\n")
    reps = good["reps.csv"].replace("R2,Ali,T2,30\n", "")
    customers = good["customers.csv"].replace("29.02,41.02", ",")
    visits = good["visits.csv"].replace("01,R1", "01,R9")
    changes = {"sales.csv": sales, "reps.csv": reps, "customers.csv": customers, "visits.csv": visits}
    told = [(w.file, w.where) for w in read_bundle(bundle(changes), today=TODAY).warnings]
    assert ("bricks.csv", "territory_id") in told
    assert ("sales.csv", "date") in told
    assert ("sales.csv", "all columns") in told
    assert ("customers.csv", "lon, lat") in told
    assert ("customers.csv", "customer_id") in told
    assert ("visits.csv", "rep_id") in told
