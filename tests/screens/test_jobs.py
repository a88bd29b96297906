"""Jobs run behind the scenes, tell how far they are, end when they are told to, and say why they failed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from twin.errors import InputError
from twin.tasks.data import uploads
from twin.tasks.service import job_files, jobs, worker
from twin.tasks.service.jobs import Job

PATIENCE_SECONDS = 60.0
STEPS = """
import sys, time
for step in range(3):
    print(f"[{step}/3] counting", file=sys.stderr, flush=True)
print('{"answer": 42}')
"""
STUBBORN = """
import signal, subprocess, sys, time
# BEGIN
signal.signal(signal.SIGTERM, signal.SIG_IGN)
near = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(15, 1); time.sleep(600)"])
far = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
time.sleep(0.3)
print(f"[1/4] children {near.pid} {far.pid}", file=sys.stderr, flush=True)
time.sleep(600)
"""
"""A job that does not end when asked, with a helper that does not either, and one that has left the group."""
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


LINUX = pytest.mark.skipif(not Path("/proc").is_dir(), reason="asks /proc who lives")


def worker_of(folder: Path) -> int:
    """Process id of the workspace's worker."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if "twin.tasks.service.worker" in words and str(folder) in words:
            return int(entry.name)
    raise AssertionError("no worker")


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


@LINUX
def test_cancelling_ends_every_process_of_the_job_within_three_seconds(tmp_path):
    job = launched(tmp_path, STUBBORN)
    seen = awaited(tmp_path, job.id, lambda job: job.done == 1)
    children = [int(pid) for pid in seen.phrase.split()[1:]]
    assert len(children) == 2 and all(map(runs, children))
    before = time.monotonic()
    assert jobs.cancel(tmp_path, job.id).state == jobs.CANCELLED
    assert time.monotonic() - before < 3.0
    assert not any(map(runs, [*children, seen.pid]))
    assert jobs.read(tmp_path, job.id).state == jobs.CANCELLED


def test_one_job_of_a_workspace_runs_at_a_time_and_first_come_is_first_served(tmp_path):
    first = launched(tmp_path, ENDLESS)
    awaited(tmp_path, first.id, lambda job: job.done == 1)
    later = [launched(tmp_path, f"{STEPS}# {n}") for n in range(4)]
    assert [jobs.read(tmp_path, job.id).state for job in later] == [jobs.QUEUED] * 4
    assert jobs.ahead_of(later[2], jobs.listed(tmp_path)) == 3
    jobs.cancel(tmp_path, first.id)
    ends = [ended(tmp_path, job.id) for job in later]
    assert [job.state for job in ends] == [jobs.DONE] * 4
    assert all(before.ended <= after.started for before, after in pairwise(ends))


def test_ids_keep_their_order_where_the_clock_is_set_back(tmp_path):
    ahead = "29991231T235959999998-ffffff"
    (tmp_path / jobs.FOLDER / ahead).mkdir(parents=True)
    assert job_files.new_id(tmp_path) > ahead


@LINUX
def test_a_job_whose_worker_was_killed_is_taken_up_again_and_nothing_of_it_is_left(tmp_path):
    script = STUBBORN.replace(
        "# BEGIN",
        f"""
from pathlib import Path
if Path({str(tmp_path / "second")!r}).exists(): print('{{"answer": 2}}'); sys.exit(0)
Path({str(tmp_path / "second")!r}).touch()
""",
    )
    job = launched(tmp_path, script)
    seen = awaited(tmp_path, job.id, lambda job: job.done == 1)
    orphans = [seen.pid, *map(int, seen.phrase.split()[1:])]
    os.kill(worker_of(tmp_path), signal.SIGKILL)
    awaited(tmp_path, job.id, lambda job: job.state == jobs.QUEUED)
    jobs.tend(tmp_path)
    found = ended(tmp_path, job.id)
    assert (found.state, found.attempt) == (jobs.DONE, 2)
    assert not any(map(runs, orphans))
    assert jobs.result(tmp_path, job.id) == {"answer": 2}


