"""Tasks and executors that leave a trace of what was run; a module of its own, for workers import it."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields, is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from twin.forecast.executors import Executor, Serial


@dataclass(frozen=True)
class Counted:
    """A task that writes down each chunk that is begun, and by which process.

    Parameters
    ----------
    task : Task
    folder : Path
    deadly : int
        The process that is the first to begin this key is killed in the middle of it; -1 for none.
    """

    task: Any
    folder: Path
    deadly: int = -1

    def run(self, key: int, stopped: Callable[[], bool]) -> Any:
        first = not any(self.folder.glob(f"{key}-*"))
        (self.folder / f"{key}-{os.getpid()}-{secrets.token_hex(4)}").touch()
        if key == self.deadly and first:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.task.run(key, stopped)


def begun(folder: Path) -> list[tuple[int, int]]:
    """Key and process of everything that was begun."""
    return [(int(key), int(process)) for key, process, _ in (path.name.split("-") for path in folder.iterdir())]


def counts(folder: Path) -> dict[int, int]:
    """How often each key was begun."""
    return dict(Counter(key for key, _ in begun(folder)))


@dataclass
class Counting:
    """An executor that counts what another one runs, and may be interrupted.

    Parameters
    ----------
    folder : Path
    by : Executor
    deadly : int
        See :class:`Counted`.
    stops_after : int, optional
        Ctrl-C strikes when so many chunks have been handed over.
    """

    folder: Path
    by: Executor = field(default_factory=Serial)
    deadly: int = -1
    stops_after: int | None = None

    def run(self, task: Any, keys: Sequence[int]) -> Iterator[tuple[int, Any]]:
        with closing(self.by.run(Counted(task, self.folder, self.deadly), keys)) as results:
            for handed_over in range(len(keys)):
                if handed_over == self.stops_after:
                    raise KeyboardInterrupt
                yield next(results)


def own_versions() -> dict[str, str]:
    """Versions that no two processes share, but for the engine's."""
    return {"distributed": metadata.version("distributed"), "numpy": f"0.{os.getpid()}"}


def versions_of_a_parent() -> dict[str, str]:
    """Versions that can be told only where there is no worker around."""
    if multiprocessing.parent_process() is not None:
        raise ModuleNotFoundError("No module named 'twin'")
    return {"distributed": metadata.version("distributed")}


@dataclass(frozen=True)
class Looks:
    """A task whose result is how its arrays lie in memory, and how many threads a library may use there.

    Parameters
    ----------
    study : object
        Dataclasses that hold arrays.
    """

    study: Any

    def run(self, key: int, stopped: Callable[[], bool]) -> Any:
        libraries = [library["num_threads"] for library in threadpool_info()]
        return dict(lies(self.study)), max(libraries, default=1)


def lies(value: Any, place: str = "") -> Iterator[tuple[str, tuple[object, ...]]]:
    """Type and flags of every array below a value, by place."""
    if is_dataclass(value):
        for each in fields(value):
            yield from lies(getattr(value, each.name), f"{place}.{each.name}")
    elif isinstance(value, np.ndarray):
        flags = value.flags
        yield (
            place,
            (value.dtype.str, value.shape, flags.writeable, flags.aligned, flags.c_contiguous, flags.f_contiguous),
        )
    elif isinstance(value, tuple):
        for number, each in enumerate(value):
            yield from lies(each, f"{place}[{number}]")
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from lies(each, f"{place}[{name}]")
