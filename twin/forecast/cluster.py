"""Cluster: chunks are worked through by the workers of a Dask scheduler, over plain TCP.

The task travels once to every worker; then keys go out and results come back as they are finished. A worker that dies
costs the chunks that lay with it, which others run again. Knows neither draws nor scenarios.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from twin.errors import TwinError
from twin.forecast.executors import IN_FLIGHT, Result, Task
from twin.forecast.parcel import Parcel, Refusal, Versions, difference_of, work

_POLL_SECONDS = 2.0
_CLOSE_SECONDS = 5.0
_RETRIES = 2
"""Of a chunk that raised an error on its worker; deaths of workers are counted by the scheduler."""
_LOSSES = 3
"""How often in a row all workers may die before a single chunk is finished."""


@dataclass(frozen=True)
class Cluster:
    """Workers of a Dask scheduler.

    Parameters
    ----------
    address : str
        Of the scheduler, such as ``tcp://10.0.0.5:8786``.
    versions : callable
        Function of a module: versions that must be the same here and on every worker.
    connect_seconds : float
        How long to wait for the scheduler.
    alone_seconds : float
        How long to wait for workers when there are none.
    """

    address: str
    versions: Callable[[], Versions]
    connect_seconds: float = 5.0
    alone_seconds: float = 30.0

    def meet(self) -> None:
        """See that the scheduler answers and that its workers are like us, before there is work.

        Raises
        ------
        TwinError
        """
        client = self._connected()
        try:
            self._refuse_strangers(client)
        finally:
            _close(client)

    def run(self, task: Task[Result], keys: Sequence[int]) -> Generator[tuple[int, Result], None, None]:
        """See :class:`twin.forecast.executors.Executor`.

        Raises
        ------
        TwinError
            When the scheduler or its workers cannot be reached, are of other versions, or are lost on the way.
        """
        if not keys:
            return
        client = self._connected()
        try:
            self._refuse_strangers(client)
            parcel = Parcel(task, self.versions, self.versions())
            waiting, losses = deque(keys), 0
            while waiting:
                for arrived in self._flow(client, self._sent(client, parcel), waiting):
                    losses = 0
                    yield arrived
                losses += bool(waiting)
                if losses == _LOSSES:
                    raise self._dying(f"that all of them died {losses} times in a row")
        finally:
            _close(client)

    def _connected(self) -> Any:
        """Client of the scheduler."""
        engine = _engine()
        found: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def connect() -> None:
            try:
                found.put(engine.Client(self.address, timeout=self.connect_seconds, set_as_default=False))
            except Exception as error:  # whatever answered there, it is no scheduler
                found.put(error)

        # in a thread of its own: a port where nobody says a word would hold the engine for ever
        threading.Thread(target=connect, daemon=True).start()
        try:
            client = found.get(timeout=self.connect_seconds + 1.0)
        except queue.Empty:
            client = TimeoutError(f"somebody who says nothing for {self.connect_seconds:g} s")
        if isinstance(client, Exception):
            raise self._error(
                "a Dask scheduler such as tcp://10.0.0.5:8786",
                f"none: {str(client) or type(client).__name__}",
                "Start one with `dask scheduler`, check address and firewall, or leave --cluster out.",
            ) from client
        return client

    def _refuse_strangers(self, client: Any) -> None:
        """See that there are workers and that all of them are like us."""
        self._wait_for_workers(client)
        try:
            answers = client.run(self.versions, on_error="return")
            scheduler = client.get_versions(check=False)["scheduler"]["packages"]
        except OSError as error:
            raise self._lost() from error
        ours = self.versions()
        if scheduler["distributed"] != ours["distributed"]:
            answers = {"the scheduler": {**ours, "distributed": scheduler["distributed"]}, **answers}
        for place, theirs in answers.items():
            if isinstance(theirs, Exception):
                raise self._error(
                    "the same twin on every worker", f"on {place}: {theirs}", "Install it there and start the worker."
                )
            if difference := difference_of(ours, theirs):
                expected, found = difference
                raise self._error(expected, f"{found} on {place}", _SAME)

    def _wait_for_workers(self, client: Any) -> None:
        try:
            client.wait_for_workers(1, timeout=self.alone_seconds)
        except TimeoutError as error:
            raise self._alone() from error
        except OSError as error:
            raise self._lost() from error

    def _sent(self, client: Any, parcel: Parcel) -> Any:
        """Future of the task, a copy of it on every worker."""
        self._wait_for_workers(client)
        try:
            return client.scatter(parcel, broadcast=True, hash=False)
        except (OSError, CancelledError) as error:
            raise self._lost() from error

    def _flow(self, client: Any, shared: Any, waiting: deque[int]) -> Generator[tuple[int, Any], None, None]:
        """Results as they arrive. Ends with keys left in ``waiting`` when no worker has the task any more."""
        ended: queue.SimpleQueue[Any] = queue.SimpleQueue()
        under_way: dict[str, tuple[int, Any]] = {}
        while waiting or under_way:
            room = self._room(client) - len(under_way)
            for _ in range(min(room, len(waiting))):
                future = client.submit(work, shared, waiting[0], retries=_RETRIES, pure=False)
                under_way[future.key] = waiting.popleft(), future
                future.add_done_callback(ended.put)
            future = self._next(client, ended)
            key, _ = under_way.pop(future.key)
            try:
                result = self._taken(future, key)
            except CancelledError as error:
                if client.status != "running":
                    raise self._lost() from error
                waiting.extendleft(sorted([key, *(other for other, _ in under_way.values())], reverse=True))
                return
            del future, _
            yield key, result

    def _room(self, client: Any) -> int:
        """How many chunks may be under way."""
        try:
            return IN_FLIGHT * max(sum(client.nthreads().values()), 1)
        except OSError as error:
            raise self._lost() from error

    def _next(self, client: Any, ended: queue.SimpleQueue[Any]) -> Any:
        """A chunk that has come to an end."""
        alone = 0.0
        while True:
            try:
                return ended.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if client.status != "running":
                    raise self._lost() from None
            try:
                alone = 0.0 if client.nthreads() else alone + _POLL_SECONDS
            except OSError as error:
                raise self._lost() from error
            if alone > self.alone_seconds:
                raise self._alone()

    def _taken(self, future: Any, key: int) -> Any:
        """Result of a chunk."""
        if future.status == "error":
            error = future.exception()
            if isinstance(error, _engine().KilledWorker):
                raise self._dying(f"that several died of the same piece of work (number {key})") from error
            raise error
        try:
            result = future.result()
        except OSError as error:
            raise self._lost() from error
        if isinstance(result, Refusal):
            raise self._error(result.expected, result.found, _SAME)
        return result

    def _dying(self, found: str) -> TwinError:
        cure = f"Look at their logs and give each more memory. {_KEPT}"
        return self._error("workers that finish what they begin", found, cure)

    def _alone(self) -> TwinError:
        return self._error(
            "at least one worker",
            f"none for {self.alone_seconds:g} s",
            f"Start some with `dask worker {self.address} --no-dashboard`. {_KEPT}",
        )

    def _lost(self) -> TwinError:
        return self._error(
            "the scheduler to go on answering",
            "the connection lost",
            f"Start it again with its workers and repeat the command. {_KEPT}",
        )

    def _error(self, expected: str, found: str, cure: str) -> TwinError:
        return TwinError(f"cluster {self.address}: expected {expected}, found {found}. {cure}")


_SAME = "Install the same versions on every machine and start its workers again."
_KEPT = "What a forecast has finished is kept, and the same command goes on from there."


def _close(client: Any) -> None:
    with suppress(Exception):  # what is closed already, or gone, cannot be closed
        client.close(timeout=_CLOSE_SECONDS)


def _engine() -> Any:
    """The package behind all this, which is an extra of the installation."""
    try:
        import distributed
    except ImportError as error:
        raise TwinError(
            "--cluster: expected the package distributed, found none. Install the twin with its extra `cluster`, "
            "or leave --cluster out."
        ) from error
    # what goes wrong is said once, in our words
    for name in tuple(logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    return distributed
