"""Facts and customer columns of a world, and alignment files held against it."""

import datetime as dt

import numpy as np
import pytest

from twin.errors import ScenarioError
from twin.market.channels import STANDARD
from twin.market.population import Population
from twin.market.world import Brands, Bricks, Reps, World
from twin.scenario.alignment import read_alignment, territories_after
from twin.scenario.check import check_against
from twin.scenario.facts import customer_columns, facts_of
from twin.scenario.files import loads
from twin.scenario.where import customers
from twin.weeks import FAR_PAST, NEVER, week_of_date

ORIGIN = week_of_date(dt.date(2026, 1, 5))


def a_world():
    people = Population(
        ids=np.array(["c1", "c2", "p1"]),
        entity=np.arange(3, dtype=np.uint64),
        names=np.array(["Işık", "Çiçek", "Öz"], dtype=object),
        known=np.array([True, True, False]),
        known_since=np.array([FAR_PAST, FAR_PAST, NEVER], dtype=np.int32),
        left=np.array([NEVER, ORIGIN - 5, NEVER], dtype=np.int32),
        brick=np.array([0, 1, -1], dtype=np.int32),
        territory=np.array([0, 1, 1], dtype=np.int32),
        lon=np.array([29.0, 30.0, np.nan]),
        lat=np.array([41.0, 40.0, np.nan]),
        consent=np.ones((len(STANDARD), 3), dtype=bool),
        prefers=np.array([1, -1, -1], dtype=np.int8),
        available_from=np.full(3, np.nan),
        available_to=np.full(3, np.nan),
        attributes={"size_class": np.array([1.0, 2.0, np.nan])},
    )
    bricks = Bricks(np.array(["b1", "b2"]), np.array([0, 1], dtype=np.int32), np.zeros(2), np.zeros(2))
    reps = Reps(
        ids=np.array(["r1", "r2", "r3"]),
        names=np.array(["a", "b", "c"], dtype=object),
        territory=np.array([0, 0, 1], dtype=np.int32),
        home_lon=np.zeros(3),
        home_lat=np.zeros(3),
        visits_per_week=np.full(3, 40.0),
        start=np.array([FAR_PAST, FAR_PAST, FAR_PAST], dtype=np.int32),
        end=np.array([NEVER, ORIGIN, NEVER], dtype=np.int32),
    )
    brands = Brands(np.array(["Ours", "Rival A"]), np.array(["us", "A"]), np.array([2.0, np.nan]))
    return World(people, bricks, np.array(["T1", "T2"]), reps, brands, STANDARD, ORIGIN)


def test_columns_carry_the_words_that_a_person_uses():
    columns = customer_columns(a_world(), {"segment": np.array(["loyal", "lost", None], dtype=object)})
    assert columns["status"].tolist() == ["active", "lapsed", "prospect"]
    assert columns["brick_id"].tolist() == ["b1", "b2", None]
    assert columns["prefers_channel"].tolist() == ["phone", None, None]
    where = "known and territory = 'T2' and consent_email and not segment = 'loyal' and size_class > 1"
    assert customers(where, columns, 3).tolist() == [False, True, False]


def test_facts_count_reps_in_service_and_tell_kinds():
    facts = facts_of(a_world(), {"segment": np.array(["loyal", "lost", None], dtype=object)})
    assert facts.reps_by_territory == {"T1": 1, "T2": 1}
    assert (facts.own_brands, facts.rival_brands) == (("Ours",), ("Rival A",))
    assert facts.origin == dt.date(2026, 1, 5)
    assert facts.segments == {"segment": ("lost", "loyal")}
    kinds = {name: facts.kinds[name] for name in ("size_class", "known", "status", "segment", "consent_sms")}
    expected = {
        "size_class": "number",
        "known": "flag",
        "status": "category",
        "segment": "category",
        "consent_sms": "flag",
    }
    assert kinds == expected
    assert facts.has_reps
    assert facts.has_prices
    assert facts.has_places
    assert facts.has_unknown


def test_a_scenario_is_checked_against_a_world():
    text = 'name = "x"\n[[targeting.frequency]]\nwhere = "size_class > 5"\nvisits_per_month = 1'
    findings = check_against(loads(text), facts_of(a_world()))
    assert [problem.where for problem in findings.warnings] == ["targeting.frequency[1].where"]


def a_file(tmp_path, content):
    path = tmp_path / "bölge.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def faulty_rows(tmp_path, content):
    with pytest.raises(ScenarioError) as caught:
        read_alignment(a_file(tmp_path, content))
    return [(problem.row, problem.where) for problem in caught.value.problems]


def test_customers_who_are_listed_move_and_others_stay(tmp_path):
    alignment = read_alignment(a_file(tmp_path, "\ufeffcustomer_id;territory_id\r\nc1;T2\r\n\r\nnobody;T1\r\n"))
    assert territories_after(alignment, a_world()).tolist() == [1, 1, 1]


def test_a_brick_takes_its_customers_along(tmp_path):
    alignment = read_alignment(a_file(tmp_path, "name,brick_id,territory_id\nx,b2,T1\ny,b1,T1\n"))
    assert territories_after(alignment, a_world()).tolist() == [0, 0, 1]


def test_an_alignment_file_is_read_in_windows_turkish(tmp_path):
    alignment = read_alignment(a_file(tmp_path, "brick_id\tterritory_id\nŞişli\tIğdır\n".encode("cp1254")))
    assert alignment.territory_of == {"Şişli": "Iğdır"}


def test_faulty_lines_of_an_alignment_file_are_named_together(tmp_path):
    content = "customer_id,territory_id\nc1,T1\nc2,\n,T1\nc1,T2\nc1,T1\n"
    assert faulty_rows(tmp_path, content) == [(3, "territory_id"), (4, "customer_id"), (5, "territory_id")]
    assert faulty_rows(tmp_path, "id,territory\nc1,T1\n") == [(1, "columns")]
    assert faulty_rows(tmp_path, "") == [(1, "columns")]
    with pytest.raises(ScenarioError):
        read_alignment(tmp_path / "absent.csv")


def test_an_unknown_territory_of_an_alignment_file_is_named_with_its_line(tmp_path):
    alignment = read_alignment(a_file(tmp_path, "customer_id,territory_id\nc1,T1\nc2,T22\n"))
    with pytest.raises(ScenarioError) as caught:
        territories_after(alignment, a_world())
    assert (caught.value.problems[0].row, caught.value.problems[0].cure) == (3, "Did you mean 'T2'?")