@LINUX
def test_a_job_whose_worker_is_killed_again_and_again_is_given_up_and_says_so(tmp_path):
    job = launched(tmp_path, ENDLESS)
    for attempt in (1, 2):
        awaited(tmp_path, job.id, lambda job, attempt=attempt: job.done == 1 and job.attempt == attempt)
        os.kill(worker_of(tmp_path), signal.SIGKILL)
        awaited(tmp_path, job.id, lambda job: job.state == jobs.QUEUED)
        jobs.tend(tmp_path)
    found = ended(tmp_path, job.id)
    assert found.state == jobs.FAILED and "Start it again" in found.error


@LINUX
def test_jobs_that_wait_when_everything_is_killed_run_once_somebody_looks(tmp_path):
    """As after a restart of the machine: neither worker nor job is left, only the disk."""
    first = launched(tmp_path, ENDLESS)
    awaited(tmp_path, first.id, lambda job: job.done == 1)
    second = launched(tmp_path, STEPS)
    os.kill(worker_of(tmp_path), signal.SIGKILL)
    awaited(tmp_path, first.id, lambda job: job.state == jobs.QUEUED)
    jobs.cancel(tmp_path, first.id)
    assert jobs.read(tmp_path, second.id).state == jobs.QUEUED
    jobs.tend(tmp_path)
    assert ended(tmp_path, second.id).state == jobs.DONE
    assert jobs.read(tmp_path, first.id).state == jobs.CANCELLED


@LINUX
def test_a_service_that_is_stopped_puts_its_job_back_without_counting_it(tmp_path):
    job = launched(tmp_path, ENDLESS)
    seen = awaited(tmp_path, job.id, lambda job: job.done == 1)
    os.kill(worker_of(tmp_path), signal.SIGTERM)
    found = awaited(tmp_path, job.id, lambda job: job.state == jobs.QUEUED)
    assert found.attempt <= 1
    awaited(tmp_path, job.id, lambda job: job.attempt == 0)
    assert not runs(seen.pid)
    jobs.cancel(tmp_path, job.id)


@LINUX
def test_the_asker_may_be_killed_and_the_job_goes_on(tmp_path):
    """The server of the dashboard, killed while one job runs and another waits."""
    asker = f"""
import sys, time
from pathlib import Path
from twin.tasks.service import jobs
folder = Path({str(tmp_path)!r})
slow = "import time, sys; print('[1/2] slow', file=sys.stderr, flush=True); time.sleep(0.8)"
print(*(jobs.launch(folder, "plan", (sys.executable, "-c", f"{{slow}} # {{n}}")).id for n in range(2)), flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", asker], stdout=subprocess.PIPE, text=True) as server:
        ids = server.stdout.readline().split()
        awaited(tmp_path, ids[0], lambda job: job.state == jobs.RUNNING)
        server.kill()
    assert [ended(tmp_path, id).state for id in ids] == [jobs.DONE, jobs.DONE]


def test_two_servers_that_ask_at_once_get_one_worker_and_every_job_runs_once(tmp_path):
    ran = f"open({str(tmp_path / 'ran')!r}, 'a').write('x')"
    asker = f"""
import sys
from pathlib import Path
from twin.tasks.service import jobs
for i in range(4):
    jobs.launch(Path({str(tmp_path)!r}), "plan", (sys.executable, "-c", {ran!r} + f" # {{sys.argv[1]}} {{i}}"))
