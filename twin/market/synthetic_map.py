"""The map of a made-up region: outline, towns, bricks as polygons, territories as contiguous groups of bricks.

Works in kilometres on a plane and hands out degrees. Knows no outlet but its place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import Voronoi, cKDTree

from twin.market.synthetic_settings import Dice, SyntheticSettings

_LON, _LAT = 33.0, 39.0
_KM_PER_LAT = 111.2
_KM_PER_LON = _KM_PER_LAT * float(np.cos(np.radians(_LAT)))
_DECIMALS = 6
_FAIR = 0.6
"""Largest less smallest territory, in mean territories: about as uneven as real alignments are."""


@dataclass(frozen=True)
class Region:
    """A made-up region with its outlets' places.

    Parameters
    ----------
    outline : polygon, degrees
    polygons : (b,) object
        Polygon of each brick, degrees; together they fill the outline.
    town : (c,) int64
        Town of each outlet.
    n_towns : int
    urban : (c,) float in (0, 1]
        1 in the middle of a town.
    lon, lat : (c,) float64, degrees
    brick : (c,) int32
    territory_of_brick : (b,) int32
    """

    outline: shapely.Polygon
    polygons: NDArray[np.object_]
    town: NDArray[np.int64]
    n_towns: int
    urban: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    brick: NDArray[np.int32]
    territory_of_brick: NDArray[np.int32]

    @property
    def centres(self) -> NDArray[np.float64]:
        """A point inside each brick: (2, b) float, degrees."""
        points = shapely.point_on_surface(self.polygons)
        return np.stack([shapely.get_x(points), shapely.get_y(points)])


def make_region(settings: SyntheticSettings) -> Region:
    """Draw a region, put outlets in it, cut it into bricks and group these into territories."""
    dice, n = settings.dice, settings.n_outlets
    radius = 120.0 * min(np.sqrt(n / 3000.0), 4.0)
    outline = _outline(dice, radius)
    town, towns_xy, town_size = _towns(dice, outline, settings.n_bricks, n)
    xy, urban = _outlets(dice, outline, radius, towns_xy[town], town_size[town])
    lon, lat = np.round(_to_degrees(xy), _DECIMALS).T
    xy = _to_km(np.stack([lon, lat], axis=1))
    sites = _sites(dice, outline, xy, settings.n_bricks)
    polygons, graph = _bricks(outline, sites)
    brick = cKDTree(sites).query(xy)[1].astype(np.int32)
    load = np.bincount(brick, minlength=len(sites)).astype(float)
    return Region(
        outline=shapely.transform(outline, _on_grid),
        polygons=shapely.transform(polygons, _on_grid),
        town=town,
        n_towns=len(towns_xy),
        urban=urban,
        lon=lon,
        lat=lat,
        brick=brick,
        territory_of_brick=_territories(sites, load, graph, settings.n_territories),
    )


def spatial_field(settings: SyntheticSettings, what: str, lon: NDArray, lat: NDArray) -> NDArray[np.float64]:
    """A smooth surface over the region, mean about 0 and standard deviation about 1: (n,) float."""
    span = 120.0 * min(np.sqrt(settings.n_outlets / 3000.0), 4.0)
    x, y = _to_km(np.stack([lon, lat], axis=1)).T / span
    u = settings.dice.uniform(f"field {what}", 6, 3)
    slope = 10.0 * (u[:2] - 0.5)
    waves = np.cos(slope[0][:, None] * x + slope[1][:, None] * y + 2 * np.pi * u[2][:, None])
    return waves.sum(axis=0) / np.sqrt(3.0)


def _to_degrees(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return xy / (_KM_PER_LON, _KM_PER_LAT) + (_LON, _LAT)


def _to_km(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    return (degrees - (_LON, _LAT)) * (_KM_PER_LON, _KM_PER_LAT)


def _on_grid(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    # neighbours share their corners, so that rounding moves both alike and opens no gap
    return np.round(_to_degrees(xy), _DECIMALS)


def _outline(dice: Dice, radius: float) -> shapely.Polygon:
    """A star-shaped coast around the origin."""
    angle = np.linspace(0.0, 2 * np.pi, 72, endpoint=False)
    u = dice.uniform("outline", 5, 2)
    wave = np.arange(2, 7)[:, None]
    reach = 1.0 + (0.16 * u[0][:, None] / (wave - 1) * np.cos(wave * angle + 2 * np.pi * u[1][:, None])).sum(axis=0)
    return shapely.Polygon(np.stack([1.3 * radius * reach * np.cos(angle), radius * reach * np.sin(angle)], axis=1))


def _inside(outline: shapely.Polygon, xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same points, those outside drawn towards the middle of the star until they are in."""
    for pull in (1.0, 0.85, 0.7, 0.55, 0.4, 0.25):
        out = ~shapely.contains_xy(outline, xy[:, 0], xy[:, 1])
        xy = np.where(out[:, None], xy * pull, xy)
    out = ~shapely.contains_xy(outline, xy[:, 0], xy[:, 1])
    return np.where(out[:, None], xy / (1e-9 + np.linalg.norm(xy, axis=1, keepdims=True)), xy)


