# make run: see it at work. make test: every test. Both set up what they need first.

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test test-store check lint clean

VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev

help:
	@echo "make run     set up and start the rehearsal: platforms, feeds, worker and wall (ARGS='--speed 600' adds options)"
	@echo "make test    set up and run every test"
	@echo "make test-store  the store's tests on the server at QUANQING_TEST_DATABASE_URL (PostgreSQL or Citus)"
	@echo "make check   format, lint, import contracts, types and the fast tests, on SQLite alone"
	@echo "make lint    the same without the tests"
	@echo "make setup   install the program into $(VENV)"
	@echo "make clean   remove $(VENV) and everything generated"

setup: $(RUNTIME)

setup-dev: $(DEV)

$(RUNTIME): requirements.lock pyproject.toml tools/setup.sh
	@tools/setup.sh requirements.lock
	@touch $@

# requirements-dev.lock holds everything requirements.lock does
$(DEV): requirements-dev.lock requirements.lock pyproject.toml tools/setup.sh
	@tools/setup.sh requirements-dev.lock
	@touch $(RUNTIME) $@

run: setup
	@echo "==> starting the rehearsal (Ctrl-C ends it)"
	@$(BIN)/quanqing rehearse $(ARGS)

test: setup-dev
	@tools/browser.sh
	@echo "==> all tests"
	@$(BIN)/python -m pytest $(ARGS)

# on a server of yours: what the tests make there is their own, and taken away
test-store: setup-dev
	@test -n "$$QUANQING_TEST_DATABASE_URL" || { echo "set QUANQING_TEST_DATABASE_URL to an address like postgresql://user:password@host/database: of a PostgreSQL where that user may create databases, or of a Citus coordinator"; exit 2; }
	@echo "==> the store's tests on the server given"
	@$(BIN)/python -m pytest -m postgres tests/store tests/ingest/test_crashes.py $(ARGS)

check: lint
	@echo "==> fast tests"
	@$(BIN)/python -m pytest -m "not slow and not browser and not postgres"

lint: setup-dev
	@echo "==> format"
	@$(BIN)/ruff format --check --quiet .
	@echo "==> lint"
	@$(BIN)/ruff check --quiet .
	@echo "==> import contracts"
	@$(BIN)/lint-imports --no-logo
	@echo "==> types"
	@$(BIN)/mypy

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
