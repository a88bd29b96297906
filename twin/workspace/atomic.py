"""Files that are there whole or not at all.

Knows nothing of what is written, nor of versions.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".incoming-"
"""How every temporary name begins, so that what a killed process left behind can be recognised."""


def place(folder: Path, write: Callable[[BinaryIO], object], name_of: Callable[[BinaryIO], str]) -> Path:
    """Write a file under a temporary name, make it durable, then give it its name.

    Parameters
    ----------
    folder : Path
        Must exist. The temporary file lies in it, for a rename is only atomic within one disk.
    write : callable
        Fills the open file.
    name_of : callable
        Final name inside ``folder``, told from the filled file, which stands at its beginning.

    Returns
    -------
    Path
        The file; one of that name that stood there before is replaced.
    """
    temporary = folder / f"{TEMPORARY}{os.getpid()}-{secrets.token_hex(8)}"
    try:
        with temporary.open("x+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            final = folder / name_of(file)
        temporary.replace(final)
    except BaseException:  # an interruption must not leave the temporary file either
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(folder)
    return final


def _flush_folder(folder: Path) -> None:
    """Make renames inside a folder survive a power cut."""
    if os.name == "nt":  # Windows opens no folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
