"""Processes: a job's processes found by a mark in their environment, ended, and asked after when they died.

A mark is inherited by every child, whatever session it moves to; a number can be given to a stranger later.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path

MARK = "TWIN_JOB"
_PROC = Path("/proc")
_DEATH_SIGNAL = 1
_SURER_VICTIM = "600"
_GENTLE_SECONDS, _FIRM_SECONDS = 1.2, 1.5


def marked(id: str) -> list[int]:
    """Living processes of a job, ours left out; empty where the system does not show environments."""
    wanted, found = f"{MARK}={id}".encode(), []
    for entry in _PROC.glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:  # somebody else's, or gone
            continue
        if wanted in environment.split(b"\0") and int(entry.name) != os.getpid():
            found.append(int(entry.name))
    return found


def end_all(id: str, leader: int = 0) -> bool:
    """End every process of a job within three seconds: asked first, then made to.

    Parameters
    ----------
    id : str
    leader : int
        Leader of the job's group, for systems that do not show environments.

    Returns
    -------
    bool
        Whether none is left.
    """
    for sign, patience in ((signal.SIGTERM, _GENTLE_SECONDS), (signal.SIGKILL, _FIRM_SECONDS)):
        _signal(id, leader, sign)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not _PROC.is_dir() or not _alive(id):
                return True
            time.sleep(0.03)
            if sign is signal.SIGKILL:
                _signal(id, leader, sign)  # one may have been born between the look and the blow
    return not _alive(id)


def _alive(id: str) -> list[int]:
    """Marked processes that are more than a record waiting for its parent to read it."""
    return [pid for pid in marked(id) if not _buried(pid)]


def _buried(pid: int) -> bool:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return True


def _signal(id: str, leader: int, sign: signal.Signals) -> None:
    if not _PROC.is_dir():
        if leader > 0:
            with contextlib.suppress(OSError):
                os.killpg(leader, sign)
        return
    for pid in marked(id):
        # a handle stays with its process: the number could pass to a stranger between the look and the blow
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(pid)
            try:
                if pid in marked_among(id, [pid]):
                    signal.pidfd_send_signal(handle, sign)
            finally:
                os.close(handle)


def marked_among(id: str, pids: list[int]) -> list[int]:
    """Those of some processes that bear a job's mark."""
    wanted, found = f"{MARK}={id}".encode(), []
    for pid in pids:
        with contextlib.suppress(OSError):
            if wanted in (_PROC / str(pid) / "environ").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def as_child() -> None:
    """What a job's process does to itself before it becomes the command: it dies with its worker, and before others.

    Where memory runs out the system shall take the job, not the dashboard or the worker that can say why.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, int(signal.SIGKILL), 0, 0, 0)
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(_SURER_VICTIM)


def memory_kills() -> int:
    """How many processes the system has ended for want of memory, so far; 0 where it does not say."""
    found = 0
    for path in (_PROC / "vmstat", *_group_events()):
        with contextlib.suppress(OSError, ValueError):
            lines = (line.split() for line in path.read_text().splitlines())
            found += sum(int(parts[-1]) for parts in lines if parts and parts[0] == "oom_kill")
    return found


def _group_events() -> list[Path]:
    """Files in which this process's control group, of either generation, counts what was ended in it."""
    with contextlib.suppress(OSError):
        rows = (line.split(":", 2) for line in (_PROC / "self" / "cgroup").read_text().splitlines())
        root, found = Path("/sys/fs/cgroup"), []
        for _, kinds, path in rows:
            if kinds in ("", "memory"):
                name = "memory.oom_control" if kinds else "memory.events"
                found += [root / kinds / path.strip("/") / name, root / kinds / name]
        return found
    return []


def why_ended(status: int, kills_before: int, kills_now: int, peak_bytes: int) -> str:
    """Why a process ended by a signal, in plain words; empty where none ended it.

    Parameters
    ----------
    status : int
        As :class:`subprocess.Popen` gives it: minus the signal's number.
    kills_before, kills_now : int
        From :func:`memory_kills` around its life.
    peak_bytes : int
        Most memory that it has held; 0 where it is not known.
    """
    if status >= 0:
        return ""
    held = f" It held {peak_bytes / 1e9:.1f} GB at most." if peak_bytes else ""
    if -status == signal.SIGKILL and kills_now > kills_before:
        why = "The memory of this machine ran out and the system ended the run."
        return f"{why}{held} Ask for fewer draws, or free memory."
    if -status == signal.SIGKILL:
        return f"The run was ended from outside (SIGKILL), by a person or for want of memory.{held} Start it again."
    name = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    if -status in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGABRT):
        return f"A fault in compiled code ended the run ({name}).{held} The log says where."
    return f"The run was ended from outside ({name}).{held} Start it again."
