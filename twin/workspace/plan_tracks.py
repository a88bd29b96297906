"""Tracks: a visit plan as routes for navigators, one GPX file a rep with one route a day."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from twin.workspace.plan_look import Look, placed, rep_files, text

_GPX = "http://www.topografix.com/GPX/1/1"


def write_tracks(frame: pd.DataFrame, folder: Path, look: Look) -> list[Path]:
    """``plan-<rep>.gpx``: GPX 1.1; visits without a place are left out, for a navigator cannot go there."""
    return [_file(rep, mine, path, look) for rep, mine, path in rep_files(frame, folder, "gpx")]


def _file(rep: str, mine: pd.DataFrame, path: Path, look: Look) -> Path:
    root = ElementTree.Element("gpx", {"xmlns": _GPX, "version": "1.1", "creator": "territory-twin"})
    about = ElementTree.SubElement(root, "metadata")
    ElementTree.SubElement(about, "name").text = rep
    ElementTree.SubElement(about, "time").text = look.stamp.strftime("%Y-%m-%dT%H:%M:%SZ")
    for date, stops in mine[mine["kind"] == "visit"].groupby("date", sort=True):
        route = ElementTree.SubElement(root, "rte")
        ElementTree.SubElement(route, "name").text = f"{rep} {look.day(date)}"
        for row in stops.sort_values("seq").to_dict("records"):
            if placed(row):
                place = {"lat": f"{row['lat']:.6f}", "lon": f"{row['lon']:.6f}"}
                point = ElementTree.SubElement(route, "rtept", place)
                ElementTree.SubElement(point, "name").text = text(row.get("customer_name")) or str(row["customer_id"])
                ElementTree.SubElement(point, "desc").text = f"{row['start']:%H:%M}-{row['end']:%H:%M}"
    ElementTree.indent(root)
    path.write_bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    return path
