"""Executors hand over every chunk once, keep few under way, and leave off when nobody waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from twin.forecast.executors import IN_FLIGHT, GivenUp, Serial, Threads, on_this_machine

EXECUTORS = [Serial(), Threads(1), Threads(3)]


class Squares:
    """A task that notes what was begun, and fails or waits at one key when told to."""

    def __init__(self, fails_at: int = -1, waits_at: int = -1) -> None:
        self.fails_at, self.waits_at = fails_at, waits_at
        self.begun: list[int] = []
        self.waiting, self.given_up = threading.Event(), threading.Event()

    def run(self, key: int, stopped: Callable[[], bool]) -> int:
        self.begun.append(key)
        if key == self.fails_at:
            raise ValueError(f"key {key}")
        if key == self.waits_at:
            self.waiting.set()
            while not stopped():
                pass
            self.given_up.set()
            raise GivenUp
        return key * key


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_every_key_comes_back_once_with_its_own_result(executor):
    task = Squares()
    found = list(executor.run(task, range(20)))
    assert sorted(found) == [(key, key * key) for key in range(20)]
    assert sorted(task.begun) == list(range(20))


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_no_key_is_no_work(executor):
    assert list(executor.run(Squares(), [])) == []


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_few_chunks_wait_to_be_taken(executor):
    task, taken = Squares(), 0
    most = IN_FLIGHT * getattr(executor, "n_threads", 1)
    with closing(executor.run(task, range(100))) as results:
        for _ in range(10):
            next(results)
            taken += 1
            assert len(task.begun) - taken <= most


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_a_fault_of_one_chunk_ends_the_whole(executor):
    task = Squares(fails_at=3)
    with pytest.raises(ValueError, match="key 3"):
        list(executor.run(task, range(1000)))
    assert len(task.begun) < 1000


def test_a_chunk_under_way_is_given_up_when_nobody_waits():
    task = Squares(waits_at=1)
    results = Threads(2).run(task, [0, 1, *range(2, 1000)])
    next(results)
    assert task.waiting.wait(20.0)
    results.close()
    assert task.given_up.wait(20.0)
    assert len(task.begun) < 1000


def test_one_thread_needs_no_pool():
    assert on_this_machine(1) == Serial() and on_this_machine(4) == Threads(4)
