"""A plan's files hold every visit, open everywhere, and are there together or not at all."""

from __future__ import annotations

import csv
import datetime as dt
import json

import icalendar
import openpyxl
import pandas as pd
import pytest
from plan_worlds import Size, planned
from python_calamine import CalamineWorkbook

from twin.errors import TwinError
from twin.scenario.scenario import Journey, Scenario, Step
from twin.workspace import plan_files
from twin.workspace.plan_files import FORMATS, write_plan

SCENARIO = Scenario("x", journeys=(Journey((Step("visit"), Step("phone", 3, "no_order"))),))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    plan, *_ = planned(Size(customers=120, visits_per_week=10), SCENARIO)
    return pd.DataFrame(plan.columns())


def _events(path):
    return icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT")


def test_all_formats_are_written_and_nothing_else_is_left(frame, tmp_path):
    paths = write_plan(frame, tmp_path / "new" / "plan", FORMATS)
    reps = {form: [f"plan-R{k}.{form}" for k in range(1, 5)] for form in ("ics", "gpx", "pdf")}
    expected = ["plan.csv", "plan.xlsx", *reps["ics"], "plan.geojson", *reps["gpx"], *reps["pdf"], "plan-crm.csv"]
    assert [path.name for path in paths] == expected
    assert sorted(path.name for path in (tmp_path / "new" / "plan").iterdir()) == sorted(path.name for path in paths)


def test_the_same_plan_gives_the_same_bytes(frame, tmp_path):
    first, second = (write_plan(frame, tmp_path / name, FORMATS, locale="tr") for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    shuffled = write_plan(frame.sample(frac=1.0, random_state=1), tmp_path / "c", FORMATS, locale="tr")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in shuffled]


def test_the_table_holds_every_row(frame, tmp_path):
    (path,) = write_plan(frame, tmp_path, ["csv"], locale="tr")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["visit_id"] for row in rows] == frame["visit_id"].tolist()
    assert rows[0]["customer_name"].startswith("Işık") and "," in rows[0]["expected_gain"]
    assert rows[0]["start"] == frame["start"][0].isoformat()


def test_the_workbook_has_a_sheet_a_rep_with_real_dates_and_numbers(frame, tmp_path):
    (path,) = write_plan(frame, tmp_path, ["xlsx"])
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["Overview", "R1", "R2", "R3", "R4"]
    head, *rows = book.get_sheet_by_name("R1").to_python()
    mine = frame[frame["rep_id"] == "R1"]
    column = {name: [row[k] for row in rows] for k, name in enumerate(head)}
    assert column["visit_id"] == mine["visit_id"].tolist()
    assert column["date"] == [day.date() for day in mine["date"]]
    assert [moment.replace(tzinfo=None) for moment in column["start"]] == mine["start"].dt.to_pydatetime().tolist()
    assert column["travel_min"] == mine["travel_min"].tolist() and column["known"] == mine["known"].tolist()
    placed = mine["lat"].notna().to_numpy()
    assert [v for v, there in zip(column["lat"], placed, strict=True) if there] == mine["lat"][placed].tolist()
    head, *rows = book.get_sheet_by_name("Overview").to_python()
    assert sum(row[head.index("Visits")] for row in rows) == (frame["kind"] == "visit").sum()
    assert sum(row[head.index("Tasks")] for row in rows) == (frame["kind"] == "task").sum()


