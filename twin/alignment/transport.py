"""Transport: areas to centres, so that every territory carries its part, over as short a way as that allows.

A soft transport problem (Cuturi 2013) with one price a territory, solved by Newton's method on its dual while the heat
falls; in between, centres move to the middle of what they serve (Cooper 1963). Knows one load and no borders.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from twin.engine.compiling import compiled

_OPTIONS = 24
"""Nearest centres that an area may go to."""
_HEAT = (0.05, 0.003)
"""First and last heat, in squared distances to the nearest centre."""
_ROUNDS = 10
_STEPS = 15
_NEAR = 0.02
"""Newton's method stops when no territory is further from its target."""


def to_centres(
    xyz: NDArray[np.float64], weight: NDArray[np.float64], target: NDArray[np.float64], centre: NDArray[np.float64],
    movable: NDArray[np.bool_],
) -> NDArray[np.int32]:  # fmt: skip
    """Territory of each area: (n,) int32.

    Each area goes where most of it goes in the soft problem, so that targets are met but roughly.

    Parameters
    ----------
    xyz : (n, 3) float, km
    weight : (n,) float
        Load.
    target : (z,) float
        Part of the load that each territory should carry; adds up to one.
    centre : (z, 3) float, km
        To begin with.
    movable : (z,) bool
        Centres that follow their areas; the others are homes.
    """
    weight = np.maximum(weight / weight.sum(), 1e-12)
    price = np.zeros(len(target))
    option, cost = _options(xyz, centre)
    territory = option[:, 0]
    for share in np.linspace(0.0, 1.0, _ROUNDS):
        heat = _HEAT[0] * (_HEAT[1] / _HEAT[0]) ** share
        price = _balanced_prices(option, cost, weight, target, price, heat)
        territory = option[np.arange(len(option)), (cost + price[option]).argmin(axis=1)]
        if movable.any() and share < 1.0:
            centre = np.where(movable[:, None], middles(xyz, weight, territory, centre), centre)
            option, cost = _options(xyz, centre)
    return territory


def cut_in_halves(
    xyz: NDArray[np.float64], weight: NDArray[np.float64], part: NDArray[np.float64], near: NDArray[np.float64]
) -> NDArray[np.int32]:
    """A first share-out: cut the map across its longest side again and again, at the right part of the weight.

    Parameters
    ----------
    xyz : (n, 3) float, km
    weight : (n,) float
    part : (z,) float
        Of the weight, for each territory.
    near : (z, 3) float, km
        Where each territory would like to be: those near one end of the map get that end.

    Returns
    -------
    (n,) int32
    """
    territory = np.empty(len(xyz), dtype=np.int32)
    waiting = [(np.arange(len(xyz)), np.arange(len(part)))]
    while waiting:
        areas, zones = waiting.pop()
        if len(zones) == 1:
            territory[areas] = zones[0]
            continue
        heavy = weight[areas] / max(float(weight[areas].sum()), 1e-300)
        centred = xyz[areas] - heavy @ xyz[areas]
        axis = np.linalg.eigh((centred * heavy[:, None]).T @ centred)[1][:, -1]
        axis = axis * np.sign(axis[np.abs(axis).argmax()])
        zones = zones[np.argsort(near[zones] @ axis, kind="stable")]
        half = len(zones) // 2
        goal = part[zones[:half]].sum() / max(float(part[zones].sum()), 1e-300)
        order = np.argsort(centred @ axis, kind="stable")
        cut = int(np.searchsorted(np.cumsum(heavy[order]) - heavy[order] / 2.0, goal))
        cut = min(max(cut, half), len(areas) - (len(zones) - half))
        waiting += [(areas[order[:cut]], zones[:half]), (areas[order[cut:]], zones[half:])]
    return territory


def middles(
    xyz: NDArray[np.float64], weight: NDArray[np.float64], territory: NDArray[np.int32], centre: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Middle of the weight of each territory, (z, 3) float, km; ``centre`` where there is none."""
    n = len(centre)
    total = np.bincount(territory, weight, n)
    middle = np.stack([np.bincount(territory, weight * axis, n) for axis in xyz.T], axis=1)
    return np.where(total[:, None] > 0, middle / np.maximum(total, 1e-300)[:, None], centre)


def _options(xyz: NDArray[np.float64], centre: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Nearest centres of each area, (n, q) int32, and squared distances in their typical size, (n, q) float."""
    n_options = min(_OPTIONS, len(centre))
    km, option = cKDTree(centre).query(xyz, k=np.arange(1, n_options + 1))
    return option.astype(np.int32), km**2 / max(float(np.mean(km[:, 0] ** 2)), 1e-12)


def _balanced_prices(
    option: NDArray[np.int32], cost: NDArray[np.float64], weight: NDArray[np.float64], target: NDArray[np.float64],
    price: NDArray[np.float64], heat: float,
) -> NDArray[np.float64]:  # fmt: skip
    """Up the dual by damped Newton steps (Levenberg 1944), from ``price`` on: (z,) float."""
    carried, curve = np.empty(len(target)), np.empty((len(target), len(target)))

    def value_at(price: NDArray[np.float64]) -> float:
        return share_out(option, cost, weight, price, heat, carried, curve) - float(price @ target)

    value, damping = value_at(price), 1e-6
    for _ in range(_STEPS):
        slope, bend = carried - target, curve.copy()
        if (np.abs(slope) <= _NEAR * target).all():
            break
        # where every area has made up its mind the curve is all but zero
        usual = max(float(np.trace(bend)), 1e-6) / len(bend)
        while damping < 1e6:
            step = heat * np.linalg.solve(bend + damping * usual * np.eye(len(bend)), slope)
            tried = value_at(price + step)
            if tried > value:
                price, value, damping = price + step, tried, max(damping * 0.1, 1e-9)
                break
            damping *= 10.0
        else:
            break
    return price


@compiled
def share_out(option, cost, weight, price, heat, carried, curve):
    """Divide areas softly among territories at given prices, for the dual of the transport problem; returns its value.

    Area i goes to option q with probability proportional to exp(-(cost + price) / heat).

    Parameters
    ----------
    option : (n, q) int32
        Territories that an area may go to.
    cost : (n, q) float
    weight : (n,) float
    price : (z,) float
        Of a unit of weight.
    heat : float
    carried : (z,) float
        Written: expected weight.
    curve : (z, z) float
        Written: minus the second derivatives by the prices, times the heat.
    """
    n_options = option.shape[1]
    part = np.empty(n_options)
    carried[:], curve[:], value = 0.0, 0.0, 0.0
    for i in range(weight.size):
        least = np.inf
        for q in range(n_options):
            part[q] = cost[i, q] + price[option[i, q]]
            least = min(least, part[q])
        total = 0.0
        for q in range(n_options):
            part[q] = np.exp((least - part[q]) / heat)
            total += part[q]
        value += weight[i] * (least - heat * np.log(total))
        for q in range(n_options):
            part[q] /= total
        for q in range(n_options):
            mass, z = weight[i] * part[q], option[i, q]
            if part[q] < 1e-12:
                continue
            carried[z] += mass
            curve[z, z] += mass
            for p in range(n_options):
                curve[z, option[i, p]] -= mass * part[p]
    return value