def _anywhere(dice: Dice, what: str, outline: shapely.Polygon, n: int) -> NDArray[np.float64]:
    """Points all over the region: (n, 2) float, km."""
    low, high = np.reshape(outline.bounds, (2, 2))
    reach = (high - low) / 2.0
    angle, share = dice.uniform(what, n, 2)
    ring = 0.97 * reach[:, None] * np.sqrt(share)
    return _inside(
        outline, np.stack([ring[0] * np.cos(2 * np.pi * angle), ring[1] * np.sin(2 * np.pi * angle)], axis=1)
    )


def _towns(
    dice: Dice, outline: shapely.Polygon, n_bricks: int, n_outlets: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Town of each outlet, places (t, 2) in km, and sizes (t,) in 0 to 1: few large ones, many small."""
    n_towns = max(n_bricks // 4, 3)
    size = np.arange(1, n_towns + 1) ** -0.75
    return dice.pick("town", n_outlets, size), _anywhere(dice, "towns", outline, n_towns) * 0.9, size


def _outlets(
    dice: Dice, outline: shapely.Polygon, radius: float, town_xy: NDArray[np.float64], town_size: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Places of the outlets (c, 2) in km, dense in the middle of towns, and how urban each place is."""
    n = len(town_xy)
    rural = dice.uniform("rural", n) < 0.22
    spread = np.where(rural, 0.11 * radius, 1.5 + 5.5 * np.sqrt(town_size))
    step = dice.normal("place", n, 2).T * spread[:, None]
    urban = np.exp(-np.linalg.norm(step, axis=1) / (2.0 + 6.0 * np.sqrt(town_size)))
    return _inside(outline, town_xy + step), urban


def _sites(dice: Dice, outline: shapely.Polygon, xy: NDArray[np.float64], n_bricks: int) -> NDArray[np.float64]:
    """Middles of the bricks (b, 2) in km: small ones where outlets are dense, large ones elsewhere."""
    dense = n_bricks * 3 // 5
    near = xy[dice.shuffled("dense bricks", len(xy))[:dense]] + 0.4 * dice.normal("brick", dense, 2).T
    sites = np.concatenate([_inside(outline, near), _anywhere(dice, "wide bricks", outline, n_bricks - dense)])
    return sites[np.lexsort((sites[:, 1], np.round(sites[:, 0] / 10.0)))]


def _bricks(outline: shapely.Polygon, sites: NDArray[np.float64]) -> tuple[NDArray[np.object_], sparse.csr_matrix]:
    """Voronoi cells cut to the outline: (b,) polygons, and the graph of those that touch, weighted by km."""
    n = len(sites)
    angle = np.linspace(0.0, 2 * np.pi, 16, endpoint=False)
    far = 20.0 * np.abs(np.reshape(outline.bounds, (2, 2))).max() * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    cells = Voronoi(np.concatenate([sites, far]))
    rings = [cells.vertices[cells.regions[cells.point_region[b]]] for b in range(n)]
    polygons = shapely.intersection(np.array([shapely.Polygon(ring) for ring in rings], dtype=object), outline)
    real = (cells.ridge_points < n).all(axis=1)
    pairs = cells.ridge_points[real]
    borders = shapely.linestrings(cells.vertices[np.array(cells.ridge_vertices)[real]])
    pairs = pairs[shapely.length(shapely.intersection(borders, outline)) > 1e-3]
    km = np.linalg.norm(sites[pairs[:, 0]] - sites[pairs[:, 1]], axis=1) + 1e-6
    half = sparse.coo_matrix((km, (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return polygons, (half + half.T).tocsr()


def _territories(
    sites: NDArray[np.float64], load: NDArray[np.float64], graph: sparse.csr_matrix, n_territories: int
) -> NDArray[np.int32]:
    """Contiguous groups of bricks of about equal load, numbered from west to east: (b,) int32.

    Each brick joins the middle to which its way through the graph of bricks is shortest, which keeps a group in one
    piece; a lead of some kilometres for small groups evens the load.
    """
    middles = _middles(sites, load, n_territories)
    lead, best, best_spread = np.zeros(n_territories), np.zeros(len(sites), dtype=np.int32), np.inf
    scale = np.sqrt(np.ptp(sites, axis=0).prod() / n_territories)
    for _ in range(60):
        group = _nearest_by_graph(graph, middles, lead)
        share = np.bincount(group, load, n_territories) / load.sum() * n_territories
        spread = share.max() - share.min() if share.min() > 0 else np.inf
        if spread < best_spread:
            best, best_spread = group, spread
        if best_spread < _FAIR:
            break
        lead = lead + 0.04 * scale * (share - 1.0)
    if not np.isfinite(best_spread):
        raise ValueError(f"n_territories: expected fewer, or more outlets; {n_territories} leave one without an outlet")
    rank = np.empty(n_territories, dtype=np.int32)
    rank[np.argsort(sites[middles, 0], kind="stable")] = np.arange(n_territories)
    return rank[best]


def _middles(sites: NDArray[np.float64], load: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Bricks in the middle of ``k`` clusters by load (Lloyd): (k,) int."""
    chosen = [int(np.argmax(load))]
    for _ in range(k - 1):
        away = cKDTree(sites[chosen]).query(sites)[0]
        chosen.append(int(np.argmax(away * np.sqrt(load + 1.0))))
    centre = sites[chosen].copy()
    for _ in range(20):
        group = cKDTree(centre).query(sites)[1]
        weight = np.maximum(np.bincount(group, load, k), 1e-9)
        moved = np.stack([np.bincount(group, load * sites[:, axis], k) / weight for axis in (0, 1)], axis=1)
        centre = np.where(weight[:, None] > 1e-6, moved, centre)
    order = np.argsort(np.linalg.norm(sites[None] - centre[:, None], axis=2), axis=1)
    middles: list[int] = []
    for row in order:
        middles.append(next(int(b) for b in row if b not in middles))
    return np.array(middles)


def _nearest_by_graph(
    graph: sparse.csr_matrix, middles: NDArray[np.int64], lead: NDArray[np.float64]
) -> NDArray[np.int32]:
    n, k = graph.shape[0], len(middles)
    doors = sparse.coo_matrix((lead - lead.min() + 1.0, (np.arange(k) + n, middles)), shape=(n + k, n + k))
    wide = sparse.block_diag([graph, sparse.csr_matrix((k, k))]) + doors
    *_, source = csgraph.dijkstra(wide.tocsr(), indices=np.arange(n, n + k), min_only=True, return_predecessors=True)
    return (source[:n] - n).astype(np.int32)
