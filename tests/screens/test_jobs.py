"""Jobs run behind the scenes, tell how far they are, end when they are told to, and say why they failed."""

from __future__ import annotations

import io
import json
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from twin.errors import InputError
from twin.tasks import jobs, uploads
from twin.tasks.jobs import Job

PATIENCE_SECONDS = 20.0
STEPS = """
import sys, time
for step in range(3):
    print(f"[{step}/3] counting", file=sys.stderr, flush=True)
print('{"answer": 42}')
"""
ENDLESS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(f"[1/4] child {child.pid}", file=sys.stderr, flush=True)
time.sleep(600)
"""
BROKEN = "import sys; print('twin: --origins: expected 1 to 20, found 99.', file=sys.stderr); sys.exit(1)"
PROBLEMS = """
import sys
print("[0/3] read and check", file=sys.stderr)
print('{"problems": [{"file": "sales.csv", "row": 7, "where": "volume"}]}', file=sys.stderr)
sys.exit(1)
"""


def launched(folder: Path, script: str) -> Job:
    return jobs.launch(folder, "calibrate", (sys.executable, "-c", script))


def awaited(folder: Path, id: str, holds: Callable[[Job], bool]) -> Job:
    """The job as soon as something holds of it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        job = jobs.read(folder, id)
        if job is not None and holds(job):
            return job
        time.sleep(0.02)
    raise AssertionError(f"waited in vain: {jobs.read(folder, id)}")


def ended(folder: Path, id: str) -> Job:
    return awaited(folder, id, lambda job: not job.active)


def runs(pid: int) -> bool:
    """Whether a process lives; one that waits to be buried does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_a_job_that_ends_well_is_done_and_keeps_its_result(tmp_path):
    job = launched(tmp_path, STEPS)
    assert job.state == jobs.QUEUED
    found = ended(tmp_path, job.id)
    assert (found.state, found.exit_status, found.total, found.phrase) == (jobs.DONE, 0, 3, "counting")
    assert jobs.result(tmp_path, job.id) == {"answer": 42}


def test_a_failure_says_why(tmp_path):
    found = ended(tmp_path, launched(tmp_path, BROKEN).id)
    assert (found.state, found.error) == (jobs.FAILED, "--origins: expected 1 to 20, found 99.")


def test_the_faults_of_files_come_as_a_list(tmp_path):
    found = ended(tmp_path, launched(tmp_path, PROBLEMS).id)
    assert found.state == jobs.FAILED
    assert [(each["file"], each["row"]) for each in found.problems] == [("sales.csv", 7)]


def test_a_programming_fault_shows_its_last_line_only(tmp_path):
    found = ended(tmp_path, launched(tmp_path, "raise KeyError('lost')").id)
    assert found.error == "KeyError: 'lost'"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks /proc who lives")
def test_cancelling_ends_every_process_of_the_job(tmp_path):
    job = launched(tmp_path, ENDLESS)
    seen = awaited(tmp_path, job.id, lambda job: job.done == 1)
    child = int(seen.phrase.split()[-1])
    assert runs(child)
    assert jobs.cancel(tmp_path, job.id).state == jobs.CANCELLED
    deadline = time.monotonic() + PATIENCE_SECONDS
    while runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not runs(child)
    assert jobs.read(tmp_path, job.id).state == jobs.CANCELLED


def test_one_job_of_a_workspace_runs_at_a_time(tmp_path):
    first = launched(tmp_path, ENDLESS)
    awaited(tmp_path, first.id, lambda job: job.done == 1)
    second = launched(tmp_path, STEPS)
    time.sleep(0.3)
    assert jobs.read(tmp_path, second.id).state == jobs.QUEUED
    jobs.cancel(tmp_path, first.id)
    assert ended(tmp_path, second.id).state == jobs.DONE


def test_a_job_whose_process_was_killed_counts_as_failed(tmp_path):
    folder = tmp_path / jobs.FOLDER / "20260101T000000-abcdef"
    folder.mkdir(parents=True)
    (folder / "alive").touch()
    told = {
        "id": folder.name,
        "verb": "plan",
        "command": [],
        "created": "2026-01-01T00:00:00+00:00",
        "state": "running",
    }
    (folder / "status.json").write_text(json.dumps(told))
    assert jobs.read(tmp_path, folder.name).state == jobs.FAILED


def test_jobs_are_listed_newest_first(tmp_path):
    ids = [launched(tmp_path, STEPS).id for _ in range(2)]
    for id in ids:
        ended(tmp_path, id)
    assert [job.id for job in jobs.listed(tmp_path)] == sorted(ids, reverse=True)


def test_a_real_verb_runs_as_a_job(tmp_path):
    job = jobs.start(tmp_path / "workspace", "check")
    found = ended(tmp_path / "workspace", job.id)
    assert found.state == jobs.FAILED and "twin ingest FOLDER" in found.error


@pytest.mark.parametrize("id", ["../../etc", "", "x"])
def test_an_id_that_is_none_finds_nothing(tmp_path, id):
    assert jobs.read(tmp_path, id) is None


def test_no_verb_but_the_known_ones_is_started(tmp_path):
    with pytest.raises(ValueError, match="verb"):
        jobs.start(tmp_path, "dashboard")


def packed(**files: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return whole.getvalue()


def test_an_archive_cannot_write_outside_its_folder(tmp_path):
    content = packed(**{"../../evil.csv": b"a", "bundle/sales.csv": b"b", "__MACOSX/._sales.csv": b"c", "run.sh": b"d"})
    folder = uploads.keep_upload(tmp_path, [("bundle.zip", content)])
    assert sorted(path.name for path in folder.iterdir()) == ["evil.csv", "sales.csv"]
    assert not (tmp_path.parent / "evil.csv").exists()


@pytest.mark.parametrize("files", [[], [("a.zip", b"no archive")], [("sales.csv", b"1"), ("x/sales.csv", b"2")]])
def test_an_upload_that_is_no_bundle_is_refused_with_a_cure(tmp_path, files):
    with pytest.raises(InputError) as caught:
        uploads.keep_upload(tmp_path, files)
    assert all(problem.cure for problem in caught.value.problems)
    assert not (tmp_path / uploads.FOLDER).exists()
