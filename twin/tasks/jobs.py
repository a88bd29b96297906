"""Jobs: verbs that run in processes of their own, with their state on the disk of the workspace.

Whoever looks, after a reload or from another browser, finds the same progress. Knows commands, not what they compute.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import IO, Any

from twin.errors import WorkspaceError
from twin.workspace import atomic

FOLDER = "jobs"
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
VERBS = ("ingest", "check", "calibrate", "backtest", "forecast", "optimize", "plan")
_PROGRESS = re.compile(r"\[(\d+)/(\d+)\] ?(.*)")
_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}")
_NICE = 10
_PATIENCE_SECONDS = 3.0
_ERROR_LETTERS = 4000


@dataclass(frozen=True)
class Job:
    """One run of a verb, as it stood when it was read.

    Parameters
    ----------
    id : str
        Sorts by time.
    verb : str
    command : tuple of str
    created : str
        ISO 8601, UTC.
    state : str
        ``queued``, ``running``, ``done``, ``failed`` or ``cancelled``.
    started, ended : str
        ISO 8601, UTC; empty before.
    done, total : int
        Steps; ``total`` is 0 while nothing is known.
    phrase : str
        What it is doing.
    exit_status : int, optional
    error : str
        Why it failed, in words.
    problems : tuple of dict
        Faults of a bundle or scenario, as :meth:`twin.errors.Problem.as_dict` has them.
    """

    id: str
    verb: str
    command: tuple[str, ...]
    created: str
    state: str = QUEUED
    started: str = ""
    ended: str = ""
    done: int = 0
    total: int = 0
    phrase: str = ""
    exit_status: int | None = None
    error: str = ""
    problems: tuple[dict[str, Any], ...] = ()

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (QUEUED, RUNNING)

    @property
    def part_done(self) -> float:
        """Part of the steps that is done, in [0, 1]."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


def start(workspace: Path, verb: str, arguments: Sequence[str] = ()) -> Job:
    """Start ``twin VERB`` behind the scenes.

    Parameters
    ----------
    workspace : Path
        Made when missing.
    verb : str
        One of :data:`VERBS`.
    arguments : sequence of str
        As on the command line, without ``-w`` and ``--json``. No shell reads them.

    Returns
    -------
    Job
        Queued: one job of a workspace runs at a time.
    """
    if verb not in VERBS:
        raise ValueError(f"verb: expected one of {VERBS}, got {verb!r}")
    command = (sys.executable, "-m", "twin", verb, "-w", str(Path(workspace).absolute()), "--json", *arguments)
    return launch(workspace, verb, command)


