"""Whatever stops a publisher, the shelf shows the old version or the new one, whole."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from twin.errors import WorkspaceError
from twin.workspace import atomic, catalogue, store
from twin.workspace.store import Workspace

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked from one warm process")

COMMON = """
import os
import sys
import pandas as pd
from twin.workspace.store import Workspace

def publish(workspace, n, rows=5000):
    parts = {name: pd.DataFrame({"n": [n] * rows, "row": range(rows)}) for name in ("a", "b")}
    return workspace.publish("dataset", parts, {"n": n})

def check(workspace):
    head = workspace.head("dataset")
    for name in ("a", "b"):
        frame = workspace.table(head, name)
        assert len(frame) == 5000 and set(frame["n"]) == {head.meta["n"]}

def forked(work):  # the parent itself starts no thread
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    return child
"""


def _run(code: str, *arguments: object) -> str:
    command = [sys.executable, "-c", COMMON + textwrap.dedent(code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_fork
def test_twenty_kills_at_any_moment_lose_nothing_that_was_acknowledged(tmp_path):
    code = """
    import random, signal, time

    def publish_for_ever(n, acknowledge):
        workspace = Workspace.open(sys.argv[1])
        while True:
            n += 1
            os.write(acknowledge, (publish(workspace, n) + " ").encode())

    def check_all(acknowledged):
        workspace = Workspace.open(sys.argv[1])
        check(workspace)
        assert set(acknowledged) <= {version.id for version in workspace.versions("dataset")}
        assert workspace.verify() == []

    moments, acknowledged = random.Random(20), []
    for kill in range(20):
        reader, writer = os.pipe()
        child = forked(lambda: publish_for_ever(1000 * kill, writer))
        os.close(writer)
        acknowledged += [os.read(reader, 64).decode().strip()]
        time.sleep(moments.uniform(0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reader) as rest:
            acknowledged += rest.read().split()
        _, status = os.waitpid(forked(lambda: check_all(acknowledged)), 0)
        assert status == 0, f"kill {kill}"
    print(len(acknowledged))
    """
    assert int(_run(code, tmp_path / "workspace")) >= 20


@needs_fork
def test_two_processes_may_publish_while_a_third_reads(tmp_path):
    code = """
    def write(first):
        workspace = Workspace.open(sys.argv[1])
        for n in range(first, first + 15):
            publish(workspace, n)

    def read():
        workspace = Workspace.open(sys.argv[1])
        while len(workspace.versions("dataset")) < 30:
            if workspace.head("dataset"):
                check(workspace)

    children = [forked(lambda: write(0)), forked(lambda: write(1000)), forked(read)]
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
    """
    _run(code, tmp_path)
    assert len(Workspace.open(tmp_path).versions("dataset")) == 30


def test_threads_share_one_workspace(tmp_workspace):
    def publish(n: int) -> str:
        return tmp_workspace.publish("forecast", {"t": pd.DataFrame({"n": [n]})}, {}, label=str(n % 3))

    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(publish, range(24)))
    assert {version.id for version in tmp_workspace.versions("forecast")} == set(ids)
    assert set(tmp_workspace.heads("forecast")) == {"0", "1", "2"}


class _Fault:
    """Raises an error just before the n-th line that runs inside the given modules."""

    def __init__(self, at: int, error: BaseException) -> None:
        self.left, self.error = at, error
        self.files = {module.__file__ for module in (atomic, catalogue, store)}

    def __call__(self, frame, event, argument):
        if frame.f_code.co_filename not in self.files:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise self.error
        return self


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), OSError(28, "No space left on device")], ids=["interrupt", "disk"]
)
def test_a_fault_before_any_line_leaves_the_old_version_or_the_new_one_and_no_temporary_file(tmp_workspace, error):
    def parts(n: int) -> dict:
        return {"a": pd.DataFrame({"n": [n]}), "b": {"n": n}}

    tmp_workspace.publish("dataset", parts(0), {"n": 0})
    old, outcomes = 0, []
    for at in range(1, 1000):
        fault = _Fault(at, error)
        before = sys.gettrace()
        sys.settrace(fault)
        try:
            new = tmp_workspace.publish("dataset", parts(at), {"n": at})
        except (KeyboardInterrupt, OSError, WorkspaceError):
            new = None
        finally:
            sys.settrace(before)
        head = tmp_workspace.head("dataset")
        n = head.meta["n"]
        assert n in (old, at)
        assert tmp_workspace.table(head, "a")["n"].tolist() == [n] and tmp_workspace.document(head, "b") == {"n": n}
        assert not [file for file in tmp_workspace.objects.iterdir() if file.name.startswith(atomic.TEMPORARY)]
        outcomes.append(n == at)
        old = n
        if fault.left > 0:
            assert new == head.id
            break
    assert len(outcomes) > 50 and not outcomes[0] and outcomes[-1]
