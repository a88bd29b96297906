"""Philox, compiled: the words of :func:`twin.draws.words` for one customer. Salmon et al. (2011)."""

from __future__ import annotations

import numpy as np

from twin.draws import Purpose, counter_word
from twin.engine.compiling import written_in

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _SHIFT, _ONE = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint32(1)
_F, _I, _U, _L = np.float32, np.int32, np.uint32, np.uint64
_HALF, _STEP = np.float32(0.5), np.float32(2.0**-31)
_HALF_MASK, _HALF_STEP = np.uint32(0xFFFF), np.float32(2.0**-16)

WEEK = np.uint32(counter_word(Purpose.WEEK, 0))
"""Third counter word of a customer's week."""


@written_in
def philox(c0, c1, c2, c3, k0, k1):
    """Four words of a block, uint64 each below 2**32: 64-bit lanes throughout, for a multiplication fills them."""
    c0, c1, c2, c3, k0, k1 = _L(c0), _L(c1), _L(c2), _L(c3), _L(k0), _L(k1)
    for _ in range(10):
        p0, p1 = c0 * _M0, c2 * _M1
        c0, c2 = (p1 >> _SHIFT) ^ c1 ^ k0, (p0 >> _SHIFT) ^ c3 ^ k1
        c1, c3 = p1 & _LOW, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


@written_in
def unit(word):
    """As :func:`twin.draws.unit`."""
    return (_F(_I(_U(word) >> _ONE)) + _HALF) * _STEP


@written_in
def half(word, shift):
    """As :func:`twin.draws.half`."""
    return (_F(_I((_U(word) >> _U(shift)) & _HALF_MASK)) + _HALF) * _HALF_STEP
