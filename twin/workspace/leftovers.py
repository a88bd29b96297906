"""Leftovers: files in a workspace that no version names.

Every removal happens with all publishers kept waiting; whoever is about to name a file that went writes it again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from twin.workspace.catalogue import Catalogue


def remove_old(catalogue: Catalogue, objects: Path, older_than_seconds: float) -> list[str]:
    """Remove files that no version names and that are older than that; their names."""
    horizon = time.time() - older_than_seconds
    removed = []
    with catalogue.held() as named:  # nobody names a file while we look
        for file in objects.iterdir():
            if file.name not in named and file.stat().st_mtime < horizon:
                file.unlink(missing_ok=True)
                removed.append(file.name)
    return sorted(removed)


def remove(catalogue: Catalogue, objects: Path, names: Iterable[str]) -> None:
    """Remove those of the files that no version names."""
    with catalogue.held() as named:
        for name in set(names) - named:
            (objects / name).unlink(missing_ok=True)
