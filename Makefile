# What a person types. `make run` and `make test` need nothing but Python 3.11 or newer and make.

PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
# Bytecode is made when a module is first used: the FHIR classes alone have thousands that never are.
PIP := $(BIN)/python -m pip --disable-pip-version-check -q --no-input

.PHONY: run install install-tools test kubo browser soak lint types layers messages check-messages bench clean help

help:
	@echo "make run      install if needed, migrate, serve on http://127.0.0.1:$(PORT)/"
	@echo "make test     the tests, without a browser or an IPFS node"
	@echo "make kubo     the object store's contract on a real Kubo node"
	@echo "make browser  the journeys in a real Chromium"
	@echo "make soak     every worked case in every mode, and far more made-up ones (docs/soak.md)"
	@echo "make lint     style, types, layers, messages"
	@echo "make bench    what a save costs, as ratios"

run: install
	@$(BIN)/blockmrs serve --port $(PORT)

install: $(VENV)/installed

install-tools: $(VENV)/installed-tools

# Each stamp is newer than setup.py once everything in it is installed, so that a second run has nothing to do.
$(VENV)/installed: setup.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "BlockMRS needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)."; \
	    echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing into $(VENV)/ ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --no-compile -e .
	@touch $@

$(VENV)/installed-tools: setup.py $(VENV)/installed
	@echo "Installing the tools for tests and lint ..."
	@$(PIP) install --no-compile -e '.[test,lint]'
	@touch $@

test: install-tools
	@$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not kubo and not browser"

kubo: install-tools
	@tools/install_kubo.sh
	@$(BIN)/python -m pytest -q -m kubo tests/contract

browser: install-tools
	@$(BIN)/python -m pytest -q -n auto --dist worksteal tests/browser

# All of what the others sample (tests/extent.py), at low priority.
soak: install-tools
	@BLOCKMRS_SOAK=1 nice $(BIN)/python -m pytest -q -n auto --dist worksteal tests/browser tests/property tests/functional/test_bad_input.py

lint: install-tools
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(MAKE) -s check-messages

messages: install-tools
	@$(BIN)/python tools/messages.py

check-messages: install-tools
	@$(BIN)/python tools/messages.py --check

bench: install-tools
	@$(BIN)/python -m benchmarks

clean:
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
