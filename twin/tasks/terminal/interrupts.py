"""Interrupts: Ctrl-C is heard even where a library that is being loaded swallows it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_struck = threading.Event()


@contextmanager
def heard() -> Iterator[None]:
    """While this lasts an interrupt acts as usual, and is remembered for :func:`check`."""

    def strike(signum: int, frame: object) -> None:
        _struck.set()
        raise KeyboardInterrupt

    _struck.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(signal.SIGINT, strike)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def check() -> None:
    """Act on an interrupt that was swallowed.

    Raises
    ------
    KeyboardInterrupt
        When there was one since :func:`heard` began.
    """
    if _struck.is_set():
        raise KeyboardInterrupt
