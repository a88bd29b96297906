"""Erasing: tables, archives and documents of the shelf without some people.

A table's rows of a person keep their figures under a number; names, places and words about him go. Which columns of a
list of people stay is told by the caller.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyarrow import parquet

from twin.workspace import codec
from twin.workspace.catalogue import Part
from twin.workspace.store import Workspace
from twin.workspace.traces import Traces, count_in_parquet

People = Callable[[pd.DataFrame, NDArray[np.bool_]], pd.DataFrame]
"""Takes a list of people and the rows that are to go nameless."""
NAMES = ("name", "address", "phone", "mail", "contact")
_PLACES = ("lon", "lat")
_POPULATION = "twin.market.population:Population"


def without(workspace: Workspace, part: Part, traces: Traces, people: People, lists: bool) -> object | None:
    """New content of a part; ``None`` when nobody shows in it.

    Parameters
    ----------
    workspace : Workspace
    part : Part
    traces : Traces
    people : callable
        Makes rows of a list of people nameless.
    lists : bool
        Whether the part is such a list.
    """
    with workspace.opened(part) as file:
        if part.format == "parquet":
            if not count_in_parquet(file, traces):
                return None
            file.seek(0)
            frame = parquet.read_table(file, page_checksum_verification=True).to_pandas()
            return frame_without(frame, traces, people if lists else None)
        data = file.read()
    if part.format == "bin":
        return archive_without(data, traces)
    text = data.decode()
    new = traces.taken_out(text)
    if new == text:
        return None
    return json.loads(new) if part.format == "json" else new


def frame_without(frame: pd.DataFrame, traces: Traces, people: People | None) -> pd.DataFrame:
    """A table without the people."""
    texts = [name for name in frame if pd.api.types.is_string_dtype(frame[name].dtype) or frame[name].dtype == object]
    rows = np.zeros(len(frame), dtype=bool)
    for name in texts:
        rows |= frame[name].isin(list(traces.ids)).to_numpy()
    changed: dict[str, Any] = {}
    for name in texts:
        values = frame[name]
        if people is None:
            changed[str(name)] = traces.cells(values)
        elif rows.any():  # in a list of people only his own row speaks of him: others may bear the same name
            changed[str(name)] = values.where(~rows, traces.cells(values[rows]).reindex(values.index))
    frame = frame.assign(**changed)
    if people is not None:
        return people(frame, rows)
    for name in frame.columns if rows.any() else ():
        word = str(name).casefold()
        place = any(part in word.split("_") for part in _PLACES) and not pd.api.types.is_bool_dtype(frame[name].dtype)
        if place or (name in texts and any(part in word for part in NAMES) and not word.startswith("rep")):
            frame[name] = frame[name].mask(rows)
    return frame


def archive_without(data: bytes, traces: Traces) -> bytes | None:
    """An archive of arrays without the people; ``None`` when nobody shows in it, or when it is none."""
    try:
        tree, arrays = codec.unpacked(data)
    except (ValueError, KeyError, OSError):
        return None
    arrays = list(arrays)
    hit = _populations(tree, arrays, traces)
    for place, array in enumerate(arrays):
        if array.dtype.kind != "U":
            continue
        found, back = np.unique(array, return_inverse=True)
        words = found.tolist()
        new = [traces.ids.get(word) or traces.taken_out(word, "") for word in words]
        if new != words:
            arrays[place], hit = np.array(new, dtype=str)[back].reshape(array.shape), True
    fresh = _reworded(tree, traces)
    return codec.repacked(fresh, arrays) if hit or fresh != tree else None


def _populations(tree: Any, arrays: list[np.ndarray], traces: Traces) -> bool:
    """Names, places, wishes and voices of the people in every population: whoever reads it finds nobody there."""
    hit = False
    for node in _nodes(tree):
        if node.get("class") != _POPULATION:
            continue
        held = node["fields"]
        rows = np.isin(arrays[held["ids"]["array"] - 1], list(traces.ids))
        if not rows.any():
            continue
        hit = True
        for name in ("lon", "lat", "available_from", "available_to"):
            _set(arrays, held.get(name), rows, np.nan)
        _set(arrays, held.get("prefers"), rows, -1)
        for name, value in (held.get("attributes") or {}).get("map", ()):
            if name == "association":
                _set(arrays, value, rows, "")
        _set(arrays, held.get("names"), rows, "")
    return hit


def _set(arrays: list[np.ndarray], node: Any, rows: NDArray[np.bool_], value: Any) -> None:
    """Write a value into some rows of the array behind a node of the tree."""
    if not isinstance(node, dict) or not ("array" in node or "texts" in node):
        return
    place = (node["array"] if "array" in node else node["texts"]) - 1
    arrays[place] = arrays[place].copy()
    arrays[place][rows] = value


def _nodes(tree: Any) -> Any:
    """Every dict of a tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _reworded(node: Any, traces: Traces) -> Any:
    """A tree whose plain texts and keys do not name the people."""
    if isinstance(node, dict):
        return {key: item if key == "class" else _reworded(item, traces) for key, item in node.items()}
    if isinstance(node, list):
        return [_reworded(item, traces) for item in node]
    return (traces.ids.get(node) or traces.taken_out(node, "")) if isinstance(node, str) else node
