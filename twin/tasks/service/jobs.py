"""Jobs: verbs that run outside whoever asked for them, one at a time, from a queue on the disk of the workspace.

Whoever looks, after a reload or from another browser, finds the same progress. Closing a browser or restarting the
server ends nothing. Knows commands, not what they compute; see :mod:`twin.tasks.service.worker` for who runs them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from twin.errors import WorkspaceError
from twin.tasks.service import job_files as files
from twin.tasks.service import processes
from twin.tasks.service.job_files import CANCELLED, DONE, FAILED, FOLDER, QUEUED, RUNNING, Job

__all__ = ("CANCELLED", "DONE", "FAILED", "FOLDER", "QUEUED", "RUNNING", "VERBS", "Job")

VERBS = (
    "ingest",
    "check",
    "calibrate",
    "backtest",
    "forecast",
    "drivers",
    "optimize",
    "plan",
    "align",
    "size",
    "review",
)
_CHANGES_INPUTS = ("ingest", "calibrate")
_ANSWER_SECONDS = 1.0
_LOG_LETTERS = 30_000
_TELLING_FLAGS = ("--mode", "--draws", "--certificate", "--origins", "--weeks")


def start(workspace: Path, verb: str, arguments: Sequence[str] = (), who: str = "") -> Job:
    """Queue ``twin VERB``.

    Parameters
    ----------
    workspace : Path
        Made when missing.
    verb : str
        One of :data:`VERBS`.
    arguments : sequence of str
        As on the command line, without ``-w`` and ``--json``. No shell reads them.
    who : str
        Who asks, for others to read.

    Returns
    -------
    Job
        Queued: one job of a workspace runs at a time, first come first served. Where the very same waits already, or
        runs on the very same data, it is that one.
    """
    if verb not in VERBS:
        raise ValueError(f"verb: expected one of {VERBS}, got {verb!r}")
    command = (sys.executable, "-m", "twin", verb, "-w", str(Path(workspace).absolute()), "--json", *arguments)
    return launch(workspace, verb, command, who)


def launch(workspace: Path, verb: str, command: Sequence[str], who: str = "") -> Job:
    """Queue any command as a job; see :func:`start`."""
    try:
        with files.queue_held(workspace):
            job = _joined(workspace, verb, tuple(command))
            if job is None:
                job = Job(files.new_id(workspace), verb, tuple(command), files.now(), who=who)
                folder = files.folder_of(workspace, job.id)
                folder.mkdir(parents=True)
                files.write(folder, job)
            _call_worker(workspace)
    except OSError as error:
        place = files.jobs_folder(workspace)
        raise WorkspaceError(f"{place}: a job cannot be started here ({error.strerror}).") from error
    return job


def tend(workspace: Path) -> None:
    """See to it that somebody works where something waits: after a restart, or when the worker was killed."""
    if not files.jobs_folder(workspace).is_dir() or files.worker_lives(workspace):
        return
    if any(job.active for job in _kept(workspace)):
        with contextlib.suppress(OSError), files.queue_held(workspace):
            _call_worker(workspace)


def listed(workspace: Path, limit: int = 20) -> list[Job]:
    """Jobs of a workspace, newest first; those that wait or run are never left out."""
    lives, found = files.worker_lives(workspace), []
    for id in reversed(files.ids(workspace)):
        job = files.read(files.folder_of(workspace, id))
        if job is None:
            continue
        if len(found) < limit or job.active:
            found.append(_as_seen(workspace, job, lives))
        elif job.state == DONE:
            break  # first come, first served: nothing older waits
    return found


def read(workspace: Path, id: str) -> Job | None:
    """State of one job; ``None`` when there is none of that id."""
    if not files.ID.fullmatch(id):
        return None
    lives = files.worker_lives(workspace)  # asked first: a job that ends in between has written how
    job = files.read(files.folder_of(workspace, id))
    return None if job is None else _as_seen(workspace, job, lives)


def result(workspace: Path, id: str) -> dict[str, Any] | None:
    """What a finished job printed; ``None`` when it printed nothing of use."""
    job = read(workspace, id)
    if job is None or job.state != DONE:
        return None
    try:
        found = json.loads((files.folder_of(workspace, id) / files.STDOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def log(workspace: Path, id: str) -> str:
    """What a job has said so far, its end where it is long; empty where it said nothing."""
    if not files.ID.fullmatch(id):
        return ""
    try:
        with (files.folder_of(workspace, id) / files.STDERR).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(file.tell() - _LOG_LETTERS, 0))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def cancel(workspace: Path, id: str) -> Job | None:
    """End a job and every process that it started, within three seconds; nothing is left half-written."""
    job = read(workspace, id)
    if job is None or not job.active:
        return job
    folder = files.folder_of(workspace, id)
    with files.queue_held(workspace):
        kept = files.read(folder) or job
        if kept.state == RUNNING:
            (folder / files.CANCEL).touch()
        elif kept.state == QUEUED:
            ended = replace(kept, state=CANCELLED, ended=files.now())
            files.write(folder, ended)
            return ended
        else:
            return kept
    processes.end_all(id, kept.pid)
    deadline = time.monotonic() + _ANSWER_SECONDS
    while files.worker_lives(workspace) and time.monotonic() < deadline:
        ended = files.read(folder) or kept
        if not ended.active:  # it may have come to its end before the signal did
            return ended
        time.sleep(0.03)
    return read(workspace, id)


def arguments_of(job: Job) -> tuple[str, ...]:
    """What a verb was told beyond its workspace: what :func:`start` was given."""
    words = list(job.command)
    if "--json" not in words:
        return ()
    return tuple(words[words.index("--json") + 1 :])


def ahead_of(job: Job, among: Sequence[Job]) -> int:
    """How many jobs come before one that waits."""
    return sum(other.active and other.id < job.id for other in among) if job.state == QUEUED else 0


def seconds_of(job: Job) -> float:
    """How long a job has run, or ran."""
    if not job.started:
        return 0.0
    end = dt.datetime.fromisoformat(job.ended) if job.ended else dt.datetime.now(dt.UTC)
    return max((end - dt.datetime.fromisoformat(job.started)).total_seconds(), 0.0)


def expected_seconds(workspace: Path, verb: str, arguments: Sequence[str] = ()) -> float | None:
    """How long such a run took here before: the median; ``None`` where there was none.

    Such a run: the same verb with the same flags that cost time, ``--mode`` above all.
    """
    wanted = _costly(arguments)
    took = [
        seconds_of(job) for job in _kept(workspace)
        if job.state == DONE and job.verb == verb and _costly(job.command) == wanted
    ]  # fmt: skip
    return statistics.median(took[-9:]) if took else None


def seconds_left(workspace: Path, job: Job) -> float | None:
    """How long a running job will still take, from runs before it; ``None`` where there was none."""
    whole = expected_seconds(workspace, job.verb, job.command)
    return None if whole is None else max(whole - seconds_of(job), 0.0)


def _costly(arguments: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((a, b) for a, b in pairwise(arguments) if a in _TELLING_FLAGS))


def _joined(workspace: Path, verb: str, command: tuple[str, ...]) -> Job | None:
    """The job that is the same request, with this one counted to it; ``None`` where there is none.

    One that waits reads the data when its turn comes, unless what changes the data comes after it; one that runs read
    them when it began.
    """
    seen = files.stamp_of(workspace, command)
    for job in reversed(_kept(workspace)):
        if not job.active:
            continue
        same = job.verb == verb and job.command == command
        if same and (job.state == QUEUED or job.seen == seen):
            job = replace(job, asked=job.asked + 1)
            if job.state == QUEUED:  # the state of one that runs is its worker's to write
                files.write(files.folder_of(workspace, job.id), job)
            return job
        if job.verb in _CHANGES_INPUTS:
            return None
    return None


def _as_seen(workspace: Path, job: Job, lives: bool) -> Job:
    """A job whose worker is gone waits again, for whoever looks to call another."""
    if job.state != RUNNING or lives:
        return job
    cancelled = (files.folder_of(workspace, job.id) / files.CANCEL).exists()
    return replace(job, state=CANCELLED if cancelled else QUEUED, done=0, total=0, phrase="")


def _kept(workspace: Path) -> list[Job]:
    """All jobs as they were put down, oldest first."""
    found = (files.read(files.folder_of(workspace, id)) for id in files.ids(workspace))
    return [job for job in found if job is not None]


def _call_worker(workspace: Path) -> None:
    """Start a worker, unless there is one; under the queue's lock."""
    if files.worker_lives(workspace):
        return
    environment = {name: value for name, value in os.environ.items() if name != processes.MARK}
    with (files.jobs_folder(workspace) / "worker.log").open("ab") as said:
        subprocess.Popen(
            [sys.executable, "-m", "twin.tasks.service.worker", str(Path(workspace).absolute())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
            env=environment,
        )
