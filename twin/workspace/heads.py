"""Heads: what a version is called, and whether what stood when somebody began still stands when he has done.

Knows no file.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from twin.errors import WorkspaceError
from twin.workspace.catalogue import Part, Version
from twin.workspace.content import artefact_id


class Shelf(Protocol):
    """What knows the heads of a folder."""

    @property
    def path(self) -> Path:
        """The folder."""
        ...

    def head(self, kind: str, label: str = "") -> Version | None:
        """Current version of a kind and label."""
        ...


class MovedError(WorkspaceError):
    """Somebody else published meanwhile what this was made from; nothing was stored."""


def named(kind: str, parts: Mapping[str, Part], meta: dict, parents: tuple[str, ...], label: str) -> Version:
    """Version with the id that its content gives it."""
    files = {name: part.file_name for name, part in parts.items()}
    digest = artefact_id({"kind": kind, "parts": files, "meta": meta, "parents": parents})
    created = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return Version(f"{kind}-{digest[:12]}", kind, label, created, meta, parents, dict(parts))


def require(shelf: Shelf, heads: Mapping[str, str], id: str = "") -> None:
    """See that heads stand where they stood.

    Parameters
    ----------
    shelf : Workspace or Catalogue
    heads : mapping of str to str
        By kind: id of the head, empty for none.
    id : str
        What is to be published: another who published the very same is in nobody's way.

    Raises
    ------
    MovedError
    """
    for kind, expected in heads.items():
        head = shelf.head(kind, "")
        found = "" if head is None else head.id
        if found not in (expected, id):
            stood = expected or f"no {kind} yet"
            raise MovedError(
                f"{shelf.path}: expected {stood}, as when this began, found {found or 'none'}, which "
                "somebody published meanwhile. Give the same command again: it begins from what stands now."
            )