def test_a_reps_sheet_is_ready_to_be_printed(frame, tmp_path):
    turkish = frame.assign(rep_name="Ayşe & Çağrı", customer_name="=1+1")
    (path,) = write_plan(turkish, tmp_path, ["xlsx"], locale="tr")
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape" and int(sheet.page_setup.paperSize) == 9
        assert sheet.print_title_rows == "$1:$1" and sheet.freeze_panes == "A2"
    sheet = book["R1"]
    head = [cell.value for cell in sheet[1]]
    assert head[:8] == ["Gün", "#", "Saat", "Müşteri", "Kanal", "Yol", "Neden", "Yıllık beklenen kazanç, birim"]
    assert sheet.print_area.endswith(f"$A$1:$H${sheet.max_row}")  # what programs read is folded beside it
    assert sheet.column_dimensions["J"].hidden and sheet.column_dimensions["J"].outlineLevel == 1
    letters = sum(sheet.column_dimensions[name].width for name in "ABCDEFGH")
    assert 7 * letters * 0.95 / 96 < 297 / 25.4 - 0.8  # A4 on its side: 7 dots a letter, 96 to the inch
    mine = frame[frame["rep_id"] == "R1"].reset_index(drop=True)
    assert sheet.max_row == len(mine) + 1
    days = [cell.value for cell in sheet["A"][1:] if cell.value]
    assert days[0].split()[0] in ("Pazartesi", "Salı") and len(days) == mine["date"].nunique()
    assert sheet["D2"].value == f"=1+1 ({mine['customer_id'][0]})" and sheet["D2"].data_type == "s"
    assert "Ayşe && Çağrı (R1)" in sheet.oddHeader.left.text and sheet.oddFooter.right.text == "&P / &N"
    assert len(sheet.row_breaks.brk) == mine["date"].dt.to_period("W").nunique() - 1


def test_calendars_take_back_what_is_cancelled(frame, tmp_path):
    gone = frame[frame["rep_id"] == "R1"].head(2).assign(revision=3)
    rest = frame[frame["rep_id"] != "R1"].assign(revision=1)
    paths = {path.name: path for path in write_plan(rest, tmp_path, ["ics"], locale="tr", cancelled=gone)}
    assert set(paths) == {f"plan-R{k}.ics" for k in range(1, 5)}  # nothing but cancelled visits is left of R1
    events = _events(paths["plan-R1.ics"])
    assert {str(event["status"]) for event in events} == {"CANCELLED"}
    assert {str(event["uid"]).split("@")[0] for event in events} == set(gone["visit_id"])
    assert {int(event["sequence"]) for event in events} == {3}
    assert all(str(event["summary"]).startswith("İptal: ") and "description" not in event for event in events)
    assert {str(event["status"]) for event in _events(paths["plan-R2.ics"])} == {"CONFIRMED"}


def test_calendars_are_read_back_at_the_right_instants(frame, tmp_path):
    paths = write_plan(frame, tmp_path, ["ics"])
    text = paths[0].read_bytes()
    assert b"BEGIN:VTIMEZONE" in text and b"TZID:Europe/Istanbul" in text and b"METHOD:PUBLISH" in text
    assert text.count(b"\n") == text.count(b"\r\n") and max(map(len, text.split(b"\r\n"))) <= 75
    mine = frame[frame["rep_id"] == "R1"].reset_index(drop=True)
    events = {str(event["uid"]).split("@")[0]: event for event in _events(paths[0])}
    assert events.keys() == set(mine["visit_id"]) and not any(event.errors for event in events.values())
    for row in mine.to_dict("records"):
        event = events[row["visit_id"]]
        # Istanbul is three hours ahead of UTC all year
        assert event["dtstart"].dt.astimezone(dt.UTC).replace(tzinfo=None) == row["start"] - pd.Timedelta(hours=3)
        assert event["dtend"].dt - event["dtstart"].dt == row["end"] - row["start"]
        assert "Işık" in event["summary"] and row["reason"] in event["description"]


def test_a_visit_keeps_its_uid_when_the_plan_is_made_again(tmp_path):
    uids = []
    for consent in (0.9, 0.88):
        plan, *_ = planned(Size(customers=120, visits_per_week=10, consent=consent))
        paths = write_plan(pd.DataFrame(plan.columns()), tmp_path, ["ics"])
        uids.append({str(event["uid"]) for path in paths for event in _events(path)})
    assert len(uids[0] & uids[1]) > 0.5 * len(uids[0])


def test_a_visit_that_was_changed_has_a_higher_sequence(frame, tmp_path):
    first, again = (write_plan(frame.assign(revision=k), tmp_path, ["ics"])[0] for k in (0, 2))
    assert {int(event["SEQUENCE"]) for event in _events(again)} == {2} and first == again
    (unknown, *_) = write_plan(frame, tmp_path, ["ics"])
    assert {int(event["SEQUENCE"]) for event in _events(unknown)} == {0}


