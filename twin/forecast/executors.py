"""Executors: who works through the chunks of a task, on this machine. Knows neither draws nor scenarios.

A result depends on the task and its key alone. Which thread or which machine makes it, and when it arrives, decides
nothing; whoever combines results does so in the order of keys. Machines elsewhere: :mod:`twin.forecast.cluster`.
"""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

from threadpoolctl import threadpool_limits

Result = TypeVar("Result")
Made_co = TypeVar("Made_co", covariant=True)

MOST_THREADS = 8
"""More threads than that wait for one another: a part of every week holds Python's lock."""
IN_FLIGHT = 2
"""Chunks under way for each thread: one that runs and one that is ready. Bounds what waits in memory."""


class GivenUp(Exception):
    """A chunk that was left off because nobody waits for it any more."""


def never() -> bool:
    """Nobody asks to stop."""
    return False


class Task(Protocol[Made_co]):
    """What all chunks share; each is told apart by its key."""

    def run(self, key: int, stopped: Callable[[], bool]) -> Made_co:
        """Result of one chunk.

        Parameters
        ----------
        key : int
        stopped : callable
            True once nobody waits any more; a long chunk asks now and then.

        Raises
        ------
        GivenUp
            When ``stopped`` said so.
        """


class Executor(Protocol):
    """Whoever works through chunks."""

    def run(self, task: Task[Result], keys: Sequence[int]) -> Generator[tuple[int, Result], None, None]:
        """Key and result of every chunk, in the order in which they are finished.

        Whoever stops asking closes the iterator, which gives up what is under way.
        """


@dataclass(frozen=True)
class Serial:
    """One chunk after the other."""

    def run(self, task: Task[Result], keys: Sequence[int]) -> Generator[tuple[int, Result], None, None]:
        """See :class:`Executor`."""
        with threadpool_limits(1):
            for key in keys:
                yield key, task.run(key, never)


@dataclass(frozen=True)
class Threads:
    """Threads of this process over one copy of the task in memory.

    Parameters
    ----------
    n_threads : int
    """

    n_threads: int

    def run(self, task: Task[Result], keys: Sequence[int]) -> Generator[tuple[int, Result], None, None]:
        """See :class:`Executor`. An interrupt is not kept waiting: threads see for themselves that they may stop."""
        rest = iter(keys)
        given_up = threading.Event()
        under_way: dict[Future[Result], int] = {}
        pool = ThreadPoolExecutor(self.n_threads, "draws")
        try:
            # the sums of a threaded library depend on how many threads it has
            with threadpool_limits(1):
                while True:
                    for key in islice(rest, IN_FLIGHT * self.n_threads - len(under_way)):
                        under_way[pool.submit(task.run, key, given_up.is_set)] = key
                    if not under_way:
                        return
                    ended = next(iter(wait(under_way, return_when=FIRST_COMPLETED).done))
                    yield under_way.pop(ended), ended.result()
                    del ended
        finally:
            given_up.set()
            pool.shutdown(wait=False, cancel_futures=True)


def usual_threads() -> int:
    """One a core, at most :data:`MOST_THREADS`."""
    return min(multiprocessing.cpu_count(), MOST_THREADS)


def on_this_machine(n_threads: int) -> Executor:
    """Executor of so many threads."""
    return Serial() if n_threads <= 1 else Threads(n_threads)
