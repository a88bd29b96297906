"""Alignment map: territories before and after, side by side in one picture that any browser opens, offline."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, BinaryIO

_PALETTE = (
    "#4477aa", "#ee8866", "#44bb99", "#eedd88", "#99ddff", "#ffaabb", "#bbcc33", "#aaaa00", "#8899cc", "#dd9966",
)  # fmt: skip
"""Light, and told apart by people with any kind of colour vision when borders stand beside them (after Tol 2021)."""
_PANEL, _GAP, _TOP = 620.0, 30.0, 46.0


def write_map(drawn: dict[str, Any], file: BinaryIO, titles: tuple[str, str] = ("Before", "After")) -> None:
    """Write the picture as SVG.

    Parameters
    ----------
    drawn : dict
        See :func:`twin.alignment.picture.before_and_after`. Areas that change hands are hatched on the map
        afterwards.
    file : binary file
    titles : tuple of str
    """
    areas = [feature for feature in drawn["areas"]["features"] if feature["geometry"]]
    frame = _Frame(_points(areas))
    names = sorted({feature["properties"][when] for feature in areas for when in ("before", "after")})
    colour = {name: _PALETTE[k % len(_PALETTE)] for k, name in enumerate(names)}
    width, height = 2 * _PANEL + _GAP, _TOP + frame.height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'font-family="sans-serif" role="img" aria-label="{escape(titles[0])}, {escape(titles[1])}">',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>',
        '<pattern id="moved" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<rect width="2" height="7" fill="#222222"/></pattern>',
    ]
    for panel, when in enumerate(("before", "after")):
        left = panel * (_PANEL + _GAP)
        moved = [f for f in areas if f["properties"]["moved"]] if when == "after" else []
        borders = [f for f in drawn["territories"]["features"] if f["properties"]["when"] == when]
        parts += [
            f'<text x="{left:.0f}" y="28" font-size="20" fill="#222222">{escape(titles[panel])}</text>',
            f'<g transform="translate({left:.1f} {_TOP:.1f})">',
            *(frame.shape(f, colour[f["properties"][when]], "#ffffff", 0.4) for f in areas),
            *(frame.shape(f, "url(#moved)", "#222222", 1.0) for f in moved),
            *(frame.shape(f, "none", "#222222", 1.6) for f in borders),
            *(frame.label(name, [f for f in areas if f["properties"][when] == name]) for name in names),
            "</g>",
        ]
    parts.append("</svg>")
    file.write("\n".join(parts).encode())


class _Frame:
    """Puts degrees on the panel: equal scales at the middle latitude."""

    def __init__(self, points: Sequence[Sequence[float]]) -> None:
        lon, lat = [p[0] for p in points] or [0.0], [p[1] for p in points] or [0.0]
        self.west, self.north = min(lon), max(lat)
        self.squeeze = math.cos(math.radians((min(lat) + max(lat)) / 2))
        wide = max((max(lon) - self.west) * self.squeeze, 1e-6)
        self.scale = min((_PANEL - 10) / wide, 1.2 * _PANEL / max(self.north - min(lat), 1e-6))
        self.height = (self.north - min(lat)) * self.scale + 10

    def shape(self, feature: dict[str, Any], fill: str, edge: str, width: float) -> str:
        """One area or border as an SVG element, with its name as a tip."""
        geometry, kept = feature["geometry"], feature["properties"]
        tip = f"<title>{escape(' - '.join(str(kept[k]) for k in ('area_id', 'before', 'after') if k in kept))}</title>"
        style = f'fill="{fill}" stroke="{edge}" stroke-width="{width}"'
        if geometry["type"] == "Point":
            x, y = self._at(geometry["coordinates"])
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" {style}>{tip}</circle>'
        path = "".join(self._ring(ring) for ring in _rings(geometry))
        return f'<path d="{path}" fill-rule="evenodd" stroke-linejoin="round" {style}>{tip}</path>'

    def label(self, name: str, areas: Sequence[dict[str, Any]]) -> str:
        """A territory's name in the middle of its areas; nothing where it has none."""
        if not areas:
            return ""
        at = [self._at(point) for point in _points(areas)]
        x, y = sum(p[0] for p in at) / len(at), sum(p[1] for p in at) / len(at)
        ink = 'fill="#222222" stroke="#ffffff" stroke-width="4" paint-order="stroke"'
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle" font-size="15" {ink}>{escape(name)}</text>'

    def _ring(self, ring: Sequence[Sequence[float]]) -> str:
        return "M" + "L".join("{:.1f} {:.1f}".format(*self._at(point)) for point in ring) + "Z"

    def _at(self, point: Sequence[float]) -> tuple[float, float]:
        return 5 + (point[0] - self.west) * self.squeeze * self.scale, 5 + (self.north - point[1]) * self.scale


def _rings(geometry: dict[str, Any]) -> Iterable[Sequence[Sequence[float]]]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [ring for polygon in polygons for ring in polygon]


def _points(features: Iterable[dict[str, Any]]) -> list[Sequence[float]]:
    found: list[Sequence[float]] = []
    for feature in features:
        geometry = feature["geometry"]
        if geometry["type"] == "Point":
            found.append(geometry["coordinates"])
        else:
            found += [point for ring in _rings(geometry) for point in ring]
    return found
