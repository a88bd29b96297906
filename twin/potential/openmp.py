"""OpenMP: lets LightGBM load on a machine without the system library that it was linked to.

Knows nothing of models. Call :func:`ensure_openmp` right before ``import lightgbm``.
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import sys
import tempfile
from pathlib import Path

_WANTED = "libgomp.so.1"


def ensure_openmp() -> None:
    """Make the GNU OpenMP library answer to its usual name in this process.

    LightGBM's Linux wheel asks for ``libgomp.so.1``, which a bare system lacks; scikit-learn's wheel brings the same
    library along under a name of its own. Where the system has none, a copy of that one is loaded under the wanted
    name. Calling it again does nothing; other processes make a copy of their own.
    """
    if not sys.platform.startswith("linux") or _loads(_WANTED):
        return
    own = _bundled()
    # the file of a loaded library may go: the process keeps it mapped, and no stale copy is left behind
    for place in (None, sys.prefix):  # the system's temporary folder may forbid to run what lies in it
        try:
            with tempfile.TemporaryDirectory(prefix="twin-openmp-", dir=place) as folder:
                copy = Path(folder) / _WANTED
                copy.write_bytes(renamed(own.read_bytes(), own.name, _WANTED))
                ctypes.CDLL(str(copy), mode=ctypes.RTLD_GLOBAL)
            return
        except OSError as error:
            failure = error
    raise OSError(
        f"{_WANTED}: LightGBM needs this system library and scikit-learn's copy of it could not be loaded ({failure}). "
        "On Debian and Ubuntu: apt install libgomp1"
    ) from failure


def renamed(library: bytes, name: str, new_name: str) -> bytes:
    """Shared library that answers to another name.

    Parameters
    ----------
    library : bytes
        ELF file that carries its name once, in the table of strings.
    name, new_name : str
        The new one is no longer than the old one; the rest of its place is filled with zero bytes.
    """
    old, new = name.encode() + b"\0", new_name.encode() + b"\0"
    if library.count(old) != 1 or len(new) > len(old):
        raise OSError(f"{name}: expected the library's name in it once, found it {library.count(old)} times")
    return library.replace(old, new.ljust(len(old), b"\0"))


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True


def _bundled() -> Path:
    """OpenMP library inside scikit-learn's wheel."""
    for file in importlib.metadata.files("scikit-learn") or ():
        if file.parent.name == "scikit_learn.libs" and file.name.startswith("libgomp"):
            return Path(str(file.locate()))
    raise OSError(f"{_WANTED}: LightGBM needs this system library. On Debian and Ubuntu: apt install libgomp1")
