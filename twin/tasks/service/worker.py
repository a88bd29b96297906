"""Worker: the one process of a workspace that takes jobs from the queue, first come first served, and runs them.

It outlives the dashboard and every browser, ends when nothing waits, and whoever looks next starts another. What it was
doing when it was killed is taken up again, once.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from twin.tasks.service import job_files as files
from twin.tasks.service import processes
from twin.tasks.service.job_files import CANCEL, CANCELLED, DONE, FAILED, QUEUED, RUNNING, STDERR, STDOUT, Job, Place

_PROGRESS = re.compile(r"\[(\d+)/(\d+)\] ?(.*)")
_NICE, _BEAT_SECONDS = 10, 0.15
_MOST_ATTEMPTS, _LONGEST_REST = 2, dt.timedelta(hours=36)
_KEPT, _ERROR_LETTERS, _TRIES = 300, 4000, 40
_stopping = False


def work(workspace: Path) -> None:
    """Serve a workspace until nothing waits, or until the process is told to end."""
    for _ in range(_TRIES):
        with files.worker_held(workspace) as place:
            if place is not None:
                signal.signal(signal.SIGTERM, _told_to_end)
                with contextlib.suppress(OSError):
                    os.nice(_NICE)
                _take_up(workspace)
                _prune(workspace)
                while not _stopping and (job := _next(workspace, place)) is not None:
                    _run(workspace, job)
                return
        if not _waiting(workspace):
            return
        time.sleep(0.05)  # somebody who looks holds the lock for a moment, as a worker does for long


def _told_to_end(signum: int, frame: object) -> None:
    global _stopping  # noqa: PLW0603 - a signal has nowhere else to be remembered
    _stopping = True


def _take_up(workspace: Path) -> None:
    """What a worker before us left behind: its processes are ended, its job waits again or is given up."""
    with files.queue_held(workspace):
        for id in files.ids(workspace):
            folder = files.folder_of(workspace, id)
            job = files.read(folder)
            if job is None or job.state != RUNNING:
                continue
            processes.end_all(id, job.pid)
            files.write(folder, _taken_up(folder, job))


def _taken_up(folder: Path, job: Job) -> Job:
    job = replace(job, pid=0)
    if (folder / CANCEL).exists():
        return replace(job, state=CANCELLED, ended=files.now())
    rest = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(job.started or job.created)
    if job.attempt >= _MOST_ATTEMPTS or rest > _LONGEST_REST:
        said = _last_line(folder)
        why = "The process that ran it was ended: a restart of the machine, most likely. Start it again." + said
        return replace(job, state=FAILED, ended=files.now(), error=why)
    return replace(job, state=QUEUED, done=0, total=0, phrase="")


def _next(workspace: Path, place: Place) -> Job | None:
    """The job that has waited longest, now ours; ``None`` gives the worker's place up, while nobody can add."""
    with files.queue_held(workspace):
        for id in files.ids(workspace):
            folder = files.folder_of(workspace, id)
            job = files.read(folder)
            if job is None or job.state != QUEUED:
                continue
            if _elsewhere(workspace, job):
                why = "It was asked for in another folder, of which this one is a copy. Start it here."
                files.write(folder, replace(job, state=FAILED, ended=files.now(), error=why))
                continue
            job = replace(
                job, state=RUNNING, started=files.now(), attempt=job.attempt + 1,
                seen=files.stamp_of(workspace, job.command),
            )  # fmt: skip
            files.write(folder, job)
            return job
        place.resign()
        return None


def _waiting(workspace: Path) -> bool:
    found = (files.read(files.folder_of(workspace, id)) for id in reversed(files.ids(workspace)))
    return any(job is not None and job.active for job in found)


def _elsewhere(workspace: Path, job: Job) -> bool:
    """Whether a command names another workspace: a copied folder must not work on the original."""
    if "-w" not in job.command[:-1]:
        return False
    named = Path(job.command[job.command.index("-w") + 1])
    return named.resolve() != Path(workspace).resolve()


