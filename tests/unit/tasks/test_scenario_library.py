"""The library: files and people's doings with them; what is on the disk is never silently overwritten."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from twin.errors import ScenarioError, TwinError
from twin.scenario import files
from twin.tasks.forecasts import scenario_library as shelf
from twin.tasks.forecasts import scenario_notes as notes


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return shelf.create(tmp_path, "İlk bahar", "Ayşe")


def names(workspace: Path) -> list[str]:
    return sorted(path.name for path in shelf.folder(workspace).iterdir() if path.is_file() and path.name != ".lock")


def test_the_library_holds_what_came_with_the_twin_and_what_is_ones_own(tmp_path, made):
    found = shelf.library(tmp_path)
    assert [each.name for each in found if each.own] == ["İlk bahar"]
    assert {each.path.stem for each in found if not each.own} >= {"status_quo", "pandemic"}
    assert found[0].last is not None and (found[0].last.who, found[0].last.what) == ("Ayşe", notes.CREATED)


def test_looking_at_a_workspace_that_is_not_there_makes_none(tmp_path):
    assert all(not each.own for each in shelf.library(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("file", sorted(shelf.SHIPPED.glob("*.toml")), ids=lambda file: file.stem)
def test_a_copy_says_the_same_under_another_name(file, tmp_path):
    path = shelf.copy(tmp_path, file, "A copy", "Ali")
    before, after = files.load(file), files.load(path)
    assert after.name == "A copy"
    assert files.to_toml(before).split("\n", 1)[1] == files.to_toml(after).split("\n", 1)[1]


def test_a_copy_finds_the_alignment_file_of_its_original(tmp_path):
    (tmp_path / "map.csv").write_text("brick_id,territory_id\n")
    (tmp_path / "mine.toml").write_text('name = "m"\n[field_force]\nalignment = "map.csv"\n')
    path = shelf.copy(tmp_path / "w", tmp_path / "mine.toml", "copy", "Ali")
    assert files.load(path).field_force.alignment == str(tmp_path / "map.csv")


def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(tmp_path, made):
    opened = shelf.read(made)
    theirs = 'name = "İlk bahar"\n# by another editor\n'
    made.write_text(theirs, encoding="utf-8")
    for change in (
        lambda: shelf.save(tmp_path, made, 'name = "mine"\n', opened.state, "Ali"),
        lambda: shelf.rename(tmp_path, made, "mine", opened.state, "Ali"),
        lambda: shelf.delete(tmp_path, made, opened.state),
    ):
        with pytest.raises(shelf.ConflictError, match="Nothing was written"):
            change()
    assert made.read_text(encoding="utf-8") == theirs and names(tmp_path) == [made.name]


def test_of_many_who_save_what_they_read_only_one_succeeds(tmp_path, made):
    state, won = shelf.read(made).state, []

    def save(number: int) -> None:
        try:
            shelf.save(tmp_path, made, f'name = "n{number}"\n', state, str(number))
            won.append(number)
        except shelf.ConflictError:
            pass

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1 and files.load(made).name == f"n{won[0]}"


def test_a_file_that_has_gone_or_come_meanwhile_is_a_conflict_too(tmp_path, made):
    state = shelf.read(made).state
    with pytest.raises(shelf.ConflictError):
        shelf.save(tmp_path, made, 'name = "x"\n', "", "Ali")
    made.unlink()
    with pytest.raises(shelf.ConflictError):
        shelf.save(tmp_path, made, 'name = "x"\n', state, "Ali")
    assert names(tmp_path) == []


def test_what_is_no_scenario_is_not_written(tmp_path, made):
    before = made.read_bytes()
    with pytest.raises(ScenarioError, match="unknown key"):
        shelf.save(tmp_path, made, 'name = "x"\nhorizn = 3\n', shelf.read(made).state, "Ali")
    assert made.read_bytes() == before


def test_what_came_with_the_twin_is_not_changed(tmp_path):
    shipped = shelf.SHIPPED / "status_quo.toml"
    with pytest.raises(TwinError, match="Copy it"):
        shelf.save(tmp_path, shipped, 'name = "x"\n', shelf.read(shipped).state, "Ali")
    with pytest.raises(TwinError, match="Copy it"):
        shelf.delete(tmp_path, shipped, shelf.read(shipped).state)


def test_a_name_that_is_taken_gets_a_file_of_its_own(tmp_path, made):
    other = shelf.create(tmp_path, "İlk bahar", "Ali")
    assert other != made and files.load(other).name == "İlk bahar"


def test_history_goes_along_with_a_new_name(tmp_path, made):
    shelf.remark(tmp_path, made, "Müdür onayladı", "Ayşe", notes.DECIDED)
    new = shelf.rename(tmp_path, made, "Son bahar", shelf.read(made).state, "Ali")
    assert names(tmp_path) == [new.name]
    told = [(event.who, event.what, event.text) for event in shelf.events_of(tmp_path, new)]
    assert told[0][:2] == ("Ayşe", notes.CREATED)
    assert told[1:] == [("Ayşe", notes.DECIDED, "Müdür onayladı"), ("Ali", notes.RENAMED, "İlk bahar")]


def test_what_was_deleted_is_off_the_library_and_still_there(tmp_path, made):
    text = made.read_text(encoding="utf-8")
    kept = shelf.delete(tmp_path, made, shelf.read(made).state)
    assert not [each for each in shelf.library(tmp_path) if each.own]
    assert kept.read_text(encoding="utf-8") == text


def test_a_remark_on_what_came_with_the_twin_is_kept_in_the_workspace(tmp_path):
    shipped = shelf.SHIPPED / "status_quo.toml"
    shelf.remark(tmp_path, shipped, "our yardstick", "Ali")
    assert shelf.events_of(tmp_path, shipped)[-1].text == "our yardstick"
    assert not (shelf.SHIPPED / notes.FOLDER).exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_an_empty_or_endless_remark_is_refused(text, tmp_path, made):
    with pytest.raises(TwinError, match="note"):
        shelf.remark(tmp_path, made, text, "Ali")


def test_a_damaged_history_takes_no_scenario_with_it(tmp_path, made):
    notes.file_of(made).write_text('[{"odd": 1}', encoding="utf-8")
    assert [each.events for each in shelf.library(tmp_path) if each.own] == [()]
