"""Workspace: a folder of immutable versions, each published whole or not at all.

Knows how results are kept, found and checked; not what they mean.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import pandas as pd
from pyarrow import parquet

from twin.errors import WorkspaceError
from twin.workspace import atomic, leftovers
from twin.workspace.catalogue import FILE_NAME, Catalogue, Part, Version
from twin.workspace.content import canonical, encoded, sha256
from twin.workspace.heads import MovedError, named, require

_KIND = re.compile(r"[a-z][a-z0-9_-]*")
_KEEP_SECONDS = 24 * 3600
_CURE = "Restore it from a copy of the workspace, or run the step that made it again: that stores it anew."


@dataclass(frozen=True)
class Workspace:
    """One workspace folder: a catalogue, and files named by their SHA-256 under ``objects/``.

    Take a :meth:`head` once for each piece of work: what hangs on it never changes, whatever others publish meanwhile.
    """

    path: Path

    @classmethod
    def open(cls, path: Path | str, create: bool = True) -> Workspace:
        """Open a workspace folder.

        Parameters
        ----------
        path : Path or str
        create : bool
            Make it where there is none; otherwise a missing workspace is an error.
        """
        folder = Path(path)
        if not create and not (folder / FILE_NAME).is_file():
            raise WorkspaceError(
                f"{folder}: expected a workspace, found none. Make one with `twin ingest FOLDER -w {folder}`, "
                "or name another with -w."
            )
        workspace = cls(folder)
        try:
            workspace.objects.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"{folder}: no workspace can be made here ({error.strerror}). Name another with -w."
            ) from error
        workspace._catalogue.prepare()
        return workspace

    @property
    def objects(self) -> Path:
        """Folder of the immutable files."""
        return self.path / "objects"

    @property
    def _catalogue(self) -> Catalogue:
        return Catalogue(self.path)

    def publish(
        self,
        kind: str,
        parts: Mapping[str, pd.DataFrame | bytes | dict | list | str],
        meta: Mapping[str, object],
        parents: Sequence[str] = (),
        label: str = "",
        heads: Mapping[str, str] | None = None,
    ) -> str:
        """Store a version and make it the head of its kind and label.

        Until the very last step nobody sees anything of it; after it everybody sees all of it.

        Parameters
        ----------
        kind : str
            Lower-case name: ``dataset``, ``calibration``, ``forecast`` ...
        parts : mapping from name to content
            Frames become Parquet, dicts and lists JSON, strings UTF-8 text; bytes are kept as they are.
        meta : mapping
            What should be read without opening a part, of JSON types.
        parents : sequence of str
            Ids of the versions that this one was made from; they must be in this workspace.
        label : str
            Any text; each label of a kind has a head of its own.
        heads : mapping of str to str, optional
            By kind, the head from which this was made (empty: none): whoever publishes another meanwhile is not
            overwritten.

        Returns
        -------
        str
            Id ``<kind>-<12 hex>``. The same content has the same id, and publishing it again only moves the head.

        Raises
        ------
        WorkspaceError
            When a parent is missing, or one of ``heads`` has moved; nothing is stored.
        """
        if not _KIND.fullmatch(kind):
            raise ValueError(f"kind: expected a lower-case name, got {kind!r}")
        plain_meta = json.loads(canonical(dict(meta), "meta"))
        if absent := self._catalogue.missing(parents):
            raise WorkspaceError(f"{self.path}: expected the parent version {absent[0]}, found none of that id.")
        for last_try in (False, True):
            stored = {name: self.put(name, content) for name, content in parts.items()}
            version = named(kind, stored, plain_meta, tuple(parents), label)
            try:
                self._catalogue.add(version, partial(self._may_name, stored, heads or {}, version.id))
                break
            except FileNotFoundError:  # garbage() took an old file of the same content before we named it
                if last_try:
                    raise
            except MovedError:
                leftovers.remove(self._catalogue, self.objects, [part.file_name for part in stored.values()])
                raise
        return version.id

    def mark(self) -> str:
        """What is another one after every change of any version or head; empty while one is being written."""
        return self._catalogue.mark()

    def head(self, kind: str, label: str = "") -> Version | None:
        """Current version of a kind and label; ``None`` before the first."""
        return self._catalogue.head(kind, label)

    def heads(self, kind: str) -> dict[str, Version]:
        """Current version of every label of a kind, by label."""
        return self._catalogue.heads(kind)

    def version(self, id: str) -> Version:
        """Version of that id."""
        version = self._catalogue.version(id)
        if version is None:
            raise WorkspaceError(f"{self.path}: expected the version {id}, found none of that id.")
        return version

    def versions(self, kind: str) -> list[Version]:
        """All versions of a kind, newest first."""
        return self._catalogue.versions(kind)

    def everything(self) -> list[Version]:
        """Every version of every kind, oldest first."""
        return self._catalogue.everything()

    def restore(self, id: str) -> Version:
        """Make an older version the head of its kind and label again; later ones stay.

        Raises
        ------
        WorkspaceError
            When there is none of that id, or a file of it is missing or damaged.
        """
        version = self.version(id)
        for part in version.parts.values():
            self.opened(part).close()
        self._catalogue.point(id)
        return version

    def parts(self) -> list[Part]:
        """Every file that some version names."""
        return sorted(self._catalogue.parts(), key=lambda part: part.file_name)

    def swap(
        self, new: Mapping[Part, Part], words: Callable[[str], str], kind: str, meta: Mapping[str, object]
    ) -> str:  # fmt: skip
        """Let every version name other files and words under its old id, and record that it was done.

        One transaction: a reader finds all of the old or all of the new. Files that nothing names any more stay until
        :meth:`garbage`.

        Parameters
        ----------
        new : mapping of Part to Part
        words : callable
            New text of a label, or of a meta in JSON.
        kind : str
        meta : mapping
            Of the record.

        Returns
        -------
        str
            Id of the record.
        """
        record = named(kind, {}, json.loads(canonical(dict(meta), "meta")), (), "")
        stored = {part.file_name: part for part in new.values()}
        self._catalogue.swap(new, words, record, partial(self._require, stored))
        self._catalogue.compact()
        return record.id

    def has(self, version: Version, name: str) -> bool:
        """Whether a version has a part of that name."""
        return name in version.parts

    def table(self, version: Version, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Frame stored as a part; all of its columns unless some are named."""
        with self._open(version, name, "parquet") as file:
            # the hash was checked on this very handle; the page checksums catch what goes wrong while we read
            wanted = None if columns is None else list(columns)
            table = parquet.read_table(file, columns=wanted, page_checksum_verification=True)
        return table.to_pandas()

    def columns(self, version: Version, name: str) -> list[str]:
        """Names of a frame's columns."""
        with self._open(version, name, "parquet") as file:
            return parquet.read_schema(file).names

    def document(self, version: Version, name: str) -> dict | list | str:
        """Dict, list or string stored as a part."""
        with self._open(version, name, "json", "txt") as file:
            text = file.read().decode()
        return json.loads(text) if version.parts[name].format == "json" else text

    def blob(self, version: Version, name: str) -> bytes:
        """Bytes of a part, as they lie on the disk, whatever was stored."""
        with self._open(version, name) as file:
            return file.read()

    def verify(self) -> list[str]:
        """Read every file that a version names: messages about those that are missing or damaged."""
        found = []
        for part in sorted(self._catalogue.parts(), key=lambda part: part.file_name):
            try:
                self.opened(part).close()
            except WorkspaceError as error:
                found.append(str(error))
        return found

    def garbage(self, older_than_seconds: float = _KEEP_SECONDS) -> list[str]:
        """Remove files that no version names and that no publisher can still be about to name.

        Returns
        -------
        list of str
            Names of the removed files.
        """
        return leftovers.remove_old(self._catalogue, self.objects, older_than_seconds)

    def put(self, name: str, content: object) -> Part:
        """Store one content under its hash: a publication names it, or :meth:`swap`."""
        suffix, write = encoded(name, content)
        try:
            written = atomic.place(self.objects, write, lambda file: f"{sha256(file)}.{suffix}")
        except OSError as error:
            raise WorkspaceError(
                f"{self.objects}: a file cannot be written ({error}). Nothing was published: "
                "make room, or check that the folder is yours to write."
            ) from error
        return Part(written.stem, suffix)

    def _may_name(self, parts: Mapping[str, Part], heads: Mapping[str, str], id: str) -> None:
        """Called under the write lock: nobody was faster, and every file is there."""
        require(self, heads, id)
        self._require(parts)

    def _require(self, parts: Mapping[str, Part]) -> None:
        for part in parts.values():
            os.stat(self.objects / part.file_name)

    def _open(self, version: Version, name: str, *formats: str) -> BinaryIO:
        """Verified file of a part, at its beginning."""
        part = version.parts.get(name)
        if part is None:
            names = ", ".join(version.parts) or "none"
            raise WorkspaceError(f"{version.id}: expected a part named {name!r}, found {names}.")
        if formats and part.format not in formats:
            raise ValueError(f"{version.id}, part {name!r}: expected {' or '.join(formats)}, got {part.format}")
        return self.opened(part)

    def opened(self, part: Part) -> BinaryIO:
        """Verified file of a part, at its beginning."""
        path = self.objects / part.file_name
        try:
            file = path.open("rb")
        except OSError as error:
            raise WorkspaceError(f"{path}: the file is missing or unreadable ({error.strerror}). {_CURE}") from error
        found = sha256(file)
        if found != part.sha:
            file.close()
            raise WorkspaceError(f"{path}: the file is damaged: its SHA-256 is {found}, not its name. {_CURE}")
        file.seek(0)
        return file
