"""Mark of the scenario library: tells whether any of its files has changed."""

from __future__ import annotations

import hashlib
from pathlib import Path

from twin.tasks.forecasts.scenario_library import SHIPPED, folder


def mark(workspace: Path) -> str:
    """What is another one whenever a scenario file says something else, comes or goes."""
    digest = hashlib.sha256()
    for path in (*sorted(folder(workspace).glob("*.toml")), *sorted(SHIPPED.glob("*.toml"))):
        try:
            text = path.read_bytes()
        except OSError as error:
            text = str(error).encode()
        digest.update(b"%d %s %d " % (len(str(path)), str(path).encode(), len(text)) + text)
    return digest.hexdigest()
