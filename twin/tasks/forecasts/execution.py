"""Execution: where the draws of an ensemble are run, which versions must agree, and where finished draws are kept."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from twin.forecast.cluster import Cluster
from twin.forecast.executors import Executor, on_this_machine
from twin.tasks.shelf import Twin
from twin.workspace.content import artefact_id
from twin.workspace.ledger import RunLedger
from twin.workspace.store import Workspace

_HERE = Path(__file__).resolve().parents[2]
_ABOVE = ("cli.py", "__main__.py", "tasks", "intake", "workspace", "control", "planning")
"""Code that no run passes through."""
_LIBRARIES = ("numpy", "scipy", "numba", "mesa")
_ENGINE = ("dask", "distributed")


@cache
def code_version() -> str:
    """Fingerprint of the code behind a run: 12 hexadecimal digits."""
    digest = hashlib.sha256()
    for file in sorted(_HERE.rglob("*.py")):
        place = file.relative_to(_HERE)
        if place.parts[0] not in _ABOVE:
            digest.update(place.as_posix().encode() + b"\0" + file.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:12]


@cache
def versions() -> dict[str, str]:
    """Versions of whatever a run passes through, in this process: the twin's code, Python and libraries."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"twin": code_version(), "python": python, **{name: _version(name) for name in (*_LIBRARIES, *_ENGINE)}}


def executor(n_threads: int, cluster: str | None) -> Executor:
    """Whoever runs the draws, ready for work.

    Parameters
    ----------
    n_threads : int
        Of this machine.
    cluster : str, optional
        Address of a Dask scheduler, whose workers then run them.

    Raises
    ------
    TwinError
        When the scheduler or its workers cannot be reached, or are of other versions.
    """
    if cluster is None:
        return on_this_machine(n_threads)
    workers = Cluster(cluster, versions)
    workers.meet()
    return workers


def ledger(workspace: Workspace, twin: Twin, deciding: Mapping[str, object]) -> RunLedger:
    """Ledger of one forecast.

    Parameters
    ----------
    workspace : Workspace
    twin : Twin
    deciding : mapping
        See :func:`twin.forecast.study.determinants`.
    """
    code = {name: version for name, version in versions().items() if name not in _ENGINE}
    inputs = {"calibration": twin.version.id, "dataset": twin.dataset.id, "code": code, **deciding}
    return RunLedger(workspace.path, artefact_id(inputs))


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"
