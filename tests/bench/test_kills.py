"""An ingest that is killed at any moment leaves the old version or the new one, and the same command finishes it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

KILLS = 12


def test_a_killed_ingest_leaves_the_old_version_or_the_new_one() -> None:
    """A short run; ``kills.py`` by itself makes 300."""
    script = Path(__file__).with_name("kills.py")
    done = subprocess.run(
        [sys.executable, str(script), "--kills", str(KILLS), "--seed", "5"],
        capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    said = json.loads(done.stdout)
    assert (done.returncode, said["faults"]) == (0, [])
    assert said["kills"] == KILLS and said["run_again_to_the_end"] == KILLS // 10
