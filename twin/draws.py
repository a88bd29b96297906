"""Draws: random numbers that are pure functions of what they are for.

A number depends on (seed, draw, replicate), its purpose, the week and the entity, and on nothing else: not on order,
not on who else is simulated, and never on the scenario. Philox4x32-10 of Salmon et al. (2011).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
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
    OPENING = 5
    TRAIT = 6
    PARAMETER = 7
    CAMPAIGN = 8
    SHOCK = 9
    POTENTIAL = 10
    WORLD = 11
    REACTION = 12
    JOURNEY = 13


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
    low, high = entities & _LOW, entities >> _SHIFT
    blocks = []
    for block in range((n_words + 3) // 4):
        third = np.full_like(low, (int(purpose) << 16) | block)
        fourth = np.full_like(low, int(week) & 0xFFFFFFFF)
        blocks.extend(philox((low, high, third, fourth), key.words()))
    return (np.stack(blocks[:n_words]).astype(np.float64) + 0.5) * 2.0**-32


def normals(
    key: Key, purpose: Purpose, week: int, entities: NDArray[np.uint64], n_words: int = 4
) -> NDArray[np.float64]:
    """Standard normal numbers by inversion: (n_words, n) float. See :func:`uniforms`."""
    return special.ndtri(uniforms(key, purpose, week, entities, n_words))


def gumbels(
    key: Key, purpose: Purpose, week: int, entities: NDArray[np.uint64], n_words: int = 1
) -> NDArray[np.float64]:
    """Standard Gumbel numbers by inversion: (n_words, n) float. See :func:`uniforms`."""
    return -np.log(-np.log(uniforms(key, purpose, week, entities, n_words)))


class Luck:
    """The draws of one run, kept for the other scenarios that share them.

    Scenarios never enter a key, so what one scenario has drawn the next one draws again; keeping it saves that work.

    Parameters
    ----------
    key : Key
    keep : bool
        Whether to keep draws: 14 numbers a customer and week.
    """

    def __init__(self, key: Key, keep: bool = False) -> None:
        self.key, self.keep = key, keep
        self._kept: dict[tuple[str, Purpose, int], NDArray[np.float64]] = {}

    def uniforms(self, purpose: Purpose, week: int, entities: NDArray[np.uint64], n_words: int) -> NDArray[np.float64]:
        """See :func:`uniforms`. Within one Luck a purpose always has the same entities."""
        return self._remember("u", purpose, week, lambda: uniforms(self.key, purpose, week, entities, n_words))

    def gumbels(self, purpose: Purpose, week: int, entities: NDArray[np.uint64]) -> NDArray[np.float64]:
        """See :func:`gumbels`; one number an entity, (n,) float."""
        return self._remember("g", purpose, week, lambda: gumbels(self.key, purpose, week, entities)[0])

    def _remember(
        self, kind: str, purpose: Purpose, week: int, draw: Callable[[], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        if not self.keep:
            return draw()
        address = (kind, purpose, week)
        if address not in self._kept:
            drawn = draw()
            drawn.flags.writeable = False
            self._kept[address] = drawn
        return self._kept[address]