def test_the_map_has_a_point_a_visit_and_a_line_a_day(frame, tmp_path):
    (path,) = write_plan(frame, tmp_path, ["geojson"])
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    visits = frame[frame["kind"] == "visit"]
    points = [f for f in features if f["properties"]["kind"] == "visit"]
    lines = [f for f in features if f["properties"]["kind"] == "tour"]
    assert [f["id"] for f in points] == visits["visit_id"].tolist()
    assert sum(f["geometry"] is None for f in points) == visits["lon"].isna().sum()
    corners = visits.dropna(subset="lon").groupby(["rep_id", "date"]).size()
    assert len(lines) == (corners > 1).sum()
    lon, lat = lines[0]["geometry"]["coordinates"][0]
    assert 28 < lon < 32 and 39 < lat < 41


def test_an_unknown_format_names_the_nearest_and_writes_nothing(frame, tmp_path):
    with pytest.raises(TwinError, match="'xlsx'"):
        write_plan(frame, tmp_path / "plan", ["csv", "xls"])
    assert not (tmp_path / "plan").exists()


def test_other_wrong_requests_are_told(frame, tmp_path):
    with pytest.raises(TwinError, match="Europe/Istanbul"):
        write_plan(frame, tmp_path, ["ics"], timezone="Mars/Base")
    with pytest.raises(TwinError, match="column visit_id"):
        write_plan(pd.DataFrame({"a": [1]}), tmp_path, ["csv"])
    (tmp_path / "file").write_text("")
    with pytest.raises(TwinError, match="Name another place"):
        write_plan(frame, tmp_path / "file", ["csv"])


def test_a_failure_in_the_last_format_leaves_the_old_files_as_they_were(frame, tmp_path, monkeypatch):
    write_plan(frame, tmp_path, ["csv"])
    before = (tmp_path / "plan.csv").read_bytes()

    def fails(*_):
        raise KeyboardInterrupt

    monkeypatch.setitem(plan_files._WRITERS, "geojson", fails)
    with pytest.raises(KeyboardInterrupt):
        write_plan(frame.iloc[:5], tmp_path, ["csv", "geojson"])
    assert (tmp_path / "plan.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["plan.csv"]


def test_an_empty_plan_has_a_table_with_a_head_and_no_calendar(tmp_path):
    plan, *_ = planned(Size(customers=0))
    paths = write_plan(pd.DataFrame(plan.columns()), tmp_path, FORMATS)
    assert [path.name for path in paths] == ["plan.csv", "plan.xlsx", "plan.geojson", "plan-crm.csv"]
    assert (
        paths[0].read_text().startswith("visit_id,kind,rep_id") and json.loads(paths[2].read_text())["features"] == []
    )


def test_strange_ids_and_names_harm_no_file(frame, tmp_path):
    ids = {"R1": "../a/b", "R2": "..\\A/B", "R3": "x" * 60 + "1", "R4": "x" * 60 + "2"}
    odd = frame.assign(rep_id=frame["rep_id"].map(ids), customer_name="=1+1")
    paths = write_plan(odd, tmp_path / "plan", FORMATS)
    assert all(path.parent == tmp_path / "plan" for path in paths) and len(set(paths)) == 4 + 3 * 4
    assert len(CalamineWorkbook.from_path(paths[1]).sheet_names) == 5
    assert "'=1+1" in paths[0].read_text()
    calendars = [path for path in paths if path.suffix == ".ics"]
    assert sum(len(_events(path)) for path in calendars) == len(frame)


def test_without_a_time_zone_times_float(frame, tmp_path):
    (path, *_) = write_plan(frame, tmp_path, ["ics"], timezone="")
    text = path.read_text(encoding="utf-8")
    assert "TZID" not in text and "VTIMEZONE" not in text
    starts = [line for line in text.splitlines() if line.startswith("DTSTART")]
    assert starts and all(line.startswith("DTSTART:") and not line.endswith("Z") for line in starts)
