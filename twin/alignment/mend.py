"""Mend: every territory in one piece, and none without an area."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.alignment import columns, passes
from twin.alignment.ground import Prepared


def pieces(prepared: Prepared, territory: NDArray[np.int32]) -> tuple[NDArray[np.int32], int]:
    """Piece of each area, (n,) int32, and how many pieces all territories fall into."""
    piece, stack = np.empty(len(territory), np.int32), np.empty(len(territory), np.int32)
    n_pieces = passes.pieces_of(territory, prepared.ground.start, prepared.ground.near, piece, stack)
    return piece, int(n_pieces)


def join_strays(prepared: Prepared, standing: columns.Standing) -> None:
    """Give away what lies outside the largest piece of its territory, and all of a territory without reps.

    Areas that are locked, or that no other territory reaches, stay. ``standing`` is written.
    """
    territory, ground = standing.territory, prepared.ground
    weight = ground.customers + ground.load[0] + 1e-12
    for _ in range(len(territory)):
        piece, n_pieces = pieces(prepared, territory)
        # what is locked stays anyway: the piece around it is the one to keep
        heavy = np.bincount(piece, weight + np.where(ground.free, 0.0, 1e3), n_pieces)
        owner = np.empty(n_pieces, np.int32)
        owner[piece] = territory
        main = np.full(prepared.n_territories, -1, np.int32)
        order = np.lexsort((-np.arange(n_pieces), heavy))
        main[owner[order]] = order
        main[~ground.takes_part & (np.bincount(territory[~ground.free], minlength=len(main)) == 0)] = -1
        if not passes.join_strays(ground, standing, piece, main):
            return


def seed_empty(prepared: Prepared, standing: columns.Standing) -> None:
    """Give every territory with reps and without areas a first one: the nearest to its home.

    Without a home, the one farthest from the middle of the territory that carries most of its target.
    """
    ground = prepared.ground
    for z in np.flatnonzero(ground.takes_part & (standing.count == 0)):
        spare = ground.free & (standing.count[standing.territory] > 1)
        if np.isfinite(prepared.home[z]).all():
            away = np.linalg.norm(ground.xyz - prepared.home[z], axis=1)
        else:
            fill = np.where(standing.count > 1, standing.carried[0] / ground.target[0], -np.inf)
            fill[~np.isin(np.arange(len(fill)), standing.territory[spare])] = -np.inf
            spare &= standing.territory == fill.argmax()
            away = -np.linalg.norm(ground.xyz - standing.centre[standing.territory], axis=1)
        if spare.any():
            passes.give(ground, standing, int(np.where(spare, away, np.inf).argmin()), int(z))
