"""Compiling of the planner's kernels: machine code without a count of references, for they make no arrays.

What :mod:`twin.engine.compiling` says of folders and registers holds here too; counting would cost a third of the time.
"""

from __future__ import annotations

import numba

import twin.engine.compiling  # noqa: F401  machine code is kept where the engine keeps its own

compiled = numba.njit(error_model="numpy", nogil=True, cache=True, boundscheck=False, _nrt=False)
"""Decorator of what Python calls: the machine code is kept for later processes."""
inner = numba.njit(error_model="numpy", nogil=True, boundscheck=False, no_cpython_wrapper=True, _nrt=False)
"""Decorator of what only compiled code calls."""
