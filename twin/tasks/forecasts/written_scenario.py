"""Written scenarios: files that a verb writes, never in the place of one that a person wrote."""

from __future__ import annotations

import re
from pathlib import Path

from twin.errors import PlanError
from twin.tasks.results import SCENARIOS
from twin.workspace import atomic
from twin.workspace.store import Workspace


def place_for(workspace: Workspace, name: str, mark: str, verb: str, fallback: str) -> Path:
    """Where the scenario of that name will stand.

    Parameters
    ----------
    workspace : Workspace
    name : str
    mark : str
        Words in a file that the verb wrote itself and may replace.
    verb : str
        For the message.
    fallback : str
        File name of a scenario whose name has no letter.

    Raises
    ------
    PlanError
        When a file of that name was not written by the verb.
    """
    stem = re.sub(r"[^\w-]+", "_", name).strip("_").lower()[:80] or fallback
    file = workspace.path / SCENARIOS / f"{stem}.toml"
    if file.exists() and mark not in file.read_text(encoding="utf-8", errors="replace"):
        raise PlanError(
            f"--name: expected a name that is free, found {file}, which was not written by {verb}. "
            "Choose another --name, or move that file."
        )
    return file


def write(file: Path, text: str) -> Path:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return atomic.place(file.parent, lambda out: out.write(text.encode()), lambda _: file.name)
