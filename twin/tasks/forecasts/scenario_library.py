"""Scenario library: the files that may be run, what people did with them, and every change as a whole or not at all.

A file on the disk is the truth: whoever saves names the state that was read, and nobody overwrites what came after it.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from twin.errors import ScenarioError, TwinError
from twin.scenario import files
from twin.scenario.edit import edited
from twin.scenario.scenario import ALIGNMENTS
from twin.scenario.words import fold
from twin.tasks.forecasts.scenario_notes import (
    COPIED,
    CREATED,
    NOTE,
    RENAMED,
    SAVED,
    Event,
    events_beside,
    file_of,
    keep,
    now,
    remember,
)
from twin.tasks.results import SCENARIOS
from twin.workspace import atomic

SHIPPED = Path(__file__).resolve().parents[3] / SCENARIOS
DELETED = ".deleted"
_LONGEST_NOTE = 2000


class ConflictError(TwinError):
    """The file on the disk is not the one that was read; nothing was written."""


@dataclass(frozen=True)
class Listed:
    """One scenario of the library.

    Parameters
    ----------
    path : Path
    own : bool
        Of the workspace, and so to be changed; the others come with the twin.
    name, note : str
        As the scenario says; the file's name where it cannot be read.
    fault : str
        Why it cannot be read; empty when it can.
    changed : str
        When the file was last written, ISO 8601, UTC.
    events : tuple of Event
        Oldest first.
    """

    path: Path
    own: bool
    name: str
    note: str
    fault: str
    changed: str
    events: tuple[Event, ...] = ()

    @property
    def last(self) -> Event | None:
        """What was done last."""
        return self.events[-1] if self.events else None


@dataclass(frozen=True)
class Opened:
    """A file as it was read; ``state`` is the digest of its text, to be named when it is saved."""

    path: Path
    text: str
    state: str


def library(workspace: Path) -> list[Listed]:
    """Scenarios of the workspace, then those that come with the twin, each by name."""
    own = folder(workspace)
    found = [_listed(path, True) for path in sorted(own.glob("*.toml"))]
    return found + [_listed(path, False) for path in sorted(SHIPPED.glob("*.toml"))]


def folder(workspace: Path) -> Path:
    """Where a workspace keeps its scenarios."""
    return Path(workspace).absolute() / SCENARIOS


def is_own(workspace: Path, path: Path) -> bool:
    """Whether a file is of the workspace and may be changed."""
    return Path(path).parent == folder(workspace)


def read(path: Path) -> Opened:
    """A file's text with its state; a :class:`ScenarioError` when it cannot be read."""
    text = files.read_text(Path(path))
    return Opened(Path(path), text, state_of(text))


