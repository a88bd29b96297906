"""Scenario notes: what people did with a scenario and said of it, kept beside its file.

Knows no scenario: whoever changes a file says here what was done, under the library's lock.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from twin.workspace import atomic

FOLDER = ".notes"
CREATED, COPIED, SAVED, RENAMED, NOTE, DECIDED = "created", "copied", "saved", "renamed", "note", "decided"
_MOST_EVENTS = 500


@dataclass(frozen=True)
class Event:
    """What somebody did with a scenario.

    Parameters
    ----------
    when : str
        ISO 8601, UTC.
    who : str
    what : str
        ``created``, ``copied``, ``saved``, ``renamed``, ``note`` or ``decided``.
    text : str
    """

    when: str
    who: str
    what: str
    text: str = ""


def file_of(path: Path) -> Path:
    """Where the history of a scenario's file is kept."""
    return path.parent / FOLDER / f"{path.stem}.json"


def events_beside(path: Path) -> tuple[Event, ...]:
    """History that is kept beside a file; none where it is lost or damaged, for the scenario is not."""
    try:
        raw: Any = json.loads(file_of(path).read_text(encoding="utf-8"))
        return tuple(Event(**{key: str(value) for key, value in row.items()}) for row in raw)
    except (OSError, ValueError, TypeError, AttributeError):
        return ()


def remember(path: Path, event: Event) -> None:
    """Add to the history of a file."""
    keep(path, (*events_beside(path), event)[-_MOST_EVENTS:])


def keep(path: Path, events: Sequence[Event]) -> None:
    """Replace the history of a file."""
    place = file_of(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(event) for event in events], ensure_ascii=False, indent=1)
    atomic.place(place.parent, lambda file: file.write(text.encode()), lambda _: place.name)


def now() -> str:
    """This moment, ISO 8601, UTC."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
