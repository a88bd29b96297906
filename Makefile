# Works on a machine with Python 3.11 or later, its venv module and make; everything else comes from requirements.lock.

VENV      := .venv
PY        := $(VENV)/bin/python
STAMP     := $(VENV)/.installed
WORKSPACE ?= workspace
DASHBOARD ?= 1
PORT      ?= 8501
JOBS      ?= 2
PYTEST_ARGS ?=
PYTHON    ?=

say = @printf '\n== %s\n' "$(1)"

.PHONY: help install demo test check bench validate lock clean

help:
	@echo 'make demo      builds the demo bundle, runs the whole loop on it, opens the dashboard (DASHBOARD=0: stops before; PORT=8501)'
	@echo 'make test      every test, side by side in two processes (JOBS=2)'
	@echo 'make check     lint, format, types, house rules, fast tests: under two minutes'
	@echo 'make bench     measures speed and memory, writes build/bench.json'
	@echo 'make validate  runs the acceptance measurements, writes build/validation.json'
	@echo 'make lock      pins the dependencies anew (needs uv)'
	@echo 'make clean     removes what was built, keeps $(VENV) and your workspaces'

install: $(STAMP)

# A half-made environment has no stamp, so an interrupted installation is simply finished the next time.
$(STAMP): requirements.lock pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/make-venv $(VENV)
	$(call say,Installing the pinned packages: one to three minutes the first time)
	@$(PY) -m pip install --disable-pip-version-check --no-input --quiet --progress-bar off \
		--require-hashes --no-deps --only-binary :all: -r requirements.lock
	$(call say,Installing the twin itself)
	@$(PY) -m pip install --disable-pip-version-check --no-input --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)
	$(call say,Demo: workspace '$(WORKSPACE)')
	@$(VENV)/bin/twin demo -w $(WORKSPACE) --port $(PORT) $(if $(filter 0 no false,$(DASHBOARD)),--no-dashboard)

test: $(STAMP)
	$(call say,All tests)
	@OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(PY) -m pytest -n $(JOBS) $(PYTEST_ARGS)

check: $(STAMP)
	$(call say,Lint)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	$(call say,Types)
	@$(VENV)/bin/mypy
	$(call say,House rules and fast tests)
	@$(PY) -m pytest tests/house tests/unit -m 'not slow and not bench' $(PYTEST_ARGS)

bench: $(STAMP)
	$(call say,Measurements: speed and memory)
	@mkdir -p build
	@$(PY) tests/bench/run.py
	@echo 'written: build/bench.json'

validate: $(STAMP)
	$(call say,Acceptance measurements)
	@mkdir -p build
	@$(PY) tests/bench/validate.py
	@echo 'written: build/validation.json'

lock:
	uv pip compile --universal --generate-hashes --python-version 3.11 --extra dev \
		--no-emit-index-url --no-annotate --no-header --output-file requirements.lock pyproject.toml

clean:
	rm -rf build .pytest_cache .ruff_cache .mypy_cache .hypothesis territory_twin.egg-info
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
