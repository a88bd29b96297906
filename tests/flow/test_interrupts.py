"""Interruptions at several moments, by a person (status 130, one line) or by a kill: what is published stays whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from walking import SAMPLE, SCENARIOS, twin

from twin.tasks.results import KINDS
from twin.workspace.store import Workspace

PATIENCE = 45.0
PROMPT = 15.0
"""Seconds, on a busy machine; a draw of the longest forecast here takes minutes."""
# what must have been said before the signal goes out, and how long after it
MOMENTS = {
    "ingest, reading": ("ingest", "read and check", 0.05),
    "ingest, publishing": ("ingest", "publish", 0.0),
    "calibrate, beginning": ("calibrate", "season", 0.0),
    "calibrate, in the middle": ("calibrate", "potential", 0.1),
    "forecast, one thread": ("forecast", "[1/", 0.0),
}


def commands(verb: str, workspace: Path) -> list[str]:
    more: dict[str, list[object]] = {
        "ingest": [SAMPLE],
        "calibrate": ["--draws", 60, "--seed", 9],
        # long enough that it cannot end before the signal comes
        "forecast": [
            SCENARIOS / "light_the_dark_side.toml",
            "--draws",
            6,
            "--weeks",
            104,
            "--replicates",
            8,
            "--threads",
            1,
        ],
    }
    return [sys.executable, "-m", "twin", verb, *map(str, more[verb]), "-w", str(workspace)]


class Running:
    """A verb in a process group of its own."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.said: list[str] = []

    def until(self, phrase: str) -> None:
        """Wait until it has said so."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if phrase in line:
                return
        raise AssertionError(f"{phrase!r} was never said: {''.join(self.said)}")

    def end(self) -> int:
        """Wait for its end; the rest of what it says is kept."""
        _, rest = self.process.communicate(timeout=PATIENCE)
        self.said.append(rest)
        return self.process.returncode

    @property
    def messages(self) -> list[str]:
        """What it said that is not progress."""
        return [line for line in "".join(self.said).splitlines() if line.strip() and not line.startswith("[")]


@pytest.fixture
def start() -> Iterator[Callable[[list[str]], Running]]:
    """Starts a verb; whatever of it is left is ended with the test."""
    started: list[Running] = []

    def begin(command: list[str]) -> Running:
        started.append(Running(command))
        return started[-1]

    yield begin
    for running in started:
        if group(running.process.pid):
            os.killpg(running.process.pid, signal.SIGKILL)
        running.process.communicate()


def group(leader: int) -> list[int]:
    """Living processes of a group, as the process table has them."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(maxsplit=2) for line in table.splitlines()]
    return [int(pid) for pid, pgid, state in rows if int(pgid) == leader and not state.startswith("Z")]


def heads(workspace: Path) -> dict[str, str]:
    store = Workspace.open(workspace, create=False)
    return {kind: version.id for kind in KINDS if (version := store.head(kind)) is not None}


def whole(workspace: Path, before: dict[str, str], verb: str) -> None:
    """Every file that a version names is sound, and no head but the verb's own has moved."""
    assert Workspace.open(workspace, create=False).verify() == []
    after = heads(workspace)
    made = {"ingest": "dataset", "calibrate": "calibration", "forecast": "forecast"}[verb]
    assert {kind: id for kind, id in after.items() if kind != made} == {
        kind: id for kind, id in before.items() if kind != made
    }
    assert twin("check", "-w", workspace).status == 0
    assert twin("export", "potential", "-w", workspace, "--out", workspace.parent / "p.csv").status == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_an_interrupted_verb_says_so_in_one_line_and_leaves_everything_whole(
    moment: str, standing: Any, copied: Callable[[Any], Path], start: Callable[[list[str]], Running]
) -> None:
    verb, phrase, wait = MOMENTS[moment]
    workspace = copied(standing)
    before = heads(workspace)
    running = start(commands(verb, workspace))
    running.until(phrase)
    time.sleep(wait)
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 130, running.said
    assert len(running.messages) == 1 and "nterrupted" in running.messages[0], running.messages
    assert heads(workspace) == before
    whole(workspace, before, verb)
    assert group(running.process.pid) == []


@pytest.mark.parametrize(
    "moment",
    ["ingest, publishing", "calibrate, in the middle", pytest.param("forecast, one thread", marks=pytest.mark.slow)],
)
def test_a_killed_verb_leaves_everything_whole(
    moment: str, standing: Any, copied: Callable[[Any], Path], start: Callable[[list[str]], Running]
) -> None:
    verb, phrase, wait = MOMENTS[moment]
    workspace = copied(standing)
    before = heads(workspace)
    running = start(commands(verb, workspace))
    running.until(phrase)
    time.sleep(wait)
    running.process.kill()
    assert running.end() == -signal.SIGKILL
    whole(workspace, before, verb)


def test_an_ingest_that_is_interrupted_before_it_publishes_leaves_no_workspace(
    tmp_path: Path, start: Callable[[list[str]], Running]
) -> None:
    running = start(commands("ingest", tmp_path / "w"))
    running.until("read and check")
    time.sleep(0.05)
    running.process.send_signal(signal.SIGINT)
    assert running.end() == 130
    assert not (tmp_path / "w").exists()


def endless(workspace: Path) -> list[str]:
    """A forecast of which no draw would end within our patience: what is under way must be given up."""
    command = commands("forecast", workspace)
    for option, value in (("--weeks", "520"), ("--replicates", "300"), ("--threads", "2")):
        command[command.index(option) + 1] = value
    return command


def test_an_interrupt_does_not_wait_for_the_draws_under_way(
    standing: Any, copied: Callable[[Any], Path], start: Callable[[list[str]], Running]
) -> None:
    workspace = copied(standing)
    before = heads(workspace)
    running = start(endless(workspace))
    running.until("[0/")
    time.sleep(1.0)  # both threads have begun
    struck = time.monotonic()
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.end() == 130, running.said
    assert time.monotonic() - struck < PROMPT
    assert len(running.messages) == 1 and "nterrupted" in running.messages[0], running.messages
    assert group(running.process.pid) == []
    whole(workspace, before, "forecast")


def test_the_same_command_goes_on_where_a_forecast_was_killed(
    standing: Any, copied: Callable[[Any], Path], start: Callable[[list[str]], Running]
) -> None:
    workspace = copied(standing)
    command = [*commands("forecast", workspace), "--json"]
    for option, value in (("--weeks", "26"), ("--replicates", "4")):
        command[command.index(option) + 1] = value
    running = start(command)
    running.until("[3/6]")
    running.process.kill()
    assert running.end() == -signal.SIGKILL, running.said
    kept = sorted((workspace / "runs").glob("*/chunk-*"))
    assert len(kept) >= 3
    again, unbroken = twin(*command[3:]), twin(*command[3:])
    steps = [line for line in again.err.splitlines() if line.startswith("[")]
    assert len(steps) == 2 + 6 - len(kept), again.err  # the note, the beginning, and each draw that was missing
    result, anew = again.json, unbroken.json
    assert result.pop("taken_up") == [f"{len(kept)} of 6 draws were already there"]
    assert anew.pop("taken_up") == []
    assert result == anew
    assert not (workspace / "runs").exists()
