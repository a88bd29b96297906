"""Elementary functions of the laws: exact in double precision, and in single precision the same bits everywhere.

In single precision each function is a fixed chain of additions, multiplications and divisions, the operations that IEEE
754 defines to the last bit. So a law gives the same bits in NumPy and compiled, on any processor, in any order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_F, _I = np.float32, np.int32
_LOG2_E, _LN2_HIGH, _LN2_LOW = _F(1.4426950408889634), _F(0.693359375), _F(-2.12194440e-4)
_HALF, _ONE = _F(0.5), _F(1.0)
_EXP_LOW, _EXP_HIGH = _F(-87.0), _F(88.0)
# minimax polynomials: (exp(r) - 1 - r) / r**2 on |r| <= ln(2) / 2
_E2, _E3, _E4 = _F(0.5), _F(0.1666657626628876), _F(0.0416664667464275)
_E5, _E6 = _F(0.0083631752058864), _F(0.0013933641603216529)
# (log(1 + f) - f + f**2 / 2) / f**3 on sqrt(1/2) <= 1 + f < sqrt(2)
_L0, _L1, _L2 = _F(0.3333333134651184), _F(-0.24999989569187164), _F(0.2000070959329605)
_L3, _L4, _L5 = _F(-0.1666848063468933), _F(0.14249871671199799), _F(-0.12411021441221237)
_L6, _L7, _L8 = _F(0.1166200265288353), _F(-0.1157151460647583), _F(0.07148932665586472)
_ROOT_HALF, _MANTISSA, _BIAS = _I(0x3F3504F3), _I(23), _I(127)
_TINY = _F(1e-37)


def exp_single(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Exponential, (...) float32: relative error below 2e-7; beyond -87 and 88 the value there."""
    x = minimum(maximum(x, _EXP_LOW), _EXP_HIGH)
    n = np.floor(x * _LOG2_E + _HALF)
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    p = ((((_E6 * r + _E5) * r + _E4) * r + _E3) * r + _E2) * r * r + r
    power = float_of(_I(_I(_I(n) + _BIAS) << _MANTISSA))
    return power * p + power


def expm1_single(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Exponential less one, (...) float32: relative error below 4e-7, near zero too."""
    x = minimum(maximum(x, _EXP_LOW), _EXP_HIGH)
    n = np.floor(x * _LOG2_E + _HALF)
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    p = ((((_E6 * r + _E5) * r + _E4) * r + _E3) * r + _E2) * r * r + r
    power = float_of(_I(_I(_I(n) + _BIAS) << _MANTISSA))
    return power * p + (power - _ONE)


def log_single(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Natural logarithm, (...) float32: relative error below 3e-7; at zero and below 1e-37 the value there."""
    bits = bits_of(maximum(x, _TINY))
    e = _I(_I(bits - _ROOT_HALF) >> _MANTISSA)
    f = float_of(_I(bits - _I(e << _MANTISSA))) - _ONE
    q = (((((((_L8 * f + _L7) * f + _L6) * f + _L5) * f + _L4) * f + _L3) * f + _L2) * f + _L1) * f + _L0
    n = _F(e)
    return (q * f * f * f - _HALF * f * f) + n * _LN2_LOW + f + n * _LN2_HIGH


def exp(x: NDArray) -> NDArray:
    """Exponential, in the precision of ``x``."""
    return exp_single(x) if _is_single(x) else np.exp(x)


def expm1(x: NDArray) -> NDArray:
    """``exp(x) - 1``, in the precision of ``x``."""
    return expm1_single(x) if _is_single(x) else np.expm1(x)


def log(x: NDArray) -> NDArray:
    """Natural logarithm, in the precision of ``x``."""
    return log_single(x) if _is_single(x) else np.log(x)


def log1p(x: NDArray) -> NDArray:
    """``log(1 + x)`` for x >= 0, in the precision of ``x``."""
    return log_single(x + _ONE) if _is_single(x) else np.log1p(x)


def whole_power(base: NDArray, count: NDArray[np.integer]) -> NDArray:
    """``base`` to a whole number of 0 to 7, (...) float: larger counts are taken modulo 8."""
    once = where((count & 1) > 0, base, base * 0.0 + 1.0)
    twice = base * base
    once = where((count & 2) > 0, once * twice, once)
    return where((count & 4) > 0, once * (twice * twice), once)


def bits_of(x: NDArray[np.float32]) -> NDArray[np.int32]:
    """The bits of a single-precision number, read as a whole one."""
    return x.view(_I)


def float_of(bits: NDArray[np.int32]) -> NDArray[np.float32]:
    """The single-precision number of these bits."""
    return bits.view(_F)


def where(condition: NDArray[np.bool_], yes: NDArray, no: NDArray) -> NDArray:
    """``yes`` where the condition holds, else ``no``."""
    return np.where(condition, yes, no)


def maximum(a: NDArray, b: NDArray) -> NDArray:
    """The larger of two."""
    return np.maximum(a, b)


def minimum(a: NDArray, b: NDArray) -> NDArray:
    """The smaller of two."""
    return np.minimum(a, b)


def _is_single(x: NDArray) -> bool:
    return getattr(x, "dtype", None) == _F
