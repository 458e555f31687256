# `make run` and `make test` are all that a new machine needs; both set themselves up.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Each process of the tests has a PostgreSQL of its own.
CORES := --numprocesses auto --maxprocesses 4 --dist worksteal
NEWMAN := tests/journeys/newman/node_modules/.package-lock.json
# pip's own notices about itself are not news to whoever runs this.
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip -qq --no-input

.DEFAULT_GOAL := help
.PHONY: pictures help setup run test quick endure browser newman check format lock bench millions

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## virtual environment with the locked dependencies
	@:

$(READY): requirements.lock requirements.in pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rapport needs Python 3.11 or later; $(PYTHON) is older. Try: make PYTHON=python3.12 run")'
	@echo "Setting up $(VENV) (once, about a minute) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "Cannot make a virtual environment; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY) ## serve on http://127.0.0.1:8000 (settings: docs/settings.md)
	@exec $(BIN)/rapport serve

test: $(READY) browser newman ## every test
	@$(BIN)/python -m pytest $(CORES) --durations=25 --durations-min=5

quick: $(READY) ## every test but the journeys in a browser
	@$(BIN)/python -m pytest $(CORES) -m 'not endure and not browser'

endure: $(READY) ## what takes long: FUZZ_SECONDS=3600 make endure
	@$(BIN)/python -m pytest -m endure

browser: ## Debian's chromium for the journeys; only root can install it
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing Debian's chromium for the journeys in a browser (once) ..." && apt-get update -qq && \
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
		echo "No chromium here: the journeys in a browser are left out. On Debian, as root: apt-get install chromium"

newman: $(NEWMAN) ## Newman, which runs the Postman collections; needs node
	@:

$(NEWMAN): tests/journeys/newman/package-lock.json
	@command -v npm >/dev/null || { echo "No npm here: the Postman collections are not run. On Debian, as root: apt-get install npm"; exit 0; }; \
		echo "Installing Newman for the Postman collections (once) ..." && \
		npm ci --prefix tests/journeys/newman --no-audit --no-fund --loglevel=error >/dev/null && touch $@ || \
		echo "Newman could not be installed: the Postman collections are not run."

check: $(READY) ## style, types and spelling
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/codespell README.md CHANGELOG.md CONTRIBUTING.md docs src/rapport/handbook/texts

format: $(READY) ## put the code into its one form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(READY) ## bring requirements.lock up to date with the .in files
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements-dev.in --output-file requirements.lock

pictures: $(READY) browser ## take the screenshots of the README anew
	@$(BIN)/python -m tests.journeys.pictures

bench: $(READY) ## measure; the result is bench/RESULTS.md (bench/README.md says more)
	@$(BIN)/python bench/run.py --output bench/RESULTS.md

millions: $(READY) ## measure among ten million contacts, which takes long
	@$(BIN)/python bench/run.py --contacts 10000000 --output bench/RESULTS-10000000.md
