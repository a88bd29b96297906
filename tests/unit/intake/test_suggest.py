"""A suggestion names the right columns of look-alike exports, and never maps the wrong one as if it were sure."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import pytest
from exports_alike import customers, visits
from exports_alike_more import ALIKES, Alike, days_of

from twin.errors import InputError
from twin.intake.ingest import read_bundle
from twin.intake.mapping import load_mapping, parse_mapping
from twin.tasks.data.suggest import run_suggest

READY = Path(__file__).parents[3] / "data" / "mappings"
TODAY = dt.date(2024, 8, 1)
RIGHT_FIRST = 0.90


@pytest.fixture(scope="module")
def folders(tmp_path_factory) -> dict[str, Path]:
    written = {}
    for alike in ALIKES:
        written[alike.name] = tmp_path_factory.mktemp("export")
        alike.write(written[alike.name])
    return written


@pytest.fixture(scope="module")
def suggested(folders) -> dict[str, dict]:
    return {name: run_suggest(folder) for name, folder in folders.items()}


def test_nine_columns_in_ten_are_right_first_and_none_is_wrong_unasked(suggested):
    asked = right = 0
    for alike in ALIKES:
        found = {(row["table"], row["column"]): row for row in suggested[alike.name]["columns"]}
        for place, name in alike.truth.items():
            asked += 1
            right += place in found and found[place]["candidate"] == name
        wrong = [(alike.name, place, row["candidate"]) for place, row in found.items()
                 if row["accepted"] and alike.truth.get(place) != row["candidate"]]  # fmt: skip
        assert not wrong
    assert right >= RIGHT_FIRST * asked


@pytest.mark.parametrize("name", ["salesforce", "veeva", "dynamics", "hubspot", "sap"])
def test_the_system_is_recognised(name, suggested):
    assert suggested[name]["export"] == name


def reads_as_the_truth(alike: Alike, folder: Path, mapping) -> None:
    tables = read_bundle(folder, mapping, today=TODAY).tables
    assert sorted(tables["customers"]["customer_id"]) == sorted(alike.customer_id(c.number) for c in customers())
    named = dict(zip(tables["customers"]["customer_id"], tables["customers"]["name"], strict=True))
    assert all(named[alike.customer_id(c.number)] == c.name for c in customers())
    sold = tables["sales"].assign(date=tables["sales"]["date"].dt.date)
    read = sold.groupby(["customer_id", "date", "brand"])["volume"].sum().to_dict()
    assert read == pytest.approx(days_of(alike))
    if "visits" in alike.tables:
        made = tables["visits"]
        assert len(made) == len(visits())
        assert sorted(made["channel"]) == sorted(channel for *_, channel in visits())
        assert {moment.replace(second=0) for moment in made["date"].dt.to_pydatetime()} == {row[0] for row in visits()}


@pytest.mark.parametrize("alike", ALIKES, ids=lambda alike: alike.name)
def test_the_draft_reads_the_export_as_it_stands(alike, folders, suggested):
    reads_as_the_truth(alike, folders[alike.name], parse_mapping(suggested[alike.name]["toml"], "draft"))


@pytest.mark.parametrize("alike", [alike for alike in ALIKES if alike.mapping], ids=lambda alike: alike.name)
def test_the_ready_mapping_reads_the_export(alike, folders):
    reads_as_the_truth(alike, folders[alike.name], load_mapping(READY / f"{alike.mapping}.toml"))


def test_every_ready_mapping_is_tried():
    assert {path.stem for path in READY.glob("*.toml")} == {alike.mapping for alike in ALIKES if alike.mapping}


def test_below_the_mark_a_line_is_a_comment_with_its_candidates(folders, suggested):
    text = suggested["sap"]["toml"]
    assert '# known_since = "ERDAT"  # 0.60' in text
    assert parse_mapping(text, "draft").of("customers").columns.keys() == {"customer_id", "name", "territory_id"}


def test_two_columns_that_fit_alike_are_both_named_and_neither_is_taken(tmp_path):
    rows = "".join(f"{n},{n + 500},Ad {n}\n" for n in range(30))
    (tmp_path / "customers.csv").write_text("customer_id,musteri_kodu,name\n" + rows, encoding="utf-8")
    found = run_suggest(tmp_path)
    (row,) = [row for row in found["columns"] if row["column"] == "customer_id"]
    assert not row["accepted"]
    assert row["others"]


def test_a_date_that_reads_in_two_ways_is_asked_for(tmp_path):
    (tmp_path / "sales.csv").write_text("date,customer_id,brand,volume\n01/02/2024,A,Ours,1\n03/04/2024,B,Ours,2\n")
    text = run_suggest(tmp_path)["toml"]
    assert "# date_format = ..." in text
    assert "mm/dd/yyyy" in text


def test_the_draft_is_written_where_it_is_wished_and_nothing_else(tmp_path, folders):
    out = tmp_path / "deep" / "draft.toml"
    found = run_suggest(folders["sap"], out)
    assert out.read_text(encoding="utf-8") == found["toml"]
    assert [path.name for path in out.parent.iterdir()] == ["draft.toml"]


@pytest.mark.parametrize("what", ["nothing", "an empty folder", "a folder of other things"])
def test_a_folder_without_tables_is_refused(what, tmp_path):
    folder = tmp_path / "export"
    if what != "nothing":
        folder.mkdir()
    if what == "a folder of other things":
        (folder / "photo.jpg").write_bytes(b"x")
    with pytest.raises(InputError):
        run_suggest(folder)


def test_an_archive_that_is_no_workbook_is_told_and_the_rest_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "orders.xlsx", "w") as archive:
        archive.writestr("anything", "x")
    (tmp_path / "customers.csv").write_text("customer_id,name\nK1,Bir\nK2,İki\n", encoding="utf-8")
    found = run_suggest(tmp_path)
    assert [problem["file"] for problem in found["problems"]] == ["orders.xlsx"]
    assert [row["table"] for row in found["tables"]] == ["customers"]


def test_names_with_quotes_and_line_ends_make_a_sound_draft(tmp_path):
    (tmp_path / 'cust"omers [1].csv').write_text(
        'customer_id,"na""me","a\tb # c"\n1,"x\ny = 1",2\n2,"]]",3\n3,"""",4\n', encoding="utf-8"
    )
    parse_mapping(run_suggest(tmp_path)["toml"], "draft")
