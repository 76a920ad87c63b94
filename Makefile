# Two commands set up everything, each in the environment $(VENV) that it makes itself:
#   make run     install, simulate a scenario, say what happened
#   make test    the same environment with the test extras, the fast tests (make test-all: every test)

SCENARIO ?= security_tariffs
VENV ?= .venv
WORKERS ?= 2
# what `make test` is to leave out or add, as pytest has it
TESTS ?=
# a test or two for every library that is used: what .ci/run runs with the oldest dependencies
SMOKE = tests/analytic tests/oracle/test_shipped_models.py \
  $(patsubst %,tests/unit/test_%.py,balance cli cluster dataset engine external native netcdf new \
  plot scenario_file sensitivity)
# an old library may use what a newer one deprecates
AGED = -W ignore::DeprecationWarning -W ignore::FutureWarning
PYTHONS = $(PYTHON) python3.13 python3.12 python3.11 python3

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet

FUZZ_MINUTES ?= 2.5

.PHONY: run test test-all smoke faults check lint types contract spell docs model results tables calibrate bench wheel clean
.DELETE_ON_ERROR:

run: $(VENV)/run.stamp
	@$(BIN)/simdistrict run $(SCENARIO)

test: $(VENV)/test.stamp
	@$(BIN)/python -m pytest -n $(WORKERS) $(TESTS)

test-all: $(VENV)/test.stamp
	@$(BIN)/python -m pytest -n $(WORKERS) -m ""

smoke: $(VENV)/test.stamp
	@$(BIN)/python -m pytest -n $(WORKERS) $(AGED) $(SMOKE)

# kills, signals, full disks, hostile files and an hour of broken files; the figures go into docs/reliability.md
faults: $(VENV)/test.stamp
	@$(BIN)/python -m tests.faults --minutes $(FUZZ_MINUTES) --write

check: lint types contract spell test

lint: $(VENV)/dev.stamp
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

types: $(VENV)/dev.stamp
	@$(BIN)/python -m mypy

contract: $(VENV)/dev.stamp
	@$(BIN)/lint-imports --no-logo --no-cache

spell: $(VENV)/dev.stamp
	@$(BIN)/codespell

# runs the tutorials and the gallery, collects all pages in build/docs, and builds the site from them
docs: export NO_MKDOCS_2_WARNING = 1
docs: $(VENV)/docs.stamp
	@$(BIN)/python -m docs.make
	@$(BIN)/python -m mkdocs build --quiet --strict
	@$(BIN)/python -m docs.make.check
	@echo "open site/index.html"

# the numbers of models/*/data/*.csv into the models: edit the tables, run this, commit both
model: $(VENV)/run.stamp
	@for data in models/*/data; do \
	  $(BIN)/simdistrict fill $${data%/data}/$$(basename $${data%/data}).mdl || exit; \
	done

# tables into results/, figures into docs/images/, and the pages that show them
results: $(VENV)/dev.stamp
	@$(BIN)/simdistrict tables
	@$(BIN)/simdistrict plot -o docs/images
	@$(BIN)/python docs/examples/results_page.py
	@$(BIN)/python docs/examples/claims_page.py
	@$(BIN)/python docs/examples/public_models.py
	@$(BIN)/python docs/examples/calibration/fit_growth.py
	@$(BIN)/python docs/examples/two_worlds.py
	@$(BIN)/python docs/examples/regime_figures.py

# the same with the tables over the ensemble, which take an hour or more where nothing is kept yet
tables: $(VENV)/dev.stamp
	@$(BIN)/simdistrict tables --all --workers $(WORKERS)
	@$(MAKE) --no-print-directory results

# the fit of the district model to its record, written into its tables; then `make results` for the pages
calibrate: $(VENV)/run.stamp
	@$(BIN)/simdistrict calibrate district --workers $(WORKERS)
	@$(BIN)/simdistrict fill district --changes runs/district-calibration/fitted.cin --digits 4
	@$(BIN)/simdistrict tables constants --workers $(WORKERS)

bench: $(VENV)/run.stamp
	@for script in $(sort $(wildcard benchmarks/*.py)); do $(BIN)/python $$script || exit; done

wheel: $(VENV)/dev.stamp
	@$(BIN)/python tests/wheel/check.py $(SCENARIO)

clean:
	@rm -rf build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +

# ---------------------------------------------------------------- the environment

$(VENV)/made.stamp:
	@for python in $(PYTHONS); do \
	  if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	  then $$python -m venv $(VENV) && touch $@; exit; fi; \
	done; \
	echo "simdistrict needs Python 3.11 or newer with its venv module; tried: $(strip $(PYTHONS))" >&2; \
	echo "    install one, or name it: make run PYTHON=/path/to/python" >&2; exit 1

# installed once, and again when pyproject.toml changes; byte-compiled, so the first start is fast
$(VENV)/run.stamp: $(VENV)/made.stamp pyproject.toml
	@echo "installing simdistrict into $(VENV)"
	@$(PIP) install --compile --editable .
	@$(BIN)/python -m compileall -q simdistrict
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp
	@echo "installing what the tests need"
	@$(PIP) install --compile --editable '.[test]'
	@touch $@

$(VENV)/docs.stamp: $(VENV)/run.stamp
	@echo "installing what the site needs"
	@$(PIP) install --editable '.[docs]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	@echo "installing the developers' tools"
	@$(PIP) install --compile --editable '.[dev]'
	@touch $@
