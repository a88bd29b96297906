"""serve: the dashboard in a process of its own, on the loopback only."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from twin.errors import TwinError

ADDRESS = "127.0.0.1"


def serve(workspace: Path, port: int) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    workspace : Path
    port : int

    Raises
    ------
    TwinError
        When the server ends by itself: the port is taken, most often.
    """
    found = importlib.util.find_spec("dashboard")
    if found is None or found.origin is None:
        raise TwinError(
            "dashboard: expected the package dashboard beside twin, found none. Install from a full checkout."
        )
    entry = Path(found.origin).with_name("app.py")
    options = {
        "server.address": ADDRESS,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "viewer",
    }
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(entry),
        *(f"--{key}={value}" for key, value in options.items()),
    ]
    environment = {**os.environ, "TWIN_WORKSPACE": str(workspace.resolve())}
    print(f"Dashboard: http://{ADDRESS}:{port}  (Ctrl-C ends it)", file=sys.stderr, flush=True)
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
