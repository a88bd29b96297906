"""Pseudonyms: tables in which people are numbers that only this workspace can lead back to them.

A number is HMAC-SHA-256 of the id under a salt that lies in the workspace, readable by its owner only; whoever has the
table but not the salt cannot try out ids.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

import pandas as pd

from twin.errors import WorkspaceError
from twin.intake.people import is_free_text

SALT = "pseudonyms.key"
IDS = ("customer_id", "prospect_id", "rep_id", "id_a", "id_b", "stands_as")
_DROPPED = ("name", "address", "phone", "mail", "contact", "tax", "reason", "lon", "lat", "found", "remark", "who")
_KEPT = ("territory_name", "reason_key")
_DIGITS = 16
_OWNER_ONLY = 0o600
_BYTES = 32


def salt_of(workspace: Path) -> bytes:
    """The salt of a workspace, made when it is asked for first."""
    file = Path(workspace) / SALT
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        found = file.read_bytes()
        if len(found) != _BYTES:
            raise WorkspaceError(
                f"{file}: expected {_BYTES} bytes of salt, found {len(found)}. Restore the file from a copy of the "
                "workspace, or remove it: new pseudonyms then differ from those handed out before."
            ) from None
        return found
    except OSError as error:
        raise WorkspaceError(f"{file}: the salt of pseudonyms cannot be kept ({error.strerror}).") from error
    with os.fdopen(handle, "wb") as out:
        made = secrets.token_bytes(_BYTES)
        out.write(made)
        out.flush()
        os.fsync(handle)
    return made


def pseudonymous(workspace: Path, frame: pd.DataFrame, label: str = "") -> pd.DataFrame:
    """A table without names and places, its people under pseudonyms.

    Parameters
    ----------
    workspace : Path
    frame : pandas.DataFrame
    label : str
        Whom it is for. Tables under one label can be joined with one another; tables under two cannot.
    """
    key = hmac.new(salt_of(workspace), f"label:{label}".encode(), hashlib.sha256).digest()
    columns = {}
    for name, values in frame.items():
        word = str(name)
        if word in IDS:
            people = values.dropna().unique()
            new = {one: _number(key, str(one)) for one in people}
            columns[word] = values.map(new)
        elif word in _KEPT or not _tells(word, values):
            columns[word] = values
    return pd.DataFrame(columns, index=frame.index)


def _tells(name: str, values: pd.Series) -> bool:
    """Whether a column names a person or a place, by its name or because hardly two rows share a value."""
    if any(part in name.casefold().split("_") or (len(part) > 3 and part in name.casefold()) for part in _DROPPED):
        return True
    return bool(pd.api.types.is_string_dtype(values.dtype) and is_free_text(values))


def _number(key: bytes, id: str) -> str:
    return hmac.new(key, id.encode(), hashlib.sha256).hexdigest()[:_DIGITS]
