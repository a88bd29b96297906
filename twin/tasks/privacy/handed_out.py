"""Handed out: who took which table out of the workspace, when, and in what form."""

from __future__ import annotations

import datetime as dt
import getpass
import secrets
from collections.abc import Sequence
from typing import Any

from twin.tasks.shelf import HANDED_OUT
from twin.workspace.store import Workspace

PLAIN, PSEUDONYMS, SHARED = "plain", "pseudonyms", "shared"
NOBODY = "unknown"
"""A process without a name."""


def log(
    workspace: Workspace, table: str, version: str, columns: Sequence[object], rows: int, file: str,
    form: str = PLAIN, who: str = "",
) -> None:  # fmt: skip
    """Write down that a table went out; nothing goes out that cannot be written down.

    Parameters
    ----------
    workspace : Workspace
    table : str
    version : str
        Id of the version that it came from.
    columns : sequence of str
    rows : int
    file : str
        Its name, without folders.
    form : str
        :data:`PLAIN`, :data:`PSEUDONYMS` or :data:`SHARED`.
    who : str
        Name of the login, unless given.
    """
    meta = {
        "when": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), "who": who or login() or NOBODY, "table": table,
        "version": version, "columns": [str(name) for name in columns], "rows": int(rows), "file": file, "form": form,
        "mark": secrets.token_hex(4),
    }  # fmt: skip
    workspace.publish(HANDED_OUT, {}, meta)


def listed(workspace: Workspace) -> list[dict[str, Any]]:
    """Everything that went out, newest first."""
    names = ("when", "who", "table", "form", "rows", "file", "version", "columns")
    return [{name: version.meta.get(name) for name in names} for version in workspace.versions(HANDED_OUT)]


def login() -> str:
    """Name of whoever runs this; empty where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
