"""Measurements are joined, judged and merged without one run undoing another's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import measuring
import pytest
import validate

HERE = Path(__file__).parent


def _measure(number: str, *passed: bool | None) -> object:
    parts = [measuring.part(f"figure {place}", 1.0, ">= 0", one) for place, one in enumerate(passed)]
    return measuring.Measure(number, f"measurement {number}", "made up", lambda n: parts)


def test_every_measurement_is_in_the_list_once_or_in_parts() -> None:
    assert sorted(measuring.registry()) == list(range(1, 24))


@pytest.mark.parametrize(
    ("passed", "whole"), [((True, True), True), ((True, None), None), ((None, False), False), ((), None)]
)
def test_a_measurement_passes_only_when_all_of_its_parts_do(
    passed: tuple[bool | None, ...], whole: bool | None
) -> None:
    assert measuring.entry([_measure("1", *passed)], 6)["pass"] is whole


def test_parts_of_two_files_are_judged_together() -> None:
    row = measuring.entry([_measure("6", True), _measure("6", False)], 6)
    assert row["pass"] is False
    assert len(row["parts"]) == 2


def test_fewer_worlds_than_the_threshold_was_set_for_pass_nothing_and_may_fail() -> None:
    good, bad = (
        measuring.Measure("1", "one", "made up", _measure("1", passed).run, worlds=20) for passed in (True, False)
    )
    assert measuring.entry([good], None)["pass"] is True
    assert measuring.entry([good], 19)["pass"] is None
    assert "19 of 20" in measuring.entry([good], 19)["reason"]
    assert measuring.entry([bad], 19)["pass"] is False


def test_a_figure_that_is_only_shown_decides_nothing() -> None:
    parts = [measuring.part("judged", 1.0, ">= 0", True), measuring.shown("beside it", 2.0)]
    row = measuring.entry([measuring.Measure("1", "one", "real", lambda n: parts)], None)
    assert row["pass"] is True
    assert row["value"]["beside it"] == 2.0


def test_what_breaks_has_failed() -> None:
    def broken(n: int) -> list[dict]:
        raise ZeroDivisionError("no worlds")

    row = measuring.entry([measuring.Measure("2", "two", "made up", broken)], None)
    assert row["pass"] is False
    assert "no worlds" in str(row["value"])


def test_merging_keeps_what_others_have_left(tmp_path: Path) -> None:
    path = tmp_path / "validation.json"
    blank = [measuring.not_run([_measure(str(number), True)]) for number in range(1, 4)]
    first, second = (measuring.entry([_measure(number, True)], 6) for number in ("1", "3"))
    validate.merge([first], blank, path)
    validate.merge([second], blank, path)
    rows = {row["id"]: row for row in json.loads(path.read_text(encoding="utf-8"))}
    assert [rows[key]["pass"] for key in ("1", "2", "3")] == [True, None, True]


def test_two_runs_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    words = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; import validate\n"
        "path, first = Path(sys.argv[2]), int(sys.argv[3])\n"
        "for k in range(20): validate.merge([{'id': str(first + 2 * k), 'parts': [1]}], [], path)"
    )
    path = tmp_path / "validation.json"
    both = [subprocess.Popen([sys.executable, "-c", words, str(HERE), str(path), str(start)]) for start in (1, 2)]
    assert [one.wait(60) for one in both] == [0, 0]
    assert len(json.loads(path.read_text(encoding="utf-8"))) == 40
