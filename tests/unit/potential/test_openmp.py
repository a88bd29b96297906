"""LightGBM loads without the system's OpenMP library."""

from __future__ import annotations

import subprocess
import sys

import pytest

from twin.potential import openmp

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux wheels ask the system for it")

TRAIN = """
import numpy as np
from twin.potential import openmp
openmp._loads = lambda name: False  # as on a machine without it
openmp.ensure_openmp()
import lightgbm
x = np.arange(200.0).reshape(-1, 1)
settings = {"num_threads": 2, "verbosity": -1, "min_data_in_leaf": 5}
model = lightgbm.train(settings, lightgbm.Dataset(x, x[:, 0]), 5)
assert np.all(np.diff(model.predict(x)) >= 0)
print({line.split(maxsplit=5)[5].strip() for line in open("/proc/self/maps") if "/libgomp.so" in line})
"""


@linux
def test_lightgbm_runs_on_the_copy_alone():
    done = subprocess.run([sys.executable, "-c", TRAIN], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    libraries = done.stdout
    assert "twin-openmp" in libraries and "(deleted)" in libraries and libraries.count("libgomp") == 1, libraries


@linux
def test_calling_it_twice_is_harmless_and_lets_lightgbm_in():
    openmp.ensure_openmp()
    openmp.ensure_openmp()
    import lightgbm

    assert lightgbm.__version__


def test_a_library_is_renamed_in_place():
    library = b"\0before\0libgomp-abc.so.1.0.0\0after\0"
    renamed = openmp.renamed(library, "libgomp-abc.so.1.0.0", "libgomp.so.1")
    assert len(renamed) == len(library)
    assert renamed.split(b"\0")[:3] == [b"", b"before", b"libgomp.so.1"] and renamed.endswith(b"\0after\0")


@pytest.mark.parametrize("library", [b"no such name\0", b"lib-a.so\0lib-a.so\0"])
def test_a_name_that_stands_there_not_exactly_once_is_refused(library):
    with pytest.raises(OSError, match=r"lib-a\.so"):
        openmp.renamed(library, "lib-a.so", "lib.so")
