"""Routes for navigators, day sheets on paper, and tables for customer systems."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from plan_worlds import Size, planned

from twin.errors import TwinError
from twin.scenario.scenario import Journey, Scenario, Step
from twin.workspace.plan_crm import CrmForm, read_form
from twin.workspace.plan_files import write_plan

SCENARIO = Scenario("x", journeys=(Journey((Step("visit"), Step("phone", 3, "no_order"))),))
GPX = "{http://www.topografix.com/GPX/1/1}"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    plan, *_ = planned(Size(customers=120, visits_per_week=10), SCENARIO)
    return pd.DataFrame(plan.columns())


def rows_of(path, separator=",", encoding="utf-8"):
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=separator))


def test_every_visit_with_a_place_is_a_point_of_a_route(frame, tmp_path):
    paths = write_plan(frame, tmp_path, ["gpx"])
    visits = frame[(frame["kind"] == "visit") & frame["lon"].notna()]
    assert len(paths) == frame["rep_id"].nunique()
    points = [point for path in paths for point in ElementTree.parse(path).iter(f"{GPX}rtept")]
    seen = sorted((float(point.get("lon")), float(point.get("lat"))) for point in points)
    assert seen == sorted((round(lon, 6), round(lat, 6)) for lon, lat in zip(visits["lon"], visits["lat"]))
    routes = [route for path in paths for route in ElementTree.parse(path).iter(f"{GPX}rte")]
    assert len(routes) == frame[frame["kind"] == "visit"].groupby(["rep_id", "date"]).ngroups
    names = {point.find(f"{GPX}name").text for point in points}
    assert names == set(visits["customer_name"])


def test_stops_of_a_route_are_in_the_order_of_the_day(frame, tmp_path):
    first = ElementTree.parse(write_plan(frame, tmp_path, ["gpx"])[0]).getroot()
    for route in first.iter(f"{GPX}rte"):
        times = [point.find(f"{GPX}desc").text for point in route.iter(f"{GPX}rtept")]
        assert times == sorted(times)


@pytest.mark.parametrize("locale", ["", "tr"])
def test_a_page_a_day_with_letters_of_its_own(frame, tmp_path, locale):
    paths = write_plan(frame, tmp_path, ["pdf"], locale=locale)
    assert len(paths) == frame["rep_id"].nunique()
    for path, (_, mine) in zip(paths, frame.groupby("rep_id", sort=True)):
        data = path.read_bytes()
        assert data.startswith(b"%PDF-") and b"/FontFile2" in data
        assert len(re.findall(rb"/Type /Page\b", data)) >= mine["date"].nunique()


def test_the_same_plan_gives_the_same_paper(frame, tmp_path):
    first, second = (write_plan(frame, tmp_path / name, ["gpx", "pdf", "crm"]) for name in "ab")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_customer_system_gets_the_columns_that_it_wants(frame, tmp_path):
    form_file = tmp_path / "form.toml"
    form_file.write_text(
        'kinds = ["visit"]\n[columns]\n"AccountId" = "customer_id"\n"StartDateTime" = "start"\n"Kanal" = "channel"\n'
        '"Gain" = "expected_gain"\n[constants]\nStatus = "Planned"\n[rename.channel]\nvisit = "F2F"\n'
        '[format]\nseparator = ";"\ndecimal = ","\ntime = "%d.%m.%Y %H:%M"\nbom = true\n',
        encoding="utf-8",
    )
    (path,) = write_plan(frame, tmp_path / "out", ["crm"], crm=read_form(form_file))
    visits = frame[frame["kind"] == "visit"]
    listed = rows_of(path, ";", "utf-8-sig")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert list(listed[0]) == ["AccountId", "StartDateTime", "Kanal", "Gain", "Status"]
    assert [row["AccountId"] for row in listed] == visits["customer_id"].tolist()
    assert [row["StartDateTime"] for row in listed] == [f"{start:%d.%m.%Y %H:%M}" for start in visits["start"]]
    assert {row["Kanal"] for row in listed} == {"F2F"} and {row["Status"] for row in listed} == {"Planned"}
    gains = [float(row["Gain"].replace(",", ".")) for row in listed]
    assert gains == pytest.approx(visits["expected_gain"].tolist(), rel=1e-5)


def test_without_a_form_plain_names_are_used_and_turkish_ones_are_read_in_turkey(frame, tmp_path):
    (plain,) = write_plan(frame, tmp_path / "a", ["crm"])
    (turkish,) = write_plan(frame, tmp_path / "b", ["crm"], locale="tr")
    assert len(rows_of(plain)) == len(rows_of(turkish, ";", "utf-8-sig")) == len(frame)
    assert {row["Account"] for row in rows_of(plain)} == set(frame["customer_id"])


def test_what_a_spreadsheet_would_run_is_quoted_and_numbers_are_not(frame, tmp_path):
    evil = frame.copy()
    evil.loc[0, "customer_name"] = "=HYPERLINK(1)"
    evil.loc[evil["kind"] == "visit", "expected_gain"] = -1.5
    row = rows_of(write_plan(evil, tmp_path, ["crm"])[0])[0]
    assert row["Account name"] == "'=HYPERLINK(1)"
    assert row["Priority"] in ("-1.5", "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[columnz]\n", ("columnz", "columns")),
        ("[format]\nseparator = '%'\n", ("separator", "semicolon")),
        ("[format]\ndecimal = ','\n", ("decimal",)),
        ("[format]\ncolour = 'red'\n", ("format.colour",)),
        ("kinds = ['call']\n", ("kinds", "call")),
        ("[columns]\na = 1\n", ("columns", "quotes")),
        ("[columns\n", ("TOML",)),
    ],
)
def test_a_faulty_form_is_refused_with_place_and_cure(tmp_path, text, words):
    path = tmp_path / "form.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TwinError) as error:
        read_form(path)
    assert all(word in str(error.value) for word in (path.name, *words))


def test_a_column_that_no_plan_has_is_named(frame, tmp_path):
    with pytest.raises(TwinError, match="custmer_id"):
        write_plan(frame, tmp_path, ["crm"], crm=CrmForm(columns={"A": "custmer_id"}))
    assert not list(tmp_path.iterdir())


def test_the_form_of_the_docs_can_be_read_and_its_list_of_columns_is_whole(frame, tmp_path):
    page = (Path(__file__).parents[3] / "docs" / "plan-files.md").read_text(encoding="utf-8")
    form = tmp_path / "form.toml"
    form.write_text(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1], encoding="utf-8")
    (path,) = write_plan(frame, tmp_path / "out", ["crm"], crm=read_form(form))
    assert rows_of(path, ";", "utf-8-sig")[0]["Status"] == "Planned"
    listed = re.search(r"Columns of a plan: (.*?)\. ", page, re.DOTALL)[1]
    assert re.findall(r"`(\w+)`", listed) == list(frame.columns)
