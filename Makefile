# What a person types. `make run` and `make test` need nothing but Python 3.11 or newer and make.

PYTHON ?= python3
PORT ?= 8080
VENV := .venv
BIN := $(VENV)/bin
NEWEST := build/newest
# Bytecode is made when a module is first used: the FHIR classes alone have thousands that never are.
PIP_OPTIONS := --disable-pip-version-check -q --no-input --no-compile
PIP := $(BIN)/python -m pip install $(PIP_OPTIONS)
# What is installed is what requirements/ names, file by file with its digest: the same today and in a year. A package
# that comes as source only is built with the locked tools, and so is BlockMRS itself.
LOCKED := $(PIP) --require-hashes --no-build-isolation
OURSELVES := $(PIP) --no-deps --no-build-isolation -e .
PYTEST := $(BIN)/python -m pytest -q
# What `make test` runs. Folders of which nothing would be run are not even read.
OF_TEST := -m "not kubo and not browser and not crowd and not abuse" --ignore tests/browser --ignore tests/abuse
# What checks the scripts needs Node.js; nothing else does. Each package is locked with its digest, and runs nothing when
# it is installed.
SCRIPTS := blockmrs/public/js
JS := tools/js
ESLINT := $(CURDIR)/$(JS)/node_modules/.bin/eslint --config $(CURDIR)/$(JS)/eslint.config.js --max-warnings 0
TSC := $(JS)/node_modules/.bin/tsc --project

# Bytecode is made once, also where the shell forbids it: else each process of the tests compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run install install-tests install-tools test newest kubo crowd abuse load browser coverage soak mutants lint \
    lint-scripts format messages check-messages commands bench lock sbom audit release clean help

help:
	@echo "make run      install if needed, migrate, serve on http://127.0.0.1:$(PORT)/"
	@echo "make test     the tests, without a browser or an IPFS node; T=PATH for those of one file or folder"
	@echo "make kubo     the object store's contract on a real Kubo node"
	@echo "make crowd    many people at once, at full cost, on a server of its own"
	@echo "make abuse    attacks on a real server, alone and behind nginx (docs/server.md)"
	@echo "make load     coaches, families and clinicians for five minutes (docs/load.md)"
	@echo "make browser  the journeys in a real Chromium; T=PATH for those of one file"
	@echo "make coverage what the tests reach: every branch of chain, crypto and domain (docs/testing.md)"
	@echo "make soak     every worked case in every mode, and far more made-up ones (docs/soak.md)"
	@echo "make mutants  small mistakes put into the code, to see whether a test notices (docs/testing.md)"
	@echo "make lint     style, types, layers, browsers, messages"
	@echo "make format   mend the style, as far as a program can"
	@echo "make commands write what the commands say of themselves into README.md and docs/commands.md"
	@echo "make bench    what a save costs, as ratios"
	@echo "make newest   the tests with the newest packages that pyproject.toml allows, in a folder of their own"
	@echo "make lock     write requirements/*.txt anew from pyproject.toml; UPGRADE=1 takes the newest"
	@echo "make audit    ask whether any locked package has a known vulnerability"
	@echo "make release  source, wheel and software bill of materials, in dist/"

run: install
	@$(BIN)/blockmrs serve --port $(PORT)

install: $(VENV)/installed

install-tests: $(VENV)/installed-tests

install-tools: $(VENV)/installed-tools

# Each stamp is newer than what decides what is installed, so that a second run has nothing to do.
OWN := setup.py pyproject.toml requirements/build.txt
$(VENV)/installed: $(OWN) requirements/run.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "BlockMRS needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)."; \
	    echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 14))' || \
	    echo "BlockMRS is tested with Python 3.11 to 3.13. With 3.14 it may work; if it does not: make PYTHON=python3.13"
	@echo "Installing into $(VENV)/ ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(LOCKED) -r requirements/build.txt
	@$(LOCKED) -r requirements/run.txt
	@$(OURSELVES)
	@touch $@

$(VENV)/installed-tests: $(VENV)/installed requirements/test.txt
	@echo "Installing what the tests need ..."
	@$(LOCKED) -r requirements/test.txt
	@touch $@

