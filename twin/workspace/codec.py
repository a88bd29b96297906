"""Codec: frozen dataclasses of arrays to bytes and back, without pickle.

A value becomes one ``.npz`` archive: every array under a number, and the tree that holds them as JSON. Only dataclasses
of this project are made again.
"""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

import numpy as np

from twin.errors import WorkspaceError

_PACKAGE = "twin."


def encode(value: Any, compress: bool = True) -> bytes:
    """Bytes of a dataclass, tuple, mapping with text keys, array, number, text or None; equal values, equal bytes.

    ``compress`` saves space where the bytes are kept for long; it takes ten times as long as storing them.
    """
    arrays: list[np.ndarray] = []
    return _archived(_pack(value, arrays), arrays, compress)


def _archived(tree: Any, arrays: Sequence[np.ndarray], compress: bool) -> bytes:
    text = np.frombuffer(json.dumps(tree, sort_keys=True).encode(), dtype=np.uint8)
    out = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with zipfile.ZipFile(out, "w", method, compresslevel=1) as archive:
        for number, array in enumerate([text, *arrays]):
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            # a fixed date keeps equal values equal, byte for byte
            archive.writestr(zipfile.ZipInfo(f"{number}.npy", (1980, 1, 1, 0, 0, 0)), member.getvalue(), method, 1)
    return out.getvalue()


def unpacked(data: bytes) -> tuple[Any, list[np.ndarray]]:
    """The tree and the arrays of an archive, whatever version of the program made it: the tree counts them from 1."""
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        tree = json.loads(archive["0"].tobytes())
        return tree, [archive[str(number)] for number in range(1, len(archive.files))]


def repacked(tree: Any, arrays: Sequence[np.ndarray]) -> bytes:
    """Bytes of what :func:`unpacked` gave."""
    return _archived(tree, arrays, compress=True)


def decode(data: bytes) -> Any:
    """The value behind :func:`encode`.

    Raises
    ------
    WorkspaceError
        When the bytes hold a class that this version does not have, or lack a field that has no default.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        tree = json.loads(archive["0"].tobytes())
        return _unpack(tree, archive)


def _pack(value: Any, arrays: list[np.ndarray]) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        content = {f.name: _pack(getattr(value, f.name), arrays) for f in fields(value)}
        return {"class": f"{type(value).__module__}:{type(value).__qualname__}", "fields": content}
    if isinstance(value, np.ndarray):
        return _pack_array(value, arrays)
    if isinstance(value, np.generic):
        return _pack(value.item(), arrays)
    if isinstance(value, tuple | list):
        return {"tuple": [_pack(item, arrays) for item in value]}
    if isinstance(value, Mapping):
        return {"map": [[str(key), _pack(item, arrays)] for key, item in value.items()]}
    if value is None or isinstance(value, bool | int | float | str):
        return {"value": value}
    raise TypeError(f"cannot store a {type(value).__name__}")


def _pack_array(value: np.ndarray, arrays: list[np.ndarray]) -> dict[str, Any]:
    if value.dtype != object:
        arrays.append(np.ascontiguousarray(value))
        return {"array": len(arrays)}
    # only what is not a number differs from itself
    missing = np.array([item is None or item != item for item in value.ravel()], dtype=bool)  # noqa: PLR0124
    text = np.where(missing, "", value.ravel()).astype(str)
    arrays.extend([text, missing])
    return {"texts": len(arrays) - 1, "shape": list(value.shape)}


def _unpack(tree: Any, archive: Mapping[str, np.ndarray]) -> Any:
    if "class" in tree:
        values = {name: _unpack(item, archive) for name, item in tree["fields"].items()}
        made = _class(tree["class"])
        known = {f.name for f in fields(made)}
        # a field that came later says by its default what held before it
        needed = {f.name for f in fields(made) if f.default is MISSING and f.default_factory is MISSING}
        if odd := (set(values) - known) | (needed - set(values)):
            raise WorkspaceError(
                f"stored object {tree['class']}: expected the fields of this version of the program, found others "
                f"({', '.join(sorted(odd))}): another version made it. Run the step again that made it: "
                "`twin ingest` for a dataset, `twin calibrate` for a calibration."
            )
        return made(**values)
    if "array" in tree:
        return archive[str(tree["array"])]
    if "texts" in tree:
        text = archive[str(tree["texts"])].astype(object)
        text[archive[str(tree["texts"] + 1)]] = None
        return text.reshape(tree["shape"])
    if "tuple" in tree:
        return tuple(_unpack(item, archive) for item in tree["tuple"])
    if "map" in tree:
        return {key: _unpack(item, archive) for key, item in tree["map"]}
    return tree["value"]


def _class(path: str) -> type:
    module, _, name = path.partition(":")
    if module.startswith(_PACKAGE):
        found = getattr(importlib.import_module(module), name, None)
        if is_dataclass(found) and isinstance(found, type):
            return found
    raise WorkspaceError(
        f"stored object {path}: expected a class of this version of the program, found none: another version made it. "
        "Run the step again that made it: `twin ingest` for a dataset, `twin calibrate` for a calibration."
    )
