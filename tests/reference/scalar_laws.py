"""Scalar laws: the laws of :mod:`twin.response` over single Python numbers, in double precision.

Each law keeps its text; only the elementary functions that it calls are exchanged for those of :mod:`math`, which are
ten times faster on one number than NumPy's. So the equations stand once, and a scalar model reads them too.
"""

from __future__ import annotations

import math
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from twin.response import attraction as attraction_of_arrays
from twin.response import goodwill as goodwill_of_arrays
from twin.response import journey as journey_of_arrays
from twin.response import law as law_of_arrays
from twin.response import orders as orders_of_arrays
from twin.response import visiting as visiting_of_arrays

UNAWARE, TRIAL, REPEAT, LAPSED = (int(stage) for stage in journey_of_arrays.Stage)


def _where(condition: bool, yes: float, no: float) -> float:
    return yes if condition else no


def _power(base: float, count: int) -> float:
    return base**count


_ELEMENTARY = {
    "exp": math.exp,
    "expm1": math.expm1,
    "log": math.log,
    "log1p": math.log1p,
    "maximum": max,
    "minimum": min,
    "where": _where,
    "whole_power": _power,
    "Stage": SimpleNamespace(UNAWARE=UNAWARE, TRIAL=TRIAL, REPEAT=REPEAT, LAPSED=LAPSED),
}


def scalar(module: ModuleType, **others: Any) -> SimpleNamespace:
    """The functions of a module of laws, over single numbers; ``others`` are modules that they call."""
    names = {**vars(module), **_ELEMENTARY, **others}
    laws = [f for f in vars(module).values() if isinstance(f, FunctionType) and f.__module__ == module.__name__]
    for law in laws:
        names[law.__name__] = FunctionType(law.__code__, names, law.__name__, law.__defaults__)
    return SimpleNamespace(**{law.__name__: names[law.__name__] for law in laws})


attraction = scalar(attraction_of_arrays)
goodwill = scalar(goodwill_of_arrays)
journey = scalar(journey_of_arrays)
orders = scalar(orders_of_arrays)
visiting = scalar(visiting_of_arrays)
law = scalar(law_of_arrays, attraction=attraction, goodwill=goodwill)
