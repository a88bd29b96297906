"""Uploads: files that a person hands over in the browser, laid out as a folder that ``twin ingest`` reads.

Trusts no name and no size that it is given; does not look at what the tables say.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import secrets
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from twin.errors import InputError, Problem
from twin.workspace import atomic

FOLDER = "uploads"
SUFFIXES = ("csv", "parquet", "xlsx", "geojson", "gpkg", "shp", "shx", "dbf", "prj", "cpg", "txt")
MOST_BYTES = 1_000_000_000
MOST_BYTES_A_FILE = 50_000_000
"""What a browser may hand over at once; larger exports are read from a folder."""
MOST_LETTERS_OF_A_MAPPING = 500_000
_ZIP = "zip"


def keep_upload(workspace: Path, files: Sequence[tuple[str, bytes]]) -> Path:
    """Write handed-over files, zip archives unpacked, into a folder of the workspace.

    Parameters
    ----------
    workspace : Path
        Made when missing.
    files : sequence of (name, content)
        Names lose their folders: a bundle is flat.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        A name that two files share, a form that nobody reads, an archive that is damaged or too large.
    """
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for name, content in files:
        try:
            for inner, each in _unpacked(name, content):
                if inner in found:
                    problems.append(Problem(inner, "name", "one file of each name", "two", "Rename or remove one."))
                found[inner] = each
        except (zipfile.BadZipFile, ValueError, RuntimeError) as error:
            problems.append(
                Problem(name, "archive", "a sound zip file", str(error), "Pack it again, or upload the tables.")
            )
    if not found and not problems:
        wanted = ", ".join(SUFFIXES[:4])
        problems.append(
            Problem("upload", "files", f"tables ({wanted})", "none", "Choose the bundle's files, or one zip.")
        )
    if problems:
        raise InputError(problems)
    folder = Path(workspace).absolute() / FOLDER / f"{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
    folder.mkdir(parents=True)
    for name, content in found.items():
        atomic.place(folder, partial(_write, content), partial(_named, name))
    return folder


def keep_mapping(workspace: Path, text: str) -> Path:
    """Write a mapping file that somebody has looked through.

    Raises
    ------
    InputError
        When it is not TOML, or very long.
    """
    cure = "Correct the line that is named, or ask for a fresh draft."
    if len(text) > MOST_LETTERS_OF_A_MAPPING:
        raise InputError(
            [Problem("mapping", "length", f"{MOST_LETTERS_OF_A_MAPPING:,} letters", f"{len(text):,}", cure)]
        )
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError([Problem("mapping", "text", "sound TOML", str(error), cure)]) from error
    folder = Path(workspace).absolute() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    name = f"mapping-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}.toml"
    return atomic.place(folder, partial(_write, text.encode()), partial(_named, name))


def _write(content: bytes, file: BinaryIO) -> int:
    return file.write(content)


def _named(name: str, file: BinaryIO) -> str:
    return name


def _unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, or those inside an archive: plain names and contents."""
    plain = _plain(name)
    if not plain.lower().endswith(f".{_ZIP}"):
        if _wanted(plain):
            yield plain, content
        return
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir() and _wanted(_plain(entry.filename))]
        if sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise ValueError(f"more than {MOST_BYTES // 1_000_000} MB when unpacked")
        for entry in entries:
            yield _plain(entry.filename), archive.read(entry)


def _plain(name: str) -> str:
    """Last part of a name, with nothing in it that a disk could take for a path."""
    return re.sub(r"[^\w.\- ]", "_", PurePosixPath(name.replace("\\", "/")).name)


def _wanted(name: str) -> bool:
    hidden = name.startswith((".", "__"))
    return not hidden and name.rpartition(".")[2].lower() in SUFFIXES
