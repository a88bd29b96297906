"""Compiling of the planner's kernels: machine code without a count of references, for they make no arrays.

What :mod:`twin.engine.compiling` says of folders and registers holds here too. Counting the references of so many
arrays at every call takes several times as long as the work itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from importlib import resources
from typing import Any

import numba
from numba.core import config

import twin.engine.compiling  # noqa: F401  machine code is kept where the engine keeps its own

_OPTIONS: dict[str, Any] = {"error_model": "numpy", "nogil": True, "boundscheck": False, "_nrt": False}
inner = numba.njit(no_cpython_wrapper=True, **_OPTIONS)
"""Decorator of what only compiled code calls."""


def compiled(function: Callable) -> Any:
    """Decorator of what Python calls: its machine code is kept, for as long as none of the kernels changes.

    By itself numba looks at the one file of the function and not at those that it calls.
    """
    kernels = sorted(
        (each.name, each.read_bytes())
        for each in resources.files("twin.planning").iterdir()
        if each.name.endswith("_kernels.py")
    )
    digest = hashlib.blake2b(b"".join(text for _, text in kernels), digest_size=8).hexdigest()
    folder = config.CACHE_DIR
    try:
        config.CACHE_DIR = f"{folder}/tours-{digest}"
        return numba.njit(cache=True, **_OPTIONS)(function)
    finally:
        config.CACHE_DIR = folder
