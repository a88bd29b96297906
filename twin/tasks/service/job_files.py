"""Job files: what is known of a job, as it stands on the disk of a workspace, and the locks that guard it.

Whoever looks, after a reload, from another browser or after a restart of the machine, finds the same. Starts nothing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

from twin.workspace import atomic
from twin.workspace.catalogue import FILE_NAME as CATALOGUE

FOLDER = "jobs"
QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
STDOUT, STDERR, CANCEL = "stdout", "stderr", "cancel"
ID = re.compile(r"\d{8}T\d{6}(?:\d{6})?-[0-9a-f]{6}")
_QUEUE, _WORKER = "queue.lock", "worker.lock"
_STATUS = "status.json"


@dataclass(frozen=True)
class Job:
    """One run of a verb, as it stood when it was read.

    Parameters
    ----------
    id : str
        Sorts by when it was asked for, even where the clock was set back.
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
    attempt : int
        How often it was begun; more than once where its worker died.
    asked : int
        How often the same was asked for while it waited or ran.
    who : str
        Who asked first; empty where nobody signs in.
    pid : int
        Of its process while it runs, else 0.
    seen : str
        Digest of what it had before it when it began.
    peak_bytes : int
        Most memory that its process has held; 0 where it is not known.
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
    attempt: int = 0
    asked: int = 1
    who: str = ""
    pid: int = 0
    seen: str = ""
    peak_bytes: int = 0

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (QUEUED, RUNNING)

    @property
    def part_done(self) -> float:
        """Part of the steps that is done, in [0, 1]."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


def jobs_folder(workspace: Path) -> Path:
    """Where the jobs of a workspace are kept."""
    return Path(workspace).absolute() / FOLDER


def folder_of(workspace: Path, id: str) -> Path:
    """Where one job is kept."""
    return jobs_folder(workspace) / id


def ids(workspace: Path) -> list[str]:
    """Ids of all jobs, oldest first."""
    return sorted(path.name for path in jobs_folder(workspace).glob("*") if ID.fullmatch(path.name))


def new_id(workspace: Path) -> str:
    """An id that sorts after all others; ask for it under :func:`queue_held`."""
    stamp = f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}"
    last = max((name.partition("-")[0] for name in ids(workspace)), default="")
    if stamp <= last:  # the clock was set back: later still comes after
        before = dt.datetime.strptime(last.ljust(21, "0"), "%Y%m%dT%H%M%S%f")
        stamp = f"{before + dt.timedelta(microseconds=1):%Y%m%dT%H%M%S%f}"
    return f"{stamp}-{secrets.token_hex(3)}"


def write(folder: Path, job: Job) -> None:
    """Put a job's state down, whole."""
    text = json.dumps(asdict(job), ensure_ascii=False).encode()
    atomic.place(folder, lambda file: file.write(text), lambda _: _STATUS)


def read(folder: Path) -> Job | None:
    """The state as it was put down; ``None`` where there is none that can be read."""
    try:
        raw = json.loads((folder / _STATUS).read_text(encoding="utf-8"))
        known = {field.name: raw[field.name] for field in fields(Job) if field.name in raw}
        return Job(**{**known, "command": tuple(raw["command"]), "problems": tuple(raw.get("problems", ()))})
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def queue_held(workspace: Path) -> Iterator[None]:
    """While this lasts nobody else adds to the queue, takes from it, or ends a waiting job."""
    jobs_folder(workspace).mkdir(parents=True, exist_ok=True)
    with (jobs_folder(workspace) / _QUEUE).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def worker_held(workspace: Path) -> Iterator[Place | None]:
    """Be the one worker of a workspace: ``None`` where there is another. The system frees the place when we die."""
    jobs_folder(workspace).mkdir(parents=True, exist_ok=True)
    with (jobs_folder(workspace) / _WORKER).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield Place(file)


@dataclass(frozen=True)
class Place:
    """The place of a workspace's only worker.

    Parameters
    ----------
    file : open file
        Locked as long as the place is ours.
    """

    file: IO[str]

    def resign(self) -> None:
        """Give the place up; while the queue is held, or somebody adds a job and takes us for one who will run it."""
        fcntl.flock(self.file, fcntl.LOCK_UN)


def worker_lives(workspace: Path) -> bool:
    """Whether a worker serves this workspace now."""
    try:
        with (jobs_folder(workspace) / _WORKER).open("r") as file:
            # a shared try: two who look at once must not take each other for the worker
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def stamp_of(workspace: Path, command: tuple[str, ...]) -> str:
    """Digest of what a command would read: the catalogue of the workspace, and files and folders that it names.

    Equal digests mean that the same command would find the same; names, sizes and times of change stand for contents.
    """
    digest = hashlib.sha256()
    for path in (Path(workspace).absolute() / CATALOGUE, *map(Path, command)):
        with contextlib.suppress(OSError, ValueError):  # most words of a command are no files
            inside = sorted(path.iterdir()) if path.is_dir() and path != Path(workspace).absolute() else []
            for file in (path, *inside):
                told = file.stat()
                digest.update(f"{file}\0{told.st_size}\0{told.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]


def now() -> str:
    """This moment."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