def state_of(text: str) -> str:
    """Digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def save(workspace: Path, path: Path, text: str, state: str, who: str) -> Opened:
    """Write a scenario that was read before, unless somebody wrote it meanwhile.

    Parameters
    ----------
    workspace : Path
    path : Path
        Of the workspace.
    text : str
    state : str
        Of :func:`read`; empty for a file that must not be there yet.
    who : str

    Raises
    ------
    ScenarioError
        When the text is no scenario; nothing is written.
    ConflictError
        When the file is not in that state any more; nothing is written.
    """
    path = _own(workspace, path)
    files.loads(text, path.name)
    with _alone(workspace):
        _in_state(path, state)
        _write(path, text)
        remember(path, Event(now(), who, SAVED if state else CREATED))
    return Opened(path, text, state_of(text))


def create(workspace: Path, name: str, who: str, text: str = "", what: str = CREATED, why: str = "") -> Path:
    """A new file of the workspace under a name that is free.

    Parameters
    ----------
    workspace : Path
    name : str
        What the scenario calls itself.
    who : str
    text : str
        What it shall say beside its name; only the name when empty.
    what, why : str
        For its history.
    """
    document = files.document(text) if text else {}
    body = edited(text, {**document, "name": name} if document else {"name": name})
    files.loads(body, name)
    with _alone(workspace):
        path = _free(workspace, name)
        _write(path, body)
        remember(path, Event(now(), who, what, why))
    return path


def copy(workspace: Path, path: Path, name: str, who: str) -> Path:
    """A copy of any scenario, as one of the workspace, under a new name."""
    opened = read(path)
    document = files.document(opened.text, Path(path).name)
    alignment = document.get("field_force", {}).get("alignment")
    text = opened.text
    if isinstance(alignment, str) and alignment not in ALIGNMENTS:
        # a file is looked for beside the scenario: the copy stands elsewhere
        document["field_force"] = {
            **document["field_force"], "alignment": str((Path(path).parent / alignment).absolute())
        }  # fmt: skip
        text = edited(text, document)
    return create(workspace, name, who, text, COPIED, Path(path).stem)


def rename(workspace: Path, path: Path, name: str, state: str, who: str) -> Path:
    """Give a scenario of the workspace another name; its file is named after it and its history goes along."""
    path = _own(workspace, path)
    with _alone(workspace):
        opened = _in_state(path, state)
        document = files.document(opened, path.name)
        body = edited(opened, {**document, "name": name})
        before = files.loads(opened, path.name).name
        files.loads(body, path.name)
        new = path if _stem(name) == path.stem else _free(workspace, name)
        events = events_beside(path)
        _write(new, body)
        if new != path:
            keep(new, events)
            path.unlink()
            file_of(path).unlink(missing_ok=True)
        remember(new, Event(now(), who, RENAMED, before))
    return new


def delete(workspace: Path, path: Path, state: str) -> Path:
    """Take a scenario of the workspace off the library; the file is kept under ``.deleted``."""
    path = _own(workspace, path)
    with _alone(workspace):
        _in_state(path, state)
        bin_ = path.parent / DELETED
        bin_.mkdir(exist_ok=True)
        kept = bin_ / f"{path.stem}-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S%f}.toml"
        path.replace(kept)
        if file_of(path).is_file():
            file_of(path).replace(kept.with_suffix(".json"))
    return kept


def remark(workspace: Path, path: Path, text: str, who: str, what: str = NOTE) -> None:
    """Keep what somebody has to say of a scenario, whether it is of the workspace or came with the twin.

    Raises
    ------
    TwinError
        When there is nothing in it, or too much.
    """
    text = text.strip()
    if not text or len(text) > _LONGEST_NOTE:
        raise TwinError(f"note: expected 1 to {_LONGEST_NOTE} letters, found {len(text)}. Write or shorten it.")
    with _alone(workspace):
        beside = path if is_own(workspace, path) else folder(workspace) / Path(path).name
        remember(beside, Event(now(), who, what, text))


def events_of(workspace: Path, path: Path) -> tuple[Event, ...]:
    """History of a scenario, oldest first."""
    return events_beside(path if is_own(workspace, path) else folder(workspace) / Path(path).name)


def _listed(path: Path, own: bool) -> Listed:
    changed = dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC).isoformat(timespec="seconds")
    events = events_beside(path) if own else ()
    try:
        scenario = files.load(path)
    except ScenarioError as error:
        return Listed(path, own, path.stem, "", str(error), changed, events)
    return Listed(path, own, scenario.name, scenario.note, "", changed, events)


@contextmanager
def _alone(workspace: Path) -> Iterator[None]:
    """One writer at a time: whether a file has changed is asked and answered under the same lock."""
    place = folder(workspace)
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = (place / ".lock").open("w")
    except OSError as error:
        raise TwinError(f"{place}: no scenario can be written here ({error.strerror}).") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _own(workspace: Path, path: Path) -> Path:
    if not is_own(workspace, Path(path)):
        raise TwinError(f"{Path(path).name}: it came with the twin and stays as it is. Copy it and change the copy.")
    return Path(path)


def _in_state(path: Path, state: str) -> str:
    """Text of a file that is still in the state that was read."""
    there = path.is_file()
    text = files.read_text(path) if there else ""
    if there != bool(state) or (there and state_of(text) != state):
        found = "another one" if there else "none"
        raise ConflictError(
            f"{path.name}: expected the file as it was read, found {found}: somebody changed it meanwhile. "
            "Nothing was written. Open it again, or save yours under another name."
        )
    return text


def _free(workspace: Path, name: str) -> Path:
    stem, number = _stem(name), 1
    path = folder(workspace) / f"{stem}.toml"
    while path.exists():
        number += 1
        path = folder(workspace) / f"{stem}_{number}.toml"
    return path


def _stem(name: str) -> str:
    return re.sub(r"[^\w-]+", "_", fold(name)).strip("_")[:80] or "scenario"


def _write(path: Path, text: str) -> None:
    try:
        atomic.place(path.parent, lambda file: file.write(text.encode()), lambda _: path.name)
    except OSError as error:
        raise TwinError(f"{path}: the file cannot be written ({error.strerror}). Nothing was changed.") from error
