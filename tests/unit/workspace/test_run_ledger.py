"""A ledger gives back what was kept whole, nothing else, and does not pile up."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from twin.errors import WorkspaceError
from twin.forecast.study import Chunk
from twin.workspace import ledger as ledgers
from twin.workspace.ledger import FOLDER, KEEP_FOLDERS, KEEP_SECONDS, RunLedger

ONE, OTHER = "1" * 64, "2" * 64


def chunk(value: float) -> Chunk:
    return Chunk(
        np.full((2, 1, 3, 2, 2, 4), value, np.float32),
        np.full((2, 1, 2, 4), int(value), np.int32),
        np.full((2, 7, 3, 4), value / 3),
        np.full((2, 9), np.nextafter(value, np.inf)),
    )


def equal(one: Chunk, two: Chunk) -> bool:
    return all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in ((getattr(one, name), getattr(two, name)) for name in vars(one))
    )


@pytest.fixture
def full(tmp_path: Path) -> RunLedger:
    """Chunks 0, 1 and 4 are kept."""
    kept = RunLedger(tmp_path, ONE)
    for key in (0, 1, 4):
        kept.keep(key, chunk(key))
    return kept


def files(ledger: RunLedger) -> list[Path]:
    return sorted(ledger.path.iterdir())


def test_what_was_kept_comes_back_bit_for_bit(tmp_path, full):
    again = RunLedger(tmp_path, ONE)
    assert again.finished(range(6)) == {0, 1, 4}
    assert all(equal(again.read(key), chunk(key)) for key in (0, 1, 4))
    assert again.notes == ["3 of 6 draws were already there"]


def test_only_keys_that_are_asked_for_are_named(tmp_path, full):
    assert RunLedger(tmp_path, ONE).finished(range(2)) == {0, 1}


def test_nothing_is_written_before_the_first_chunk(tmp_path):
    assert RunLedger(tmp_path, ONE).finished(range(6)) == set()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("harm", ["cut short", "emptied", "one bit", "renamed"])
def test_a_torn_file_is_left_aside_with_a_note(tmp_path, full, harm):
    torn = files(full)[1]
    content = torn.read_bytes()
    if harm == "renamed":
        torn.rename(torn.with_name(torn.name.replace("chunk-1-", "chunk-2-")))
    elif harm == "one bit":
        torn.write_bytes(content[:60] + bytes([content[60] ^ 1]) + content[61:])
    else:
        torn.write_bytes(content[: len(content) // 2] if harm == "cut short" else b"")
    again = RunLedger(tmp_path, ONE)
    assert again.finished(range(6)) == {0, 4}
    assert len(again.notes) == 2 and "torn" in again.notes[1]


def test_a_chunk_of_another_forecast_is_left_aside(tmp_path, full):
    other = RunLedger(tmp_path, OTHER)
    other.keep(2, chunk(2))
    shutil.copy(files(other)[0], full.path)
    again = RunLedger(tmp_path, ONE)
    assert again.finished(range(6)) == {0, 1, 4}
    assert "another forecast" in again.notes[1]
    assert RunLedger(tmp_path, "3" * 64).finished(range(6)) == set()


def test_what_a_killed_process_left_behind_is_no_chunk(tmp_path, full):
    (full.path / ".incoming-1-ab").write_bytes(b"half")
    again = RunLedger(tmp_path, ONE)
    assert again.finished(range(6)) == {0, 1, 4} and len(again.notes) == 1


def test_a_chunk_that_goes_meanwhile_is_none(tmp_path, full):
    again = RunLedger(tmp_path, ONE)
    again.finished(range(6))
    full.remove()
    assert again.read(0) is None


def test_removing_leaves_no_trace_but_keeps_the_others(tmp_path, full):
    other = RunLedger(tmp_path, OTHER)
    other.keep(2, chunk(2))
    full.remove()
    assert other.finished(range(6)) == {2}
    other.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_taken_away_while_a_chunk_is_written_is_made_again(tmp_path, full, monkeypatch):
    def taken_away(stream: object) -> str:
        monkeypatch.undo()
        full.remove()
        return "0" * 64

    monkeypatch.setattr(ledgers, "sha256", taken_away)
    full.keep(5, chunk(5))
    assert RunLedger(tmp_path, ONE).finished(range(6)) == {5}


def test_unfinished_forecasts_do_not_pile_up(tmp_path):
    for number in range(3 * KEEP_FOLDERS):
        RunLedger(tmp_path, f"{number:064x}"[::-1]).keep(0, chunk(0))
        assert len(list((tmp_path / FOLDER).iterdir())) <= KEEP_FOLDERS
    assert RunLedger(tmp_path, f"{number:064x}"[::-1]).finished(range(1)) == {0}


def test_what_nobody_came_back_for_goes(tmp_path, full):
    long_ago = time.time() - KEEP_SECONDS - 60.0
    os.utime(full.path, (long_ago, long_ago))
    RunLedger(tmp_path, OTHER).keep(0, chunk(0))
    assert not full.path.exists()


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path):
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(WorkspaceError, match=r"runs.*cannot be written"):
        RunLedger(tmp_path, ONE).keep(0, chunk(0))


def test_a_kill_while_writing_leaves_no_chunk(tmp_path, full, monkeypatch):
    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    before = files(full)
    monkeypatch.setattr(ledgers, "sha256", killed)
    with pytest.raises(KeyboardInterrupt):
        full.keep(5, chunk(5))
    assert files(full) == before
