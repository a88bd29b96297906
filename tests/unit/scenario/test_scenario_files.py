"""Scenario files: what cannot be read is said at the rim, with the line."""

import datetime as dt

import pytest

from twin.errors import ScenarioError
from twin.scenario.files import load, loads, to_toml
from twin.scenario.scenario import ChannelPolicy, Journey, Scenario, Step


def fault(path):
    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def written(tmp_path, content, name="plan.toml"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_file_is_read_with_and_without_a_byte_order_mark(tmp_path):
    for start in (b"", b"\xef\xbb\xbf"):
        assert load(written(tmp_path, start + 'name = "Iğdır\'da şölen"\r\n'.encode())).name == "Iğdır'da şölen"


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    assert "no such file" in fault(tmp_path / "absent.toml").found
    assert fault(tmp_path).where == "(the file)"
    assert fault(tmp_path / "a\0b").where == "(the file)"


def test_bad_toml_is_named_with_its_line(tmp_path):
    problem = fault(written(tmp_path, 'name = "x"\n\n[targeting\n'))
    assert (problem.file, problem.row) == ("plan.toml", 3)


def test_another_encoding_is_named_with_its_line(tmp_path):
    problem = fault(written(tmp_path, b'name = "x"\nnote = "' + "Iğdır".encode("cp1254") + b'"\n'))
    assert (problem.row, problem.expected) == (2, "text in UTF-8")


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "a = " + "1" * 5000, "a = 2026-02-30", 'a = "\\ud800"', 'name = "x"\nname = "y"', "\x00"],
)
def test_odd_toml_is_an_answer_and_never_a_crash(tmp_path, text):
    assert fault(written(tmp_path, text)).expected == "TOML"


def test_a_file_of_many_megabytes_is_not_read(tmp_path):
    assert "bytes" in fault(written(tmp_path, b"#" * 1_000_001)).expected


def test_an_alignment_file_is_looked_for_beside_the_scenario(tmp_path):
    path = written(tmp_path, 'name = "x"\n[field_force]\nalignment = "bölge.csv"')
    problem = fault(path)
    assert problem.where == "field_force.alignment"
    assert str(tmp_path) in problem.cure
    written(tmp_path, "brick_id,territory_id\n", "bölge.csv")
    assert load(path).field_force.alignment == str(tmp_path / "bölge.csv")


def test_a_misspelt_alignment_is_no_file(tmp_path):
    problem = fault(written(tmp_path, 'name = "x"\n[field_force]\nalignment = "ballanced"'))
    assert "'balanced'" in problem.cure


def test_a_written_scenario_reads_like_one_of_the_contract():
    scenario = Scenario(
        name='say "no"',
        note="first\nsecond\t\\",
        channels=ChannelPolicy("omnichannel", {"e mail": 1.5}),
        journeys=(Journey((Step("visit"), Step("email", 4, "no_order", 2))),),
    )
    assert to_toml(scenario).splitlines() == [
        'name = "say \\"no\\""',
        'note = """',
        "first",
        'second\t\\\\"""',
        "",
        "[channels]",
        'mode = "omnichannel"',
        "",
        "[channels.factor]",
        '"e mail" = 1.5',
        "",
        "[[journey]]",
        "steps = [",
        '  {channel = "visit"},',
        '  {channel = "email", after_days = 4, when = "no_order", times = 2},',
        "]",
    ]
    assert loads(to_toml(scenario)) == scenario


def test_dates_are_written_as_toml_dates():
    scenario = loads('name="x"\n[[promotion]]\nbrand="Ours"\nfrom="2026-09-07"\nweeks=1')
    assert "from = 2026-09-07" in to_toml(scenario)
    assert scenario.promotions[0].start == dt.date(2026, 9, 7)