$(VENV)/installed-tools: $(VENV)/installed-tests requirements/tools.txt
	@echo "Installing the tools for lint and releases ..."
	@$(LOCKED) -r requirements/tools.txt
	@touch $@

$(VENV)/installed-load: $(VENV)/installed requirements/load.txt
	@echo "Installing what plays many people ..."
	@$(LOCKED) -r requirements/load.txt
	@touch $@

# One file needs no processes beside the first: T=tests/unit/test_cid.py, or T="tests/unit/test_cid.py -k base32 -x".
test: install-tests
	@$(PYTEST) $(or $(T),-n auto --dist worksteal) $(OF_TEST)

# What somebody gets who installs BlockMRS as a package, on the day on which this runs.
newest:
	@rm -rf $(NEWEST)
	@$(PYTHON) -m venv $(NEWEST)
	@echo "Installing the newest that pyproject.toml allows into $(NEWEST)/ ..."
	@$(NEWEST)/bin/python -m pip install $(PIP_OPTIONS) --upgrade setuptools
	@$(NEWEST)/bin/python -m pip install $(PIP_OPTIONS) --upgrade -e '.[test]'
	@$(NEWEST)/bin/python -m pip list --format freeze --exclude-editable > $(NEWEST)/versions.txt
	@$(NEWEST)/bin/python -m pytest -q -n auto --dist worksteal $(OF_TEST)

kubo: install-tests
	@tools/install_kubo.sh
	@$(PYTEST) -m kubo tests/contract

# Alone on the machine: these say within which time people must be answered.
crowd: install-tests
	@$(PYTEST) -m crowd tests

# One after the other, and alone on the machine, as above; the figures of each are shown.
abuse: install-tests
	@$(PYTEST) -rP -m abuse tests/abuse

# LOAD="--seconds 40 --coaches 4": shorter, or with other people.
load: $(VENV)/installed-load
	@$(BIN)/python -m load $(LOAD)

browser: install-tests
	@$(PYTEST) $(or $(T),-n auto --dist worksteal tests/browser)

# Fails where less is reached than tools/coverage_gate.py asks for.
coverage: install-tests
	@mkdir -p build
	@$(PYTEST) -n auto --dist worksteal $(OF_TEST) \
	    --cov --cov-report= --cov-report=json:build/coverage.json
	@$(BIN)/python tools/coverage_gate.py build/coverage.json

# All of what the others sample (tests/support/extent.py), at low priority, in parts: what is done is not done again.
soak: install-tests
	@nice $(BIN)/python tools/soak.py

# MUTANTS="chain --jobs 1": one room, one process at a time. What was tried out is kept: a run that was ended goes on.
mutants: install-tools
	@nice $(BIN)/python -m tools.mutants $(MUTANTS)

$(JS)/node_modules/installed: $(JS)/package.json $(JS)/package-lock.json
	@command -v npm >/dev/null || { echo "The scripts are linted with Node.js 20.19 or newer, which is not here."; exit 1; }
	@echo "Installing what checks the scripts into $(JS)/node_modules/ ..."
	@npm ci --prefix $(JS) --ignore-scripts --silent
	@touch $@

lint-scripts: $(JS)/node_modules/installed
	@cd $(SCRIPTS) && $(ESLINT) .
	@$(TSC) $(JS)/tsconfig.json
	@$(TSC) $(JS)/tsconfig.worker.json

lint: install-tools
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m tools.browsers.check
	@$(BIN)/python tools/shared.py --check
	@$(MAKE) -s check-messages
	@$(MAKE) -s lint-scripts

format: install-tools
	@$(BIN)/ruff check --fix -q .
	@$(BIN)/ruff format -q .

commands: install
	@$(BIN)/python tools/commands.py

messages: install-tools
	@$(BIN)/python tools/messages.py

check-messages: install-tools
	@$(BIN)/python tools/messages.py --check

bench: install-tests
	@$(BIN)/python -m benchmarks

lock: install-tools
	@tools/lock.sh $(if $(UPGRADE),--upgrade)

sbom: install-tools
	@$(BIN)/python tools/sbom.py dist

audit: install-tools
	@$(BIN)/python tools/audit.py

release: install-tools
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist . >/dev/null
	@$(BIN)/python tools/sbom.py dist
	@ls -1 dist

clean:
	@rm -rf $(VENV) $(NEWEST) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
