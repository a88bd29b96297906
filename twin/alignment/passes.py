"""Passes of alignment in compiled loops: pieces of territories, and boundary moves that never break them.

They stand in one file, for machine code that is kept between processes is renewed by file. Arguments: ``ground`` and
``standing`` of :mod:`twin.alignment.columns`, then what concerns the pass alone.
"""

from __future__ import annotations

import numpy as np

from twin.engine.compiling import compiled, written_in


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
def on_borders(territory, start, near, free, rows):
    """Write the areas that may move and have a neighbour in another territory into ``rows``; returns how many."""
    n_rows = 0
    for i in range(territory.size):
        if not free[i]:
            continue
        for e in range(start[i], start[i + 1]):
            if territory[near[e]] != territory[i]:
                rows[n_rows] = i
                n_rows += 1
                break
    return n_rows


@written_in
def _reach(territory, start, near, mark, stack, i, only, new, wanted, n_wanted):
    """Search from a neighbour of ``i`` in its territory; whether all ``n_wanted`` of them are reached.

    With ``only`` >= 0 the search walks over areas with that mark; else over the whole territory. ``i`` is never passed.
    """
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


@written_in
def _stays_whole(territory, start, near, mark, clock, stack, i):
    """Whether the territory of area ``i`` falls into no more pieces when ``i`` leaves it.

    Its neighbours in the territory must reach one another without it. Most often the ring around ``i`` tells; else the
    territory is searched.
    """
    for attempt in range(2):
        ring = clock[0] + 1
        clock[0] += 2
        n_wanted = 0
        for e in range(start[i], start[i + 1]):
            if territory[near[e]] == territory[i]:
                mark[near[e]] = ring
                n_wanted += 1
        if n_wanted <= 1:
            return True
        if _reach(territory, start, near, mark, stack, i, ring if attempt == 0 else -1, ring + 1, ring, n_wanted):
            return True
    return False


@written_in
def _off(carried, target, band):
    """Squared relative deviation beyond the band."""
    beyond = max(abs(carried / target - 1.0) - band, 0.0)
    return beyond * beyond


@written_in
def _imbalance(load, target, carried, weight, band, i, mine, other):
    """Change of the squared deviations."""
    cost = 0.0
    for a in range(load.shape[0]):
        part = load[a, i]
        cost += weight[a] * (
            _off(carried[a, mine] - part, target[a, mine], band) - _off(carried[a, mine], target[a, mine], band)
            + _off(carried[a, other] + part, target[a, other], band) - _off(carried[a, other], target[a, other], band)
        )  # fmt: skip
    return cost


@written_in
def _distance(xyz, centre, i, mine, other):
    """Change of the way to the centre, km."""
    to_mine, to_other = 0.0, 0.0
    for axis in range(3):
        to_mine += (xyz[i, axis] - centre[mine, axis]) ** 2
        to_other += (xyz[i, axis] - centre[other, axis]) ** 2
    return np.sqrt(to_other) - np.sqrt(to_mine)


@written_in
def _border(territory, start, near, i, mine, other):
    """Change of the pairs of neighbours in two territories."""
    friends = 0
    for e in range(start[i], start[i + 1]):
        friends += (territory[near[e]] == mine) - (territory[near[e]] == other)
    return friends


@written_in
def _sales(load, target, carried, sells, promise, elasticity, i, mine, other):
    """Change of a year's sales when visits follow the workload, visits as today in each territory."""
    part, more = load[0, i], sells[i]
    before = promise[mine] * (target[0, mine] / carried[0, mine]) ** elasticity
    before += promise[other] * (target[0, other] / carried[0, other]) ** elasticity
    after = (promise[mine] - more) * (target[0, mine] / (carried[0, mine] - part)) ** elasticity
    after += (promise[other] + more) * (target[0, other] / (carried[0, other] + part)) ** elasticity
    return after - before


@compiled
def give(ground, standing, i, other):
    """Give one area to a territory."""
    mine = standing.territory[i]
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
def sweep(ground, standing, price, heat, rows, u):
    """Offer areas to the territory of one of their neighbours, once for each pair of draws; returns moves made.

    A move that costs is made with probability exp(-cost / heat): annealing, Kirkpatrick, Gelatt, Vecchi 1983. No move
    leaves a territory in more pieces, or empty. ``rows`` (r,) int is of :func:`on_borders`; ``u`` is (2 p, r) float in
    (0, 1).
    """
    # taken apart once: a tuple of arrays that is opened in the loop is counted in and out each time
    start, near, load, target, customers = ground.start, ground.near, ground.load, ground.target, ground.customers
    takes_part, today, xyz, sells, loses = ground.takes_part, ground.today, ground.xyz, ground.sells, ground.loses
    territory, carried, count, promise, moved, centre = (
        standing.territory, standing.carried, standing.count, standing.promise, standing.moved, standing.centre,
    )  # fmt: skip
    mark, clock, stack, weight = standing.mark, standing.clock, standing.stack, price.attribute
    n_moves = 0
    for turn in range(u.shape[0] // 2):
        for r in range(rows.size):
            i = rows[r]
            mine, other = territory[i], territory[near[start[i] + int(u[2 * turn, r] * (start[i + 1] - start[i]))]]
            if other == mine or not takes_part[other] or count[mine] <= 1:
                continue
            away = (other != today[i]) - (mine != today[i])
            if away > 0 and moved[0] + customers[i] > price.most_moved:
                continue
            cost = price.move * away * customers[i]
            cost += _imbalance(load, target, carried, weight, price.band, i, mine, other)
            cost += price.distance * customers[i] * _distance(xyz, centre, i, mine, other)
            cost += price.border * _border(territory, start, near, i, mine, other)
            if price.profit != 0.0:
                more = _sales(load, target, carried, sells, promise, price.elasticity, i, mine, other)
                cost -= price.profit * (more - away * loses[i])
            if cost > 0.0 and u[2 * turn + 1, r] >= np.exp(-cost / heat):
                continue
            if _stays_whole(territory, start, near, mark, clock, stack, i):
                give(ground, standing, i, other)
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
            give(ground, standing, i, best)
            piece[i] = main[best]
            n_moves += 1
    return n_moves