def _run(workspace: Path, job: Job) -> None:
    """Run a job's command to its end, and put down how it ended."""
    folder, before = files.folder_of(workspace, job.id), processes.memory_kills()
    environment = {**os.environ, processes.MARK: job.id, "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
    try:
        with (folder / STDOUT).open("wb") as out, (folder / STDERR).open("wb") as log:
            child = subprocess.Popen(
                job.command, stdin=subprocess.DEVNULL, stdout=out, stderr=log, env=environment,
                start_new_session=True, preexec_fn=processes.as_child,  # noqa: PLW1509 - the worker has one thread
            )  # fmt: skip
    except OSError as error:
        why = f"The command cannot be started ({error.strerror}). Check the installation."
        _keep(folder, replace(job, state=FAILED, ended=files.now(), error=why))
        return
    job = replace(job, pid=child.pid)
    _keep(folder, job)
    job, status, peak = _follow(folder, job, child)
    processes.end_all(job.id, child.pid)  # a helper of its own may have outlived it
    job = replace(job, pid=0, peak_bytes=peak)
    if (folder / CANCEL).exists():
        ended = replace(job, state=CANCELLED, ended=files.now())
    elif status < 0 and _stops_soon(status):
        ended = replace(job, state=QUEUED, attempt=job.attempt - 1, done=0, total=0, phrase="")
    else:
        kills = (before, processes.memory_kills())
        ended = outcome(job, status, (folder / STDERR).read_text("utf-8", "replace"), kills)
    _keep(folder, ended)


def _follow(folder: Path, job: Job, child: subprocess.Popen[bytes]) -> tuple[Job, int, int]:
    """Watch a process: its progress from what it says, until it has ended. Also its status and its peak of memory."""
    with (folder / STDERR).open("r", encoding="utf-8", errors="replace") as log:
        rest = ""
        while True:
            pid, raw, used = os.wait4(child.pid, os.WNOHANG)
            rest += log.read()
            lines = rest.split("\n")
            rest = lines.pop()
            steps = [found for line in lines if (found := _PROGRESS.match(line))]
            if steps:
                done, total, phrase = steps[-1].groups()
                job = replace(job, done=int(done), total=int(total), phrase=phrase.strip())
                _keep(folder, job, tries=1)
            if pid:
                child.returncode = os.waitstatus_to_exitcode(raw)
                return job, child.returncode, int(used.ru_maxrss) * (1 if sys.platform == "darwin" else 1024)
            if _stopping or (folder / CANCEL).exists():
                processes.end_all(job.id, child.pid)
            time.sleep(_BEAT_SECONDS)


def _stops_soon(status: int) -> bool:
    """Whether the worker itself is being ended: who stops a service tells all of its processes at once."""
    if status == -signal.SIGTERM and not _stopping:
        time.sleep(0.5)
    return _stopping


def outcome(job: Job, status: int, said: str, kills: tuple[int, int] = (0, 0)) -> Job:
    """The job after its command's end.

    Parameters
    ----------
    job : Job
    status : int
        Exit status; minus a signal's number where one ended it.
    said : str
        All that it said on its error stream.
    kills : (int, int)
        :func:`twin.tasks.service.processes.memory_kills` before and after.
    """
    job = replace(job, ended=files.now(), exit_status=status)
    if status == 0:
        return replace(job, state=DONE, done=job.total or job.done)
    if why := processes.why_ended(status, *kills, job.peak_bytes):
        return replace(job, state=FAILED, error=why)
    lines = [line for line in said.splitlines() if line.strip() and not _PROGRESS.match(line)]
    for line in reversed(lines):
        if line.startswith('{"problems"'):
            with contextlib.suppress(ValueError, KeyError):
                problems = tuple(json.loads(line)["problems"])
                return replace(job, state=FAILED, problems=problems, error=f"{len(problems)} problems")
    words = "\n".join(lines) if "Traceback" not in said else (lines[-1] if lines else "")
    if "Traceback" in said and words.startswith(("MemoryError", "numpy._core._exceptions._ArrayMemoryError")):
        words = f"Memory ran out ({words}). Ask for fewer draws, or free memory."
    told = words.removeprefix("twin: ")[:_ERROR_LETTERS] or f"exit status {status}"
    return replace(job, state=FAILED, error=told)


def _keep(folder: Path, job: Job, tries: int = 20) -> None:
    """Put a state down; a full disk must not end the worker while it waits for room."""
    for attempt in range(tries):
        try:
            files.write(folder, job)
            return
        except OSError:
            if not folder.is_dir():
                return
            if attempt + 1 < tries:
                time.sleep(0.5)


def _last_line(folder: Path) -> str:
    try:
        lines = (folder / STDERR).read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    said = [line for line in lines if line.strip() and not _PROGRESS.match(line)]
    return f" The last that it said: {said[-1][:300]}" if said else ""


def _prune(workspace: Path) -> None:
    """Forget the oldest of very many jobs that have ended."""
    for id in files.ids(workspace)[:-_KEPT]:
        folder = files.folder_of(workspace, id)
        job = files.read(folder)
        if job is None or not job.active:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    work(Path(sys.argv[1]))
