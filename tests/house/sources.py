"""The project's own source files, parsed, for the tests of this folder."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Module:
    """One source file.

    Parameters
    ----------
    name : str
        As it is imported; a package's own file bears the package's name.
    path : Path
    text : str
    """

    name: str
    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @property
    def place(self) -> str:
        return self.path.as_posix()

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    """Every module of the packages, sorted by name; parsed once for all tests of this folder."""
    found = []
    for package in packages:
        for file in sorted((ROOT / package).rglob("*.py")):
            path = file.relative_to(ROOT)
            parts = path.with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, path, file.read_text(encoding="utf-8")))
    return tuple(found)


def none(offenders: Iterable[str]) -> None:
    """Fail with one line for each offender."""
    lines = list(offenders)
    if lines:
        pytest.fail(f"{len(lines)} found:\n" + "\n".join(lines), pytrace=False)


def documents() -> list[Path]:
    """README, CONTRIBUTING and the rest of the written documentation."""
    return sorted(
        [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("scenarios/*.md"), *ROOT.glob("data/*.md")]
    )


def project_files() -> list[Path]:
    """Every file that belongs to the project: tracked, or new and not ignored."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        done = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True)
        names = [name for name in done.stdout.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):  # an unpacked archive: take what people write
        places = [*ROOT.glob("*"), *(file for top in TOPS for file in (ROOT / top).rglob("*"))]
        names = [str(file.relative_to(ROOT)) for file in places if "__pycache__" not in file.parts]
    strange = {folder.parent.name for folder in ROOT.glob("*/pyvenv.cfg")}  # somebody's further environments
    return sorted({ROOT / name for name in names if (ROOT / name).is_file() and Path(name).parts[0] not in strange})


TOPS = ("twin", "dashboard", "tests", "docs", "scenarios", "data", ".ci")
