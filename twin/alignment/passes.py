"""Passes of alignment in compiled loops: pieces of territories, and boundary moves that never break them.

They stand in one file, for machine code that is kept between processes is renewed by file. Arguments: ``ground`` and
``standing`` of :mod:`twin.alignment.columns`, then what concerns the pass alone.
"""

from __future__ import annotations

import numpy as np

from twin.engine.compiling import compiled


@compiled
def pieces_of(territory, start, near, piece, stack):
    """Number the pieces of all territories in the order of their first area, into ``piece``; returns how many."""
    n_pieces = 0
    piece[:] = -1
    for first in range(territory.size):
        if piece[first] >= 0:
            continue
        piece[first], stack[0], top = n_pieces, first, 0
        while top >= 0:
            i = stack[top]
            top -= 1
            for e in range(start[i], start[i + 1]):
                j = near[e]
                if piece[j] < 0 and territory[j] == territory[i]:
                    piece[j] = n_pieces
                    top += 1
                    stack[top] = j
        n_pieces += 1
    return n_pieces


@compiled
def _spread(ground, standing, i, only, new, wanted, n_wanted):
    """Search from the last neighbour of ``i`` on; whether all ``n_wanted`` neighbours are reached.

    With ``only`` >= 0 the search walks over areas with that mark; else over the whole territory of ``i``.
    """
    territory, mark, stack, start, near = standing.territory, standing.mark, standing.stack, ground.start, ground.near
    mine, found, top = territory[i], 0, -1
    for e in range(start[i], start[i + 1]):
        if territory[near[e]] == mine:
            stack[0], top = near[e], 0
    mark[i] = new
    if mark[stack[0]] >= wanted:
        found = 1
    mark[stack[0]] = new
    while top >= 0 and found < n_wanted:
        u = stack[top]
        top -= 1
        for e in range(start[u], start[u + 1]):
            v = near[e]
            if mark[v] == new or territory[v] != mine or (only >= 0 and mark[v] != only):
                continue
            if mark[v] >= wanted:
                found += 1
            mark[v] = new
            top += 1
            stack[top] = v
    return found == n_wanted


@compiled
def stays_whole(ground, standing, i):
    """Whether the territory of area ``i`` falls into no more pieces when ``i`` leaves it.

    Its neighbours in the territory must reach one another without it. Most often the ring around ``i`` tells; else the
    territory is searched.
    """
    territory, mark, clock = standing.territory, standing.mark, standing.clock
    for attempt in range(2):
        ring = clock[0] + 1
        clock[0] += 2
        n_wanted = 0
        for e in range(ground.start[i], ground.start[i + 1]):
            if territory[ground.near[e]] == territory[i]:
                mark[ground.near[e]] = ring
                n_wanted += 1
        if n_wanted <= 1:
            return True
        if _spread(ground, standing, i, ring if attempt == 0 else -1, ring + 1, ring, n_wanted):
            return True
    return False


@compiled
def _off(carried, target, band):
    """Squared relative deviation beyond the band."""
    beyond = max(abs(carried / target - 1.0) - band, 0.0)
    return beyond * beyond


@compiled
def _brings(ground, standing, elasticity, z, part, sells):
    """Sales of a territory with so much more workload and so much more to sell, visits as today."""
    return (standing.promise[z] + sells) * (ground.target[0, z] / (standing.carried[0, z] + part)) ** elasticity


@compiled
def _cost_of_place(ground, standing, price, i, mine, other):
    """What distance and boundary say of a move."""
    cost = 0.0
    if price.distance != 0.0:
        to_mine, to_other = 0.0, 0.0
        for axis in range(3):
            to_mine += (ground.xyz[i, axis] - standing.centre[mine, axis]) ** 2
            to_other += (ground.xyz[i, axis] - standing.centre[other, axis]) ** 2
        cost += price.distance * ground.customers[i] * (np.sqrt(to_other) - np.sqrt(to_mine))
    if price.border != 0.0:
        friends = 0
        for e in range(ground.start[i], ground.start[i + 1]):
            its = standing.territory[ground.near[e]]
            friends += (its == mine) - (its == other)
        cost += price.border * friends
    return cost


