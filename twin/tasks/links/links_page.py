"""Links page: pairs and decisions as a screen asks for them, by folder instead of by store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twin.tasks.links.links import Decision, decide, decide_all, list_links
from twin.workspace.catalogue import FILE_NAME
from twin.workspace.store import Workspace


def pairs(workspace: Path) -> dict[str, Any]:
    """Pairs and what was said of them, see :func:`twin.tasks.links.links.list_links`; none without a workspace."""
    if not (Path(workspace) / FILE_NAME).is_file():
        return {"dataset": None, "pairs": [], "history": [], "pending": 0}
    return list_links(Workspace.open(workspace, create=False))


def say(workspace: Path, decisions: Sequence[Decision], now: dt.datetime) -> dict[str, Any]:
    """Keep what somebody says of pairs, see :func:`twin.tasks.links.links.decide`."""
    return decide(Workspace.open(workspace, create=False), decisions, now)


def say_above(workspace: Path, above: float, action: str, why: str, who: str, now: dt.datetime) -> dict[str, Any]:
    """The same word on every pair that waits and is at least so likely, see ``links.decide_all``."""
    return decide_all(Workspace.open(workspace, create=False), above, action, why, who, now)


__all__ = ("Decision", "pairs", "say", "say_above")
