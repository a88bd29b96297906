"""Bench calls: every pass of a week with the arguments that it really got, to be timed and looked at alone.

The week is lived by the NumPy twin, whose passes have the names and arguments of the compiled ones; what is handed to
them is kept. So nothing of the order of the passes is written here a second time.
"""

from __future__ import annotations

import inspect
import re
import types
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numba
import numpy as np
from bench_lives import Stand, live, model_of

from twin.engine import reference, reference_calls, week
from twin.engine.machine import Machine, machine

LIVED_WEEKS = 8
_PARTS = ("contact", "respond", "choose", "note", "live")
_RARE = frozenset(
    {"see.start", "see.listener", "see.heard", "choose_visits.low", "choose_visits.high", "choose_visits.due"}
)
"""Columns that are looked into here and there, or not at all in a baseline, instead of from end to end."""
_PACKED = re.compile(
    r"^\s*v(?:add|sub|mul|div|min|max|cmp|and|blend|pmul|padd|psub|psrl|pand|pxor|por|pcmp|ptest|pblend|ptern)"
    r"(?!\w*s[sd]\s)\w*\s.*\b([xyz])mm"
)
_SINGLE = re.compile(r"^\s*(?:v(?:add|sub|mul|div)s[sd]|imulq?|mulx?q?)\s")
"""Arithmetic on several numbers at once, and on one number."""
_CALLED = re.compile(r"(?:movabsq\s+\$|callq?\s+)([A-Za-z_]\w*)\b")


@dataclass(frozen=True)
class Call:
    """One call of a pass in a week.

    Parameters
    ----------
    name : str
    arguments : tuple
        As they were before the call; arrays are copies.
    read, written : dict of int to int
        Bytes by address, of the columns that it was handed and of those that it changed.
    """

    name: str
    arguments: tuple
    read: dict[int, int]
    written: dict[int, int]


class Keeper:
    """A machine that lives weeks with the NumPy passes, block by block, and keeps what they are given.

    Parameters
    ----------
    it : Stand
        Of the NumPy machine.

    Attributes
    ----------
    sweeps : list of Call
        What Python called in the week over all customers, without the blocks.
    blocks : list of Call
        Passes over blocks, block by block.
    """

    def __init__(self, it: Stand) -> None:
        self.n, self.sweeps, self.blocks = it.n, [], []
        names = dict(vars(week)) | {"passes": _watched(reference, self.blocks)}
        for name in _PARTS:  # the week's own text, over watched passes
            names[name] = types.FunctionType(getattr(week, name).__code__, names, name)
        model = model_of(it)
        model.crowd.machine = Machine(
            "kept", _watched(reference, self.sweeps), _watched(reference_calls, self.sweeps), names["live"], week.BLOCK
        )
        model.crowd._make_room(False)
        live(model, LIVED_WEEKS - 1)
        self.sweeps.clear()
        self.blocks.clear()
        live(model, 1)
        room, left = model.crowd.room, model.crowd.left
        self._in_cache = [_span(each) for each in (*room, left.contacts, left.volume, left.moved)]

    def bytes_touched(self) -> float:
        """Bytes a customer that a week reads from memory and writes to it, each column once a sweep."""
        sweeps = [(call.read, call.written) for call in self.sweeps]
        block_read, block_written = {}, {}
        for call in self.blocks:
            block_read |= call.read
            block_written |= call.written
        sweeps.append((self._outside(block_read), self._outside(block_written)))
        return sum(sum(read.values()) + sum(written.values()) for read, written in sweeps) / self.n

    def _outside(self, places: dict[int, int]) -> dict[int, int]:
        """Without the room that blocks share, which never leaves the cache."""
        return {a: size for a, size in places.items() if not any(lo <= a < hi for lo, hi in self._in_cache)}


def _span(array: np.ndarray) -> tuple[int, int]:
    address = array.__array_interface__["data"][0]
    return address, address + array.nbytes


def _watched(module: Any, kept: list[Call]) -> Any:
    called = {name: each for name, each in vars(module).items() if isinstance(each, types.FunctionType)}
    return SimpleNamespace(**{name: _watch(name, each, kept) for name, each in called.items()})


def _watch(name: str, function: Callable, kept: list[Call]) -> Callable:
    parameters = list(inspect.signature(function).parameters)

    def call(*arguments: Any) -> Any:
        before = tuple(copied(each) for each in arguments)
        result = function(*arguments)
        read, written = {}, {}
        for parameter, now, then in zip(parameters, arguments, before):
            if isinstance(now, np.ndarray) and f"{name}.{parameter}" not in _RARE:
                read[_span(now)[0]] = now.nbytes
                if not np.array_equal(now, then):
                    written[_span(now)[0]] = now.nbytes
        kept.append(Call(name, before, read, written))
        return result

    return call


def copied(value: Any) -> Any:
    """An argument whose arrays are copies."""
    return value.copy() if isinstance(value, np.ndarray) else value


def repeated(name: str) -> Callable:
    """A compiled loop that makes a call so many times; its machine code is not kept between processes."""
    works = machine("compiled")
    function = getattr(works.passes, name, None) or getattr(works.calls, name)

    @numba.njit(error_model="numpy", nogil=True, boundscheck=False)
    def loop(times, arguments):
        for _ in range(times):
            function(*arguments)

    return loop


def arithmetic(loop: Any) -> Counter[str]:
    """Instructions that compute in a loop of :func:`repeated`, once called, by their registers: z, y, x, or one."""
    lines = [line for text in loop.inspect_asm().values() for line in text.splitlines()]
    wide = Counter(found[1] for line in lines if (found := _PACKED.match(line)))
    return wide + Counter(one=sum(bool(_SINGLE.match(line)) for line in lines))


def called(loop: Any) -> set[str]:
    """Functions outside of the machine code that a loop calls, as those of the C library, one number at a time."""
    names = {name for text in loop.inspect_asm().values() for name in _CALLED.findall(text)}
    return {name for name in names if not name.startswith(("NRT_", "Py", "_", "numba"))}


def widest(loop: Any) -> str:
    """Widest registers in which a loop computes several numbers at once: zmm, ymm, xmm or none."""
    found = arithmetic(loop)
    return next((f"{width}mm" for width in "zyx" if found[width]), "none")
