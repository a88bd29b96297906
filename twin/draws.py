"""Draws: random numbers that are pure functions of what they are for.

A number depends on (seed, draw, replicate), its purpose, the week and the entity, and on nothing else: not on order,
not on who else is simulated, and never on the scenario. Philox4x32-10 of Salmon et al. (2011).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special


class Purpose(IntEnum):
    """What a draw decides. Append only; a number is never used again."""

    ORDER = 1
    LIFE = 2
    VISIT = 3
    CONTACT = 4
    """Of a customer: in half h the contact on channel h."""
    OPENING = 5
    TRAIT = 6
    PARAMETER = 7
    CAMPAIGN = 8
    SHOCK = 9
    POTENTIAL = 10
    WORLD = 11
    REACTION = 12
    JOURNEY = 13
    WEEK = 14
    """Of a customer: word 0 the chance of a visit, 1 the fate of its stage, 2 in its halves the opening of a message
    and whether a weak channel carries, 3 and on the orders of each brand."""
    ALIGNMENT = 16
    """Of an area, one sweep a "week": which neighbour it is offered to, and whether a move that costs is made."""


@dataclass(frozen=True)
class Key:
    """Identity of one run: root seed, parameter draw, replicate of luck."""

    seed: int = 0
    draw: int = 0
    replicate: int = 0

    def words(self) -> tuple[int, int]:
        """Two 32-bit key words."""
        digest = hashlib.blake2b(f"{self.seed}/{self.draw}/{self.replicate}".encode(), digest_size=8).digest()
        return int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:], "little")


def identity(ids: NDArray[np.str_], kind: str) -> NDArray[np.uint64]:
    """Number that stands for an entity in the counter, from its name and not from its row.

    Parameters
    ----------
    ids : (n,) str
    kind : str
        Keeps a customer and a rep of the same name apart.

    Returns
    -------
    (n,) uint64
    """
    encoded = (hashlib.blake2b(f"{kind}:{name}".encode(), digest_size=8).digest() for name in ids)
    return np.frombuffer(b"".join(encoded), dtype=np.uint64).copy()


_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


def philox(counter: tuple[NDArray[np.uint64], ...], key: tuple[int, int]) -> tuple[NDArray[np.uint64], ...]:
    """Philox4x32-10 block function.

    Parameters
    ----------
    counter : four (n,) uint64 arrays, each below 2**32
    key : two ints below 2**32

    Returns
    -------
    four (n,) uint64 arrays, each below 2**32
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = c0 * _M0, c2 * _M1
        c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ np.uint64(k0), p1 & _LOW, (p0 >> _SHIFT) ^ c3 ^ np.uint64(k1), p0 & _LOW
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return c0, c1, c2, c3


def uniforms(
    key: Key, purpose: Purpose, week: int, entities: NDArray[np.uint64], n_words: int = 4
) -> NDArray[np.float64]:
    """Uniform numbers, one column an entity.

    Parameters
    ----------
    key : Key
    purpose : Purpose
    week : int
        Week of the decision; 0 where time plays no part.
    entities : (n,) uint64
        See :func:`identity`.
    n_words : int
        How many independent numbers each entity gets.

    Returns
    -------
    (n_words, n) float in (0, 1)
    """
    return (np.stack(words(key, purpose, week, entities, n_words)).astype(np.float64) + 0.5) * 2.0**-32


def words(
    key: Key, purpose: Purpose, week: int, entities: NDArray[np.uint64], n_words: int = 4
) -> list[NDArray[np.uint64]]:
    """The 32-bit words behind :func:`uniforms`: ``n_words`` arrays (n,) uint64.

    The counter is the entity's low and high half, the purpose with the number of the block of four words, the week.
    """
    low, high = entities & _LOW, entities >> _SHIFT
    fourth = np.full_like(low, int(week) & 0xFFFFFFFF)
    found: list[NDArray[np.uint64]] = []
    for block in range((n_words + 3) // 4):
        found += philox((low, high, np.full_like(low, counter_word(purpose, block)), fourth), key.words())
    return found[:n_words]


def counter_word(purpose: Purpose, block: int) -> int:
    """Third word of the counter: what the draw decides, and which block of four words."""
    return (int(purpose) << 16) | block


def normals(
    key: Key, purpose: Purpose, week: int, entities: NDArray[np.uint64], n_words: int = 4
) -> NDArray[np.float64]:
    """Standard normal numbers by inversion: (n_words, n) float. See :func:`uniforms`."""
    return special.ndtri(uniforms(key, purpose, week, entities, n_words))


def units(key: Key, purpose: Purpose, week: int, entities: NDArray[np.uint64], n_words: int = 1) -> NDArray[np.float32]:
    """Uniform numbers in single precision, as the simulation uses them: (n_words, n) float32 in (0, 1].

    Fine near zero, where rare events are decided: multiples of 2**-31 there. The same words as :func:`uniforms`.
    """
    return np.stack([unit(word) for word in words(key, purpose, week, entities, n_words)])


def halves(key: Key, purpose: Purpose, week: int, entities: NDArray[np.uint64], n_halves: int) -> NDArray[np.float32]:
    """Uniform numbers from half-words, for chances that need no more than five digits: (n_halves, n) float32 in (0, 1).

    Half 2 k is the low half of word k, half 2 k + 1 the high one.
    """
    found = [
        half(word, shift) for word in words(key, purpose, week, entities, (n_halves + 1) // 2) for shift in (0, 16)
    ]
    return np.stack(found[:n_halves])


def half(word: NDArray[np.uint64], shift: int) -> NDArray[np.float32]:
    """16 bits of a word as a number in (0, 1): float32."""
    bits = (word >> np.uint64(shift)) & np.uint64(0xFFFF)
    return (np.float32(np.int32(bits)) + np.float32(0.5)) * np.float32(2.0**-16)


def unit(word: NDArray[np.uint64]) -> NDArray[np.float32]:
    """A word as a number in (0, 1]: float32, the same bits wherever it is computed."""
    return (np.float32(np.int32(word >> np.uint64(1))) + np.float32(0.5)) * np.float32(2.0**-31)


def band(runs: NDArray[np.floating], levels: Sequence[float], axis: int = 0) -> NDArray[np.float64]:
    """Quantiles of futures between which one more of them lies as often as they say, however few were lived through.

    The k-th of n is the k/(n + 1) quantile (Weibull 1939). The usual (k - 1)/(n - 1) is too narrow: with 32 runs its
    80 % band holds 75 of 100 more runs.

    Parameters
    ----------
    runs : (n, ...) float
    levels : (q,) float in [0, 1]
    axis : int
        Of the runs.

    Returns
    -------
    (q, ...) float
    """
    return np.quantile(runs, levels, axis=axis, method="weibull")
