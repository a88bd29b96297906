"""Ledger of runs: finished chunks of a forecast that is not published yet, as files of the workspace.

One folder for each fingerprint of whatever decides the chunks; it goes when the forecast is published. Knows numbers
and what the codec can store, not what a chunk means.
"""

from __future__ import annotations

import re
import shutil
import time
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from twin.errors import WorkspaceError
from twin.workspace import atomic, codec
from twin.workspace.content import sha256

FOLDER = "runs"
KEEP_FOLDERS = 4
"""Unfinished forecasts whose chunks are kept; of more of them the oldest go."""
KEEP_SECONDS = 14 * 24 * 3600.0
_NAME = re.compile(r"chunk-(\d{1,9})-([0-9a-f]{64})\.npz")
_LETTERS = 32


class RunLedger:
    """Finished chunks of one forecast.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace. Nothing is written before the first chunk is kept.
    fingerprint : str
        Of whatever decides the chunks, in hexadecimal digits.

    Attributes
    ----------
    notes : list of str
        How many chunks were found, and what could not be used.
    """

    def __init__(self, workspace: Path, fingerprint: str) -> None:
        self.path = workspace / FOLDER / fingerprint[:_LETTERS]
        self.notes: list[str] = []
        self._fingerprint = fingerprint
        self._files: dict[int, Path] = {}

    def finished(self, keys: Sequence[int]) -> set[int]:
        """Those of the keys whose chunks are there and whole; :attr:`notes` names files that are not."""
        self.notes.clear()
        self._files.clear()
        for file in sorted(self.path.glob("*")) if self.path.is_dir() else ():
            named = _NAME.fullmatch(file.name)
            if file.name.startswith(atomic.TEMPORARY):  # a killed process was writing it
                continue
            if named is None or self._value(file, int(named[1])) is None:
                self.notes.append(f"{file.name} is torn or of another forecast and was left aside")
            elif int(named[1]) in keys:
                self._files[int(named[1])] = file
        if self._files:
            self.notes.insert(0, f"{len(self._files)} of {len(keys)} draws were already there")
        return set(self._files)

    def read(self, key: int) -> Any | None:
        """Chunk of a key that :meth:`finished` named; ``None`` when it has gone meanwhile."""
        return self._value(self._files[key], key)

    def keep(self, key: int, chunk: Any) -> None:
        """Store a chunk, whole or not at all.

        Parameters
        ----------
        key : int
        chunk : object
            Anything that :func:`twin.workspace.codec.encode` takes.

        Raises
        ------
        WorkspaceError
            When the folder cannot be written.
        """
        content = codec.encode({"fingerprint": self._fingerprint, "key": key, "chunk": chunk}, compress=False)
        try:
            try:
                self._place(key, content)
            except FileNotFoundError:  # the same forecast, run by somebody else, was published and took the folder away
                self._place(key, content)
        except OSError as error:
            raise WorkspaceError(
                f"{self.path}: expected room for a finished draw, found that it cannot be written ({error}). "
                "Make room, or check that the folder is yours to write."
            ) from error

    def remove(self) -> None:
        """Forget every chunk: the result is published."""
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):  # others still use it
            self.path.parent.rmdir()

    def _place(self, key: int, content: bytes) -> None:
        if not self.path.is_dir():
            self.path.mkdir(parents=True, exist_ok=True)
            self._drop_old()
        atomic.place(self.path, lambda file: file.write(content), lambda file: f"chunk-{key}-{sha256(file)}.npz")

    def _value(self, file: Path, key: int) -> Any | None:
        """What a file holds; ``None`` when it is torn, altered, or of another forecast."""
        try:
            with file.open("rb") as stream:
                if f"chunk-{key}-{sha256(stream)}.npz" != file.name:
                    return None
            held = codec.decode(file.read_bytes())
        except (OSError, EOFError, KeyError, ValueError, TypeError, zipfile.BadZipFile, zlib.error, WorkspaceError):
            return None
        if not isinstance(held, dict) or (held.get("fingerprint"), held.get("key")) != (self._fingerprint, key):
            return None
        return held.get("chunk")

    def _drop_old(self) -> None:
        """Remove what nobody came back for."""
        others = [folder for folder in self.path.parent.iterdir() if folder != self.path]
        aged = sorted(((_touched(folder), folder) for folder in others), reverse=True)
        for place, (touched, folder) in enumerate(aged, start=1):
            if place >= KEEP_FOLDERS or touched < time.time() - KEEP_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _touched(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # gone meanwhile
        return 0.0
