"""Content: the one file form and the fingerprint of everything that is kept.

Knows no folder and no catalogue.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet


def artefact_id(inputs: Mapping[str, object]) -> str:
    """Fingerprint of whatever a result depends on.

    Parameters
    ----------
    inputs : mapping
        Of JSON types; numbers and arrays of NumPy, dates and paths are taken too. The order of keys does not matter.

    Returns
    -------
    str
        SHA-256 of the canonical JSON, 64 hexadecimal digits.
    """
    return hashlib.sha256(canonical(dict(inputs), "inputs").encode()).hexdigest()


def canonical(value: object, name: str) -> str:
    """JSON text that equal values share: sorted keys, no spaces.

    Parameters
    ----------
    value : object
    name : str
        What an error calls it.
    """
    return _json(value, name, sort_keys=True)


def encoded(name: str, content: object) -> tuple[str, Callable[[BinaryIO], object]]:
    """File form of a part.

    Parameters
    ----------
    name : str
        What an error calls it.
    content : pandas.DataFrame, bytes, dict, list or str

    Returns
    -------
    suffix : str
        ``parquet``, ``json``, ``txt`` or ``bin``.
    write : callable
        Fills an open file.
    """
    if isinstance(content, pd.DataFrame):
        try:
            table = pa.Table.from_pandas(content)
        except pa.ArrowException as error:
            raise ValueError(f"part {name!r}: the frame has no Parquet form: {error}") from error
        return "parquet", lambda file: parquet.write_table(table, file, compression="zstd", write_page_checksum=True)
    if isinstance(content, dict | list):
        # a document keeps the order of its keys, for people read it
        text = _json(content, f"part {name!r}", sort_keys=False)
        return "json", lambda file: file.write(text.encode())
    if isinstance(content, str):
        return "txt", lambda file: file.write(content.encode())
    if isinstance(content, bytes):
        return "bin", lambda file: file.write(content)
    raise ValueError(f"part {name!r}: expected a frame, dict, list, string or bytes, got {type(content).__name__}")


def sha256(file: BinaryIO) -> str:
    """Hash of an open file from where it stands to its end: 64 hexadecimal digits."""
    return hashlib.file_digest(file, "sha256").hexdigest()


def _json(value: object, name: str, sort_keys: bool) -> str:
    try:
        return json.dumps(
            value, ensure_ascii=False, allow_nan=False, sort_keys=sort_keys, separators=(",", ":"), default=_plain
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected JSON types with finite numbers: {error}") from error


def _plain(value: object) -> object:
    """JSON form of the few other types that turn up in results."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