def launch(workspace: Path, verb: str, command: Sequence[str]) -> Job:
    """Start any command as a job; see :func:`start`."""
    now = dt.datetime.now(dt.UTC)
    job = Job(f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}", verb, tuple(command), now.isoformat(timespec="seconds"))
    folder = _folder(workspace, job.id)
    try:
        folder.mkdir(parents=True)
        _write(folder, job)
        # the lock lives as long as anyone holds the file: whoever can take it knows that the job's processes are gone
        with (folder / "alive").open("w") as alive:
            fcntl.flock(alive, fcntl.LOCK_EX)
            runner = subprocess.Popen(
                [sys.executable, "-m", "twin.tasks.jobs", str(folder), str(alive.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=(folder / "runner").open("wb"),
                start_new_session=True,
                pass_fds=[alive.fileno()],
            )
        (folder / "pid").write_text(str(runner.pid))
    except OSError as error:
        raise WorkspaceError(f"{folder}: a job cannot be started here ({error.strerror}).") from error
    return job


def listed(workspace: Path, limit: int = 20) -> list[Job]:
    """Jobs of a workspace, newest first."""
    folder = Path(workspace) / FOLDER
    names = sorted((path.name for path in folder.glob("*") if _ID.fullmatch(path.name)), reverse=True)
    found = (read(workspace, name) for name in names[:limit])
    return [job for job in found if job is not None]


def read(workspace: Path, id: str) -> Job | None:
    """State of one job; ``None`` when there is none of that id."""
    if not _ID.fullmatch(id):
        return None
    folder = _folder(workspace, id)
    alive = _alive(folder)  # asked first: a job that ends in between has written how
    job = _read(folder)
    if job is not None and job.active and not alive:
        return replace(job, state=FAILED, error=_last_words(folder) or "the process ended without a word")
    return job


def result(workspace: Path, id: str) -> dict[str, Any] | None:
    """What a finished job printed; ``None`` when it printed nothing of use."""
    job = read(workspace, id)
    if job is None or job.state != DONE:
        return None
    try:
        found = json.loads((_folder(workspace, id) / "stdout").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def cancel(workspace: Path, id: str) -> Job | None:
    """End a job and every process that it started; a published result is never half-written."""
    job = read(workspace, id)
    folder = _folder(workspace, id)
    if job is None or not job.active:
        return job
    for sign in (signal.SIGTERM, signal.SIGKILL):
        _signal(folder, sign)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while _alive(folder) and time.monotonic() < deadline:
            time.sleep(0.05)
    ended = _read(folder)
    if ended is not None and not ended.active:  # it came to its end before the signal did
        return ended
    job = replace(ended or job, state=CANCELLED, ended=_now())
    _write(folder, job)
    return job


def run(folder: Path, alive: int) -> None:
    """Wait for the workspace's turn, run the command, and keep its state; the runner's own process does this.

    Parameters
    ----------
    folder : Path
        Of the job.
    alive : int
        Open file that is locked as long as a process of the job lives.
    """
    job = _read(folder)
    assert job is not None
    os.nice(_NICE)
    with (folder.parent / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        job = replace(job, state=RUNNING, started=_now())
        _write(folder, job)
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("w", encoding="utf-8") as log:
            child = subprocess.Popen(
                job.command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                pass_fds=[alive, turn.fileno()],
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
            assert child.stderr is not None
            job = _follow(folder, job, child.stderr, log)
            status = child.wait()
        _write(folder, _ended(job, status, (folder / "stderr").read_text(encoding="utf-8")))


def _follow(folder: Path, job: Job, lines: IO[str], log: IO[str]) -> Job:
    """Keep what is said, and write progress down as it comes."""
    for line in lines:
        log.write(line)
        log.flush()
        if step := _PROGRESS.match(line):
            done, total, phrase = step.groups()
            job = replace(job, done=int(done), total=int(total), phrase=phrase.strip())
            _write(folder, job)
    return job


def _ended(job: Job, status: int, said: str) -> Job:
    """The job after its command's end."""
    job = replace(job, ended=_now(), exit_status=status)
    if status == 0:
        return replace(job, state=DONE, done=job.total or job.done)
    lines = [line for line in said.splitlines() if line.strip() and not _PROGRESS.match(line)]
    for line in reversed(lines):
        if line.startswith('{"problems"'):
            problems = tuple(json.loads(line)["problems"])
            return replace(job, state=FAILED, problems=problems, error=f"{len(problems)} problems")
    words = "\n".join(lines) if "Traceback" not in said else (lines[-1] if lines else "")
    told = words.removeprefix("twin: ")[:_ERROR_LETTERS] or f"exit status {status}"
    return replace(job, state=FAILED, error=told)


def _last_words(folder: Path) -> str:
    for file in (folder / "stderr", folder / "runner"):
        said = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []
        if said and not _PROGRESS.match(said[-1]):
            return said[-1][:_ERROR_LETTERS]
    return ""


def _signal(folder: Path, sign: signal.Signals) -> None:
    """Signal the job's whole group; its leader is the runner, in a session of its own."""
    try:
        os.killpg(int((folder / "pid").read_text()), sign)
    except (OSError, ValueError):
        return


def _alive(folder: Path) -> bool:
    try:
        with (folder / "alive").open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _folder(workspace: Path, id: str) -> Path:
    return Path(workspace).absolute() / FOLDER / id


def _write(folder: Path, job: Job) -> None:
    text = json.dumps(asdict(job), ensure_ascii=False).encode()
    atomic.place(folder, lambda file: file.write(text), lambda _: "status.json")


def _read(folder: Path) -> Job | None:
    try:
        raw = json.loads((folder / "status.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = {field.name: raw[field.name] for field in fields(Job) if field.name in raw}
    return Job(**{**known, "command": tuple(raw["command"]), "problems": tuple(raw.get("problems", ()))})


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
