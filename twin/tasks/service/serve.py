"""serve: the dashboard in a process of its own; on the loopback only, unless people sign in."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from twin.errors import InputError, Problem, TwinError
from twin.tasks.service import jobs, sign_in

ADDRESS = "127.0.0.1"
ACCESS_VARIABLE = "TWIN_ACCESS"
"""Names the access file to the dashboard's process."""
_EVERYWHERE = ("0.0.0.0", "::")


def serve(
    workspace: Path,
    port: int,
    address: str = ADDRESS,
    access: Path | None = None,
    secrets: Path | None = None,
    hosts: Sequence[str] = (),
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    workspace : Path
    port : int
    address : str
        To listen on; any but the loopback asks for a sign-in.
    access : Path, optional
        Who may do what, see :mod:`twin.tasks.service.sign_in`.
    secrets : Path, optional
        Streamlit's own secrets with the section ``auth``; needed with ``access``.
    hosts : sequence of str
        Further names by which browsers reach the server.

    Raises
    ------
    TwinError
        When it would serve without a sign-in beyond this machine, or when the server ends by itself: the port is
        taken, most often.
    """
    entry = _entry()
    options = server_options(port, address, access, secrets, hosts)
    command = [sys.executable, "-m", "dashboard.server"]
    command += [f"--{key}={each}" for key, value in options.items() for each in _said(value)]
    jobs.tend(workspace)  # what waited when the machine was switched off
    print(f"Dashboard: http://{address}:{port}  (Ctrl-C ends it)", file=sys.stderr, flush=True)
    environment = environment_of(workspace, access)
    with subprocess.Popen(command, env=environment, cwd=entry.parent.parent, stdout=subprocess.DEVNULL) as server:
        try:
            status = server.wait()
        except KeyboardInterrupt:
            server.terminate()
            raise
    if status:
        raise TwinError(
            f"--port: expected a free port, the dashboard on {port} ended with status {status}. Try --port {port + 1}."
        )


def server_options(
    port: int, address: str, access: Path | None, secrets: Path | None, hosts: Sequence[str] = ()
) -> dict[str, str | int | list[str]]:
    """Options of the server, none of them left to chance; see :func:`serve`.

    Raises
    ------
    InputError
        When what is asked for is not safe, or a file of it is at fault.
    """
    allowed = [*sign_in.LOOPBACK[:2], *hosts]
    if (access is None) != (secrets is None):
        missing = "--access" if access is None else "--secrets"
        cure = "A sign-in needs both: who may do what, and the secrets of the provider; docs/dashboard.md shows them."
        raise InputError([Problem("dashboard", missing, "a file", "none", cure)])
    if access is None and address not in sign_in.LOOPBACK:
        cure = "Give --access and --secrets, so that people sign in; docs/dashboard.md says how."
        raise InputError([Problem("dashboard", "--address", "127.0.0.1 where nobody signs in", address, cure)])
    if access is not None and secrets is not None:
        sign_in.load(access)
        if back := sign_in.check_secrets(secrets):
            allowed.append(back)
        if importlib.util.find_spec("httpx") is None or importlib.util.find_spec("authlib") is None:
            raise TwinError("--access: expected the libraries authlib and httpx, found not both. Install them.")
    if address not in (*sign_in.LOOPBACK, *_EVERYWHERE):
        allowed.append(address)
    return {
        "server.address": address,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "server.allowedHosts": sorted(set(allowed)),
        "server.enableCORS": "true",
        "server.enableXsrfProtection": "true",
        "server.enableStaticServing": "false",
        "server.enableAgentApi": "false",
        "server.maxMessageSize": 100,
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "viewer",
        "client.showErrorDetails": "none",
        # where people sign in, rows go out by buttons that write it down, not by a copy of what a table shows
        "client.disableDataExport": "false" if access is None else "true",
        "runner.magicEnabled": "false",
        **({} if secrets is None else {"secrets.files": [str(secrets.resolve())]}),
    }


def environment_of(workspace: Path, access: Path | None) -> dict[str, str]:
    """Environment of the dashboard's process; an access file that somebody else named does not count."""
    kept = {name: value for name, value in os.environ.items() if name != ACCESS_VARIABLE}
    named = {} if access is None else {ACCESS_VARIABLE: str(access.resolve())}
    return {**kept, **named, "TWIN_WORKSPACE": str(workspace.resolve())}


def _said(value: str | int | list[str]) -> list[str]:
    """An option's value as the command line takes it: a list by its members."""
    return value if isinstance(value, list) else [str(value)]


def _entry() -> Path:
    found = importlib.util.find_spec("dashboard")
    if found is None or found.origin is None:
        raise TwinError(
            "dashboard: expected the package dashboard beside twin, found none. Install from a full checkout."
        )
    return Path(found.origin).with_name("app.py")
