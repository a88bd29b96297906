"""Compiling: how passes become machine code, and how the laws of :mod:`twin.response` get into them.

A law is plain Python on numbers. Here its constants become single precision and it is written into every pass that
calls it, so that the equations stand once. Strictly IEEE: nothing is reordered or fused, the bits are NumPy's.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
import numpy as np
from numba.core import config
from numba.core import types as kinds
from numba.extending import intrinsic, overload, register_jitable

import twin.draws
import twin.response
from twin.response import attraction, elementary, goodwill, journey, law, orders, steady, visiting

LAWS: tuple[Callable, ...] = (
    attraction.warmth, attraction.contact_utility, attraction.steepness, attraction.pull, attraction.one_over,
    attraction.category_factor, attraction.advance_habit,
    goodwill.channel_fit, goodwill.inflow, goodwill.is_seconded, goodwill.advance_goodwill,
    goodwill.advance_pressure, goodwill.fatigue,
    journey.considers_us, journey.discovery, journey.loss, journey.winback,
    law.own_lift, law.utility,
    orders.ordering_probability, orders.lumpy_volume,
    steady.either, steady.recently, steady.expected_inflow, steady.expected_contacts, steady.expected_discovery,
    steady.expected_winback, steady.settled, steady.uneven,
    visiting.usual_score, visiting.gumbel, visiting.recent_log, visiting.advance_recent,
    elementary.whole_power,
)  # fmt: skip


_KEPT_VERSIONS = 3


def _fingerprint() -> str:
    """Of everything that the machine code depends on and that numba itself does not watch."""
    digest = hashlib.blake2b(digest_size=8)
    for folder in (Path(__file__).parent, Path(twin.response.__file__ or "").parent):
        for source in sorted(folder.glob("*.py")):
            digest.update(source.read_bytes())
    digest.update(Path(twin.draws.__file__ or "").read_bytes())
    digest.update(f"{numba.__version__} {llvm.get_host_cpu_name()}".encode())
    return digest.hexdigest()


def cache_folder() -> Path:
    """Where machine code is kept between processes; ``NUMBA_CACHE_DIR`` moves it."""
    base = os.environ.get("NUMBA_CACHE_DIR") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "territory-twin" / _fingerprint()


def _prepare() -> None:
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        folder = Path(tempfile.gettempdir()) / f"territory-twin-{os.getuid() if hasattr(os, 'getuid') else 0}"
    config.CACHE_DIR = str(folder)
    _forget_old(folder)
    features = llvm.get_host_cpu_features()
    if features.get("avx512f") and not os.environ.get("NUMBA_CPU_FEATURES"):
        # compilers hold back from the widest registers for code that uses them rarely; here they are used all the time
        config.CPU_NAME, config.CPU_FEATURES = llvm.get_host_cpu_name(), features.flatten() + ",-prefer-256-bit"


def _forget_old(folder: Path) -> None:
    """Keep the machine code of a few earlier versions of the laws; another version may run beside this one."""
    others = [other for other in folder.parent.iterdir() if other != folder] if folder.is_dir() else []
    for other in sorted(others, key=lambda each: each.stat().st_mtime)[:-_KEPT_VERSIONS]:
        shutil.rmtree(other, ignore_errors=True)


_prepare()
compiled = numba.njit(error_model="numpy", nogil=True, cache=True, boundscheck=False)
"""Decorator of what Python calls: the machine code is kept for later processes."""
inner = numba.njit(error_model="numpy", nogil=True, boundscheck=False, no_cpython_wrapper=True)
"""Decorator of passes that only compiled code calls, and whose machine code is kept with it."""
_unrolled = numba.njit(error_model="numpy", nogil=True, boundscheck=False, inline="always")
written_in = register_jitable(inline="never", forceinline=True, error_model="numpy", no_cpython_wrapper=True)
"""Decorator of parts of passes that take numbers."""


def single_precision(function: Callable) -> Callable:
    """The same function with every floating constant in single precision."""
    constants = tuple(np.float32(c) if isinstance(c, float) else c for c in function.__code__.co_consts)
    names = {k: np.float32(v) if isinstance(v, float) else v for k, v in function.__globals__.items()}
    code = function.__code__.replace(co_consts=constants)
    return types.FunctionType(code, names, function.__name__, function.__defaults__, function.__closure__)


def compile_together(functions: tuple[Callable, ...], **instead: Any) -> Callable:
    """Compile functions that call one another, with some of their global names replaced; returns the last."""
    names = dict(functions[0].__globals__) | instead
    for function in functions:
        text = types.FunctionType(function.__code__, names, function.__name__, function.__defaults__)
        text.__qualname__, text.__module__ = function.__qualname__, function.__module__
        # the parts are written into the last one, for every level of calls would be compiled once more
        names[function.__name__] = compiled(text) if function is functions[-1] else _unrolled(text)
    return names[functions[-1].__name__]


def _teach(function: Callable, meaning: Callable) -> None:
    options = {"no_cpython_wrapper": True, "forceinline": True, "error_model": "numpy"}
    overload(function, inline="never", strict=False, jit_options=options)(lambda *arguments: meaning)


@intrinsic
def select(context: Any, condition: Any, yes: Any, no: Any) -> Any:
    """``yes`` or ``no`` by a machine instruction, without a branch."""
    kind = context.unify_types(yes, no)

    def instruction(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        either = [target.cast(builder, arguments[k], signature.args[k], kind) for k in (1, 2)]
        return builder.select(arguments[0], *either)

    return kind(condition, yes, no), instruction


def _read_as(other: Any) -> Any:
    @intrinsic
    def read(context: Any, value: Any) -> Any:
        def instruction(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.bitcast(arguments[0], target.get_value_type(other))

        return other(value), instruction

    return read


_whole, _float = _read_as(kinds.int32), _read_as(kinds.float32)


def _bits_of(x: Any) -> Any:
    return _whole(x)


def _float_of(bits: Any) -> Any:
    return _float(bits)


def _larger(a: Any, b: Any) -> Any:
    return select(a > b, a, b)


def _smaller(a: Any, b: Any) -> Any:
    return select(a < b, a, b)


def _either(condition: Any, yes: Any, no: Any) -> Any:
    return select(condition, yes, no)


for _law in LAWS:
    _teach(_law, single_precision(_law))
for _single in (elementary.exp_single, elementary.expm1_single, elementary.log_single):
    _teach(_single, _single)
_teach(elementary.exp, elementary.exp_single)
_teach(elementary.expm1, elementary.expm1_single)
_teach(elementary.log, elementary.log_single)
_teach(elementary.log1p, single_precision(lambda x: elementary.log_single(x + 1.0)))
_teach(elementary.maximum, _larger)
_teach(elementary.minimum, _smaller)
_teach(elementary.where, _either)
_teach(elementary.bits_of, _bits_of)
_teach(elementary.float_of, _float_of)
