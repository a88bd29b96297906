"""Catalogue: the small database of a workspace that says which versions exist and which is current.

The only module that opens the database. Knows the names of files, never their content.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from twin.errors import WorkspaceError

FILE_NAME = "catalogue.sqlite"
_LAYOUT = 1
_PATIENCE_SECONDS = 30.0

_TABLES = (
    """CREATE TABLE IF NOT EXISTS version (
        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
        label TEXT NOT NULL, created TEXT NOT NULL, meta TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS part (
        version TEXT NOT NULL REFERENCES version(id), name TEXT NOT NULL, sha TEXT NOT NULL, format TEXT NOT NULL,
        PRIMARY KEY (version, name))""",
    """CREATE TABLE IF NOT EXISTS parent (
        version TEXT NOT NULL REFERENCES version(id), place INTEGER NOT NULL,
        parent TEXT NOT NULL REFERENCES version(id), PRIMARY KEY (version, place))""",
    """CREATE TABLE IF NOT EXISTS head (
        kind TEXT NOT NULL, label TEXT NOT NULL, version TEXT NOT NULL REFERENCES version(id),
        PRIMARY KEY (kind, label))""",
    f"PRAGMA user_version = {_LAYOUT}",
)
_HEAD = "INSERT INTO head VALUES (?, ?, ?) ON CONFLICT (kind, label) DO UPDATE SET version = excluded.version"


@dataclass(frozen=True)
class Part:
    """One file of a version.

    Parameters
    ----------
    sha : str
        SHA-256 of the file, 64 hexadecimal digits.
    format : str
        ``parquet``, ``json``, ``txt`` or ``bin``; also the suffix of the file.
    """

    sha: str
    format: str

    @property
    def file_name(self) -> str:
        """Name inside the folder of objects."""
        return f"{self.sha}.{self.format}"


@dataclass(frozen=True)
class Version:
    """One published result; it never changes.

    Parameters
    ----------
    id : str
        ``<kind>-<12 hex>``, a function of the content alone.
    kind, label : str
        What it is, and under which name it was asked for (a scenario's, say).
    created : str
        When it was first published: ISO 8601, UTC.
    meta : mapping
        Whatever the publisher wrote down, of JSON types.
    parents : tuple of str
        Ids of the versions it was made from.
    parts : mapping from name to Part
    """

    id: str
    kind: str
    label: str
    created: str
    meta: dict[str, Any] = field(hash=False)
    parents: tuple[str, ...]
    parts: dict[str, Part] = field(hash=False)


class Catalogue:
    """The database of one workspace; a connection lives for one call, so threads and processes may share it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / FILE_NAME

    def prepare(self) -> None:
        """Create what is missing; refuse a layout that this program does not know."""
        with self._session() as connection:
            # never the write-ahead log: some libraries in use can lose its commits, and our writes are rare
            connection.execute("PRAGMA journal_mode = DELETE")
            layout = connection.execute("PRAGMA user_version").fetchone()[0]
        if layout > _LAYOUT:
            raise WorkspaceError(
                f"{self.file}: expected catalogue layout {_LAYOUT}, found {layout}. "
                "A newer release made this workspace: update the program, or name another workspace with -w."
            )
        if layout < _LAYOUT:
            with self._writing() as connection:
                for statement in _TABLES:
                    connection.execute(statement)

    def add(self, version: Version, check: Callable[[], None]) -> None:
        """Insert a version unless it is there, and move the head of its kind and label to it, in one transaction.

        Parameters
        ----------
        version : Version
        check : callable
            Called under the write lock, raises to give the transaction up.
        """
        with self._writing() as connection:
            check()
            known = connection.execute("SELECT 1 FROM version WHERE id = ?", (version.id,)).fetchone()
            if not known:
                _insert(connection, version)
            connection.execute(_HEAD, (version.kind, version.label, version.id))

    def point(self, id: str) -> None:
        """Move the head of a version's kind and label back, or forth, to it."""
        with self._writing() as connection:
            row = connection.execute("SELECT kind, label FROM version WHERE id = ?", (id,)).fetchone()
            if row is None:
                raise WorkspaceError(f"{self.file}: expected the version {id}, found none of that id.")
            connection.execute(_HEAD, (*row, id))

    def mark(self) -> str:
        """What is another one after every change, without a look inside; empty while one is being written.

        SQLite counts the changes of a file in its head, bytes 24 to 27.
        """
        if self.file.with_name(f"{self.file.name}-journal").exists():
            return ""
        with self.file.open("rb") as raw:
            head, told = raw.read(28), os.fstat(raw.fileno())
        return f"{head[24:].hex()}-{told.st_ino}-{told.st_size}-{told.st_mtime_ns}"

    def everything(self) -> list[Version]:
        """Every version there is, oldest first."""
        with self._session() as connection:
            rows = connection.execute("SELECT id, label FROM version ORDER BY number").fetchall()
            return [_read(connection, id, label) for id, label in rows]

    def swap(
        self, new: Mapping[Part, Part], words: Callable[[str], str], record: Version, check: Callable[[], None]
    ) -> None:
        """Let every version name other files and words, and add one that says so: all of it or nothing.

        The ids of versions stay, so that whatever names them still finds them.

        Parameters
        ----------
        new : mapping of Part to Part
            What stands in whose place.
        words : callable
            New text of a label, or of a meta in JSON.
        record : Version
        check : callable
            Called under the write lock, raises to give the transaction up.
        """
        with self._writing() as connection:
            check()
            connection.executemany(
                "UPDATE part SET sha = ?, format = ? WHERE sha = ? AND format = ?",
                [(now.sha, now.format, old.sha, old.format) for old, now in new.items()],
            )
            for id, label, meta in connection.execute("SELECT id, label, meta FROM version").fetchall():
                if (words(label), words(meta)) != (label, meta):
                    row = (words(label), words(meta), id)
                    connection.execute("UPDATE version SET label = ?, meta = ? WHERE id = ?", row)
            for kind, label in connection.execute("SELECT kind, label FROM head").fetchall():
                if words(label) != label:
                    row = (words(label), kind, label)
                    connection.execute("UPDATE OR REPLACE head SET label = ? WHERE kind = ? AND label = ?", row)
            _insert(connection, record)
            connection.execute(_HEAD, (record.kind, record.label, record.id))

    def compact(self) -> None:
        """Write the database anew, so that no page holds what is no longer in it."""
        with self._session() as connection:
            connection.execute("VACUUM")

    def missing(self, ids: Sequence[str]) -> list[str]:
        """Those of the ids that no version bears."""
        with self._session() as connection:
            return [id for id in ids if not connection.execute("SELECT 1 FROM version WHERE id = ?", (id,)).fetchone()]

    def heads(self, kind: str) -> dict[str, Version]:
        """Current version of each label of a kind, by label."""
        with self._session() as connection:
            rows = connection.execute(
                "SELECT label, version FROM head WHERE kind = ? ORDER BY label", (kind,)
            ).fetchall()
            return {label: _read(connection, id, label) for label, id in rows}

    def head(self, kind: str, label: str) -> Version | None:
        """Current version of a kind and label."""
        with self._session() as connection:
            row = connection.execute("SELECT version FROM head WHERE kind = ? AND label = ?", (kind, label)).fetchone()
            return _read(connection, row[0], label) if row else None

    def version(self, id: str) -> Version | None:
        """Version of that id."""
        with self._session() as connection:
            row = connection.execute("SELECT label FROM version WHERE id = ?", (id,)).fetchone()
            return _read(connection, id, row[0]) if row else None

    def versions(self, kind: str) -> list[Version]:
        """All versions of a kind, newest first."""
        with self._session() as connection:
            query = "SELECT id, label FROM version WHERE kind = ? ORDER BY number DESC"
            return [_read(connection, id, label) for id, label in connection.execute(query, (kind,)).fetchall()]

    def parts(self) -> set[Part]:
        """Every file that some version names."""
        with self._session() as connection:
            return {Part(*row) for row in connection.execute("SELECT DISTINCT sha, format FROM part").fetchall()}

    @contextmanager
    def held(self) -> Iterator[set[str]]:
        """Names of all files that some version names, with every publisher kept waiting inside the block."""
        with self._writing() as connection:
            rows = connection.execute("SELECT DISTINCT sha, format FROM part").fetchall()
            yield {Part(*row).file_name for row in rows}

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it or nothing; other writers wait."""
        with self._session() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _session(self) -> Iterator[sqlite3.Connection]:
        """A connection that is closed at the end: ``with sqlite3.connect()`` alone would leave it open."""
        try:
            with closing(sqlite3.connect(self.file, timeout=_PATIENCE_SECONDS, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = EXTRA")
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("PRAGMA secure_delete = ON")  # what is erased must not stay in a free page
                yield connection
        except sqlite3.OperationalError as error:
            raise WorkspaceError(
                f"{self.file}: the catalogue cannot be used ({error}). "
                "Check that the folder is yours to write, that the disk has room and that nothing else holds the file."
            ) from error
        except sqlite3.DatabaseError as error:
            raise WorkspaceError(
                f"{self.file}: the catalogue is damaged ({error}). Restore the workspace from a copy, "
                "or name a new one with -w and ingest again."
            ) from error


def _insert(connection: sqlite3.Connection, version: Version) -> None:
    meta = json.dumps(dict(version.meta), ensure_ascii=False)
    row = (version.id, version.kind, version.label, version.created, meta)
    connection.execute("INSERT INTO version (id, kind, label, created, meta) VALUES (?, ?, ?, ?, ?)", row)
    parts = [(version.id, name, part.sha, part.format) for name, part in version.parts.items()]
    connection.executemany("INSERT INTO part VALUES (?, ?, ?, ?)", parts)
    parents = [(version.id, place, parent) for place, parent in enumerate(version.parents)]
    connection.executemany("INSERT INTO parent VALUES (?, ?, ?)", parents)


def _read(connection: sqlite3.Connection, id: str, label: str) -> Version:
    """Version that is known to exist, as asked for under ``label``."""
    kind, created, meta = connection.execute("SELECT kind, created, meta FROM version WHERE id = ?", (id,)).fetchone()
    parts = connection.execute("SELECT name, sha, format FROM part WHERE version = ? ORDER BY rowid", (id,)).fetchall()
    parents = connection.execute("SELECT parent FROM parent WHERE version = ? ORDER BY place", (id,)).fetchall()
    return Version(
        id=id,
        kind=kind,
        label=label,
        created=created,
        meta=json.loads(meta),
        parents=tuple(parent for (parent,) in parents),
        parts={name: Part(sha, form) for name, sha, form in parts},
    )
