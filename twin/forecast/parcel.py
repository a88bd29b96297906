"""Parcel: what every worker of a cluster gets once, and what it does with it. Knows no scheduler."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from threadpoolctl import threadpool_limits

from twin.forecast.executors import never

Versions = Mapping[str, str]
"""Version of everything that a run passes through, by name."""


@dataclass(frozen=True)
class Parcel:
    """What every worker gets once.

    Parameters
    ----------
    task : Task
        See :class:`twin.forecast.executors.Task`.
    versions : callable
        Function of a module, so that it is the worker's own that answers there.
    expected : mapping
        What ``versions`` said where the parcel was made.
    """

    task: Any
    versions: Callable[[], Versions]
    expected: Versions

    def __reduce__(self) -> tuple[Callable[..., Parcel], tuple[Any, ...]]:
        return _arrived, (self.task, self.versions, self.expected)


def _arrived(task: Any, versions: Callable[[], Versions], expected: Versions) -> Parcel:
    """The parcel on a worker.

    Arrays that came over the network may be read-only or lie at odd addresses, which compiled code takes for another
    type; copies are like those that were sent.
    """
    return Parcel(copy.deepcopy(task), versions, expected)


@dataclass(frozen=True)
class Refusal:
    """A worker's answer when it must not do the work.

    Parameters
    ----------
    expected, found : str
        Of the version that differs.
    """

    expected: str
    found: str


def work(parcel: Parcel, key: int) -> Any:
    """One chunk, on a worker.

    Parameters
    ----------
    parcel : Parcel
    key : int

    Returns
    -------
    object
        Result of the task, or a :class:`Refusal`: workers that joined late have not been asked for their versions yet.
    """
    if difference := difference_of(parcel.expected, parcel.versions()):
        return Refusal(*difference)
    _one_thread_each()
    return parcel.task.run(key, never)


@cache
def _one_thread_each() -> None:
    """Workers run side by side: none of them needs further threads for its sums."""
    threadpool_limits(1)


def difference_of(ours: Versions, theirs: Versions) -> tuple[str, str] | None:
    """The first version that differs, as it was expected and as it was found."""
    for name, version in ours.items():
        if theirs.get(name) != version:
            return f"{name} {version}", f"{name} {theirs.get(name, 'none')}"
    return None