"""
    for server in [subprocess.Popen([sys.executable, "-c", asker, str(n)]) for n in range(3)]:
        assert server.wait(30) == 0
    ids = [job.id for job in jobs.listed(tmp_path, 50)]
    assert len(ids) == 12 and {ended(tmp_path, id).state for id in ids} == {jobs.DONE}
    assert (tmp_path / "ran").read_text() == "x" * 12


@LINUX
def test_a_run_that_is_killed_says_so(tmp_path):
    job = launched(tmp_path, ENDLESS)
    seen = awaited(tmp_path, job.id, lambda job: job.done == 1)
    os.kill(seen.pid, signal.SIGKILL)
    found = ended(tmp_path, job.id)
    assert (found.state, found.exit_status) == (jobs.FAILED, -9)
    assert "ended from outside (SIGKILL)" in found.error
    assert not runs(int(seen.phrase.split()[1])), "its helper outlived it"


def test_a_run_that_the_system_ended_for_memory_says_so():
    job = Job("20260101T000000-abcdef", "plan", (), "2026-01-01T00:00:00+00:00", peak_bytes=7_300_000_000)
    assert "memory of this machine ran out" in worker.outcome(job, -9, "", (3, 4)).error
    assert "7.3 GB" in worker.outcome(job, -9, "", (3, 4)).error
    assert "memory of this machine ran out" not in worker.outcome(job, -9, "", (3, 3)).error
    assert "Memory ran out" in worker.outcome(job, 1, "Traceback (most recent call last):\nMemoryError: 8 GB").error


def test_a_crash_of_compiled_code_is_told_from_a_fault_of_the_data(tmp_path):
    found = ended(tmp_path, launched(tmp_path, "import os; os.abort()").id)
    assert "compiled code" in found.error and "SIGABRT" in found.error


def test_a_helper_that_holds_the_pipes_does_not_keep_a_job_running(tmp_path):
    script = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
    assert ended(tmp_path, launched(tmp_path, script).id).state == jobs.DONE


def test_the_same_request_is_joined_while_it_waits_but_not_across_new_data(tmp_path):
    blocker = launched(tmp_path, ENDLESS)
    awaited(tmp_path, blocker.id, lambda job: job.done == 1)
    plan = jobs.launch(tmp_path, "plan", (sys.executable, "-c", "1"))
    again = jobs.launch(tmp_path, "plan", (sys.executable, "-c", "1"))
    assert (again.id, again.asked) == (plan.id, 2)
    other = jobs.launch(tmp_path, "plan", (sys.executable, "-c", "2"))
    assert other.id != plan.id
    jobs.launch(tmp_path, "ingest", (sys.executable, "-c", "3"))
    after = jobs.launch(tmp_path, "plan", (sys.executable, "-c", "1"))
    assert after.id not in (plan.id, other.id), "it would have planned on the old data"
    jobs.cancel(tmp_path, blocker.id)
    assert ended(tmp_path, after.id).state == jobs.DONE


def test_the_same_request_is_joined_while_it_runs_only_if_nothing_it_reads_has_changed(tmp_path):
    file = tmp_path / "scenario.toml"
    file.write_text("a = 1")
    command = (sys.executable, "-c", ENDLESS, str(file))
    first = jobs.launch(tmp_path, "forecast", command)
    awaited(tmp_path, first.id, lambda job: job.done == 1)
    assert jobs.launch(tmp_path, "forecast", command).id == first.id
    file.write_text("a = 22")
    second = jobs.launch(tmp_path, "forecast", command)
    assert second.id != first.id
    for job in (second, first):
        jobs.cancel(tmp_path, job.id)


def test_a_copied_workspace_does_not_work_on_the_original(tmp_path):
    job = jobs.launch(tmp_path / "copy", "plan", (sys.executable, "-c", "1", "-w", str(tmp_path / "original")))
    found = ended(tmp_path / "copy", job.id)
    assert found.state == jobs.FAILED and "copy" in found.error


def test_how_long_a_run_takes_is_told_from_runs_of_its_kind(tmp_path):
    assert jobs.expected_seconds(tmp_path, "calibrate", ["--mode", "none"]) is None
    for mode, minute in (("none", 1), ("none", 3), ("full", 50)):
        id = job_files.new_id(tmp_path)
        (tmp_path / jobs.FOLDER / id).mkdir(parents=True)
        start, end = "2026-01-01T00:00:00+00:00", f"2026-01-01T00:{minute:02d}:00+00:00"
        told = Job(id, "calibrate", ("--mode", mode), start, jobs.DONE, start, end)
        job_files.write(job_files.folder_of(tmp_path, id), told)
    assert jobs.expected_seconds(tmp_path, "calibrate", ["--mode", "none"]) == 120.0
    assert jobs.expected_seconds(tmp_path, "calibrate", ["--mode", "full"]) == 3000.0


def test_jobs_are_listed_newest_first(tmp_path):
    ids = [launched(tmp_path, f"{STEPS}# {n}").id for n in range(2)]
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
