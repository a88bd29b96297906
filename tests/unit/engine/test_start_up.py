"""Start-up: nothing heavy is loaded before it is needed, and machine code is kept between processes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ("numba", "mesa", "pandas", "lightgbm", "streamlit", "distributed")


def alone(code: str, **changes: str) -> str:
    import os

    environment = {**os.environ, **changes}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nsys.argv = ['twin', '--help']\nfrom twin.__main__ import run\n"
        f"try:\n    run()\nexcept SystemExit:\n    pass\nprint([m for m in {HEAVY} if m in sys.modules])"
    )
    assert alone(code).splitlines()[-1] == "[]"


def test_help_comes_at_once():
    # the processor's time, and the least of a few: other work on the machine only ever adds
    spent = []
    for _ in range(4):
        before = os.times()
        subprocess.run([sys.executable, "-m", "twin", "--help"], capture_output=True, check=True)
        after = os.times()
        spent.append(after.children_user + after.children_system - before.children_user - before.children_system)
    assert min(spent) < 0.3, spent


def test_the_engine_is_not_compiled_before_it_is_needed():
    loaded = alone("import twin.agents.run, sys; print('numba' in sys.modules)").strip()
    assert loaded == "False"


def test_numpy_alone_runs_a_market_without_a_compiler():
    code = (
        "import sys; sys.path.insert(0, 'tests'); sys.modules['numba'] = None\n"
        "from worlds_by_hand import lay_out\nfrom twin.agents.run import run\nfrom twin.draws import Key\n"
        "from twin.scenario.scenario import BASELINE\n"
        "print(run(*lay_out(40, 2, 4), BASELINE, Key(1), 4, engine='numpy').volume.sum() > 0)"
    )
    assert alone(code).strip() == "True"


@pytest.mark.slow
def test_machine_code_is_made_once_within_the_time_promised_and_kept(tmp_path):
    code = (
        "import sys, time; sys.path.insert(0, 'tests')\n"
        "from worlds_by_hand import lay_out\nfrom twin.agents.run import run\nfrom twin.draws import Key\n"
        "from twin.engine.machine import is_compiled\nfrom twin.scenario.scenario import BASELINE\n"
        "before = is_compiled(); world, market = lay_out(40, 2, 4); clock = time.process_time()\n"
        "run(world, market, BASELINE, Key(1), 2); print(before, is_compiled(), time.process_time() - clock)"
    )
    folder = {"NUMBA_CACHE_DIR": str(tmp_path)}
    first, second = alone(code, **folder).split(), alone(code, **folder).split()
    assert first[:2] == ["False", "True"] and second[:2] == ["True", "True"]
    assert float(first[2]) < 40.0, "twice what is promised of a quiet machine"
    assert float(second[2]) < 0.25 * float(first[2])
