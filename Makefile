# Needs python3 (3.11 or newer), make and a package index; everything else goes into .venv.
#   make demo [ONCE=1]   run the demo application, with ONCE=1 only until its own client has talked to it
#   make test [ARGS=]    the whole suite, with coverage; real peers that are not installed are skipped
#   make check           lint (ruff), types (mypy, pyright) and arrows (import-linter)
#   make format          let ruff repair what it can
#   make matrix          the core suite on every interpreter found among PYTHONS
#   make wheel-test      the core suite against the built wheel
#   make bench           the benchmarks
#   make clean           remove everything that the above made

PYTHON ?= python3
PYTHONS ?= 3.11 3.12 3.13
ARGS ?=

BIN := .venv/bin
STAMP := .venv/stamp
CHECKED := $(wildcard digest_http middleware client_auth demo_app tests typing_tests benchmarks fuzz)

# Answers pip gives about itself are noise here.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help venv demo test check lint types arrows format matrix wheel-test bench clean

help:
	@sed -n 's/^#  //p' Makefile

venv: $(STAMP)

$(STAMP): pyproject.toml
	.ci/venv .venv "$(PYTHON)" dev
	@touch $@

demo: $(STAMP)
	ONCE=$(ONCE) $(BIN)/python -m demo_app

test: $(STAMP)
	$(BIN)/python -m pytest --cov $(ARGS)

check: lint types arrows

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy $(CHECKED)
	$(BIN)/pyright

arrows: $(STAMP)
	PYTHONPATH=.:middleware:client_auth $(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

matrix:
	.ci/matrix $(PYTHONS)

wheel-test: $(STAMP)
	.ci/wheel-test "$(BIN)/python"

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv .venvs build dist .coverage .coverage.* htmlcov \
	    .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