@compiled
def _cost_of_move(ground, standing, price, i, mine, other):
    """What all prices together say of a move; infinite where the limit on moves forbids it."""
    away = (other != ground.today[i]) - (mine != ground.today[i])
    if away > 0 and standing.moved[0] + ground.customers[i] > price.most_moved:
        return np.inf
    cost = price.move * away * ground.customers[i]
    for a in range(ground.load.shape[0]):
        part, carried, target = ground.load[a, i], standing.carried[a], ground.target[a]
        cost += price.attribute[a] * (
            _off(carried[mine] - part, target[mine], price.band) - _off(carried[mine], target[mine], price.band)
            + _off(carried[other] + part, target[other], price.band) - _off(carried[other], target[other], price.band)
        )  # fmt: skip
    cost += _cost_of_place(ground, standing, price, i, mine, other)
    if price.profit != 0.0:
        e, part, sells = price.elasticity, ground.load[0, i], ground.sells[i]
        now = _brings(ground, standing, e, mine, 0.0, 0.0) + _brings(ground, standing, e, other, 0.0, 0.0)
        then = _brings(ground, standing, e, mine, -part, -sells) + _brings(ground, standing, e, other, part, sells)
        cost -= price.profit * (then - now - away * ground.loses[i])
    return cost


@compiled
def move(ground, standing, i, mine, other):
    """Give area ``i`` to another territory."""
    standing.territory[i] = other
    for a in range(ground.load.shape[0]):
        standing.carried[a, mine] -= ground.load[a, i]
        standing.carried[a, other] += ground.load[a, i]
    standing.count[mine] -= 1
    standing.count[other] += 1
    standing.promise[mine] -= ground.sells[i]
    standing.promise[other] += ground.sells[i]
    standing.moved[0] += ground.customers[i] * ((other != ground.today[i]) - (mine != ground.today[i]))


@compiled
def sweep(ground, standing, price, heat, u):
    """Offer every area to the territory of one of its neighbours, once for each pair of draws; returns moves made.

    A move that costs is made with probability exp(-cost / heat): annealing, Kirkpatrick, Gelatt, Vecchi 1983. No move
    leaves a territory in more pieces, or empty. ``u`` is (2 p, n) float in (0, 1).
    """
    territory, start, near = standing.territory, ground.start, ground.near
    n_moves = 0
    for turn in range(u.shape[0] // 2):
        for i in range(territory.size):
            n_near = start[i + 1] - start[i]
            if not ground.free[i] or n_near == 0:
                continue
            mine, other = territory[i], territory[near[start[i] + int(u[2 * turn, i] * n_near)]]
            if other == mine or not ground.takes_part[other] or standing.count[mine] <= 1:
                continue
            cost = _cost_of_move(ground, standing, price, i, mine, other)
            if cost > 0.0 and u[2 * turn + 1, i] >= np.exp(-cost / heat):
                continue
            if stays_whole(ground, standing, i):
                move(ground, standing, i, mine, other)
                n_moves += 1
    return n_moves


@compiled
def join_strays(ground, standing, piece, main):
    """Give areas outside the main piece of their territory to the least loaded neighbour; returns how many moved.

    ``piece`` is of :func:`pieces_of`; ``main`` (z,) int32 the piece that each territory keeps, -1 where it keeps none.
    Repeated until nothing moves, strays dissolve from their rims inwards.
    """
    territory, n_moves = standing.territory, 0
    for i in range(territory.size):
        mine = territory[i]
        if piece[i] == main[mine] or not ground.free[i]:
            continue
        best, least = -1, np.inf
        for e in range(ground.start[i], ground.start[i + 1]):
            j = ground.near[e]
            other = territory[j]
            if other == mine or not ground.takes_part[other] or piece[j] != main[other]:
                continue
            fill = standing.carried[0, other] / ground.target[0, other]
            if fill < least:
                best, least = other, fill
        if best >= 0:
            move(ground, standing, i, mine, best)
            piece[i] = main[best]
            n_moves += 1
    return n_moves
