"""Machine: compiled code or its NumPy twin, under the same names.

The compiled one is loaded when it is first asked for: from the cache of an earlier process, or by compiling.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import ModuleType

from twin.engine import reference, reference_calls, week

_loading = threading.Lock()


@dataclass(frozen=True)
class Machine:
    """The passes of a week.

    Parameters
    ----------
    name : str
    passes : module
        Passes over columns of customers.
    calls : module
        Visits and journeys.
    live : callable
        See :func:`twin.engine.week.live`.
    block : int
        Customers a block that suits it.
    """

    name: str
    passes: ModuleType
    calls: ModuleType
    live: Callable[..., None]
    block: int


NUMPY = Machine("numpy", reference, reference_calls, week.live, 1 << 30)


def machine(name: str = "compiled") -> Machine:
    """``compiled``, or ``numpy``: the same bits, slower, without a compiler.

    Raises
    ------
    ValueError
        Another name.
    """
    if name == "numpy":
        return NUMPY
    if name != "compiled":
        raise ValueError(f"engine: expected compiled or numpy, got {name!r}")
    with _loading:  # several threads may ask at once, and compiling twice is slow
        return _compiled()


COMPILING = "compiling the simulator, once on this machine"
"""What to tell while :func:`is_compiled` does not hold and work begins."""


def is_compiled() -> bool:
    """Whether an earlier process has left the machine code behind."""
    from twin.engine.compiling import cache_folder

    return any(cache_folder().glob("*/week.live-*.nbi"))


@cache
def _compiled() -> Machine:
    from twin.engine import compiling

    passes = importlib.import_module("twin.engine.passes")
    parts = (week.contact, week.respond, week.choose, week.note, week.live)
    live = compiling.compile_together(parts, passes=passes)
    return Machine("compiled", passes, importlib.import_module("twin.engine.calls"), live, week.BLOCK)
