# Needs python3 (3.11 or newer), make and a package index; everything else goes into .venv and .venv-*.
#   make demo [ONCE=1]   run the demo application, with ONCE=1 only until its own client has talked to it
#   make test [ARGS=]    the whole suite; real peers that are not installed are skipped
#   make coverage        the same, and how many lines and branches it reaches; it takes twice as long
#   make check           lint (ruff), types (mypy, pyright) and arrows (import-linter)
#   make docs            the documentation as a site, in build/docs; a dead link or a bad word of markup is an error
#   make format          let ruff repair what it can
#   make matrix          the core suite against the built wheel, in both FORMS, on every interpreter found among PYTHONS;
#                        Python 3.14 is had from npm (make pyodide) if no other is found
#   make pyodide         the rooms that need no socket, thread or compiled library, in CPython for WebAssembly
#   make lowest          the rooms that need libraries, with the lowest versions that pyproject.toml allows
#   make wheel-test      the core suite against the built wheel
#   make compiled        the core suite against the compiled wheel of this interpreter; needs a C compiler
#   make mutants [ARGS=] mutation testing of the rooms named in ARGS, or of all; goes on where it was stopped
#   make programs        the libraries and sources of others that are tried against ours; without them those tests skip
#   make servers         the servers that tests/servers lets the client loose on; without them it skips those
#   make bench           the benchmarks
#   make clean           remove everything that the above made

PYTHON ?= python3
PYTHONS ?= 3.11 3.12 3.13 3.14
FORMS ?= pure compiled
ARGS ?=

BIN := .venv/bin
# Each target installs what it needs: the tests in .venv, the linters and what the benchmarks compare with beside them.
TEST := .venv/stamp-test
CHECK := .venv/stamp-check
DOCS := .venv/stamp-docs
BENCH := .venv/stamp-bench
MUTATION := .venv/stamp-mutation
DEMO := .venv-demo/stamp
PROGRAMS := .venv-programs/stamp
SERVERS := .venv-servers/stamp
LOWEST := .venv-lowest/stamp
WEBASSEMBLY := .venv-webassembly/stamp
# What pip takes for it: wheels without a compiled part, and those that their makers built for Pyodide.
FOR_PYODIDE := --only-binary :all: --implementation cp --python-version 3.14 --abi cp314 --abi abi3 --abi none \
    --platform pyemscripten_2026_0_wasm32 --platform any
# What runs there: no sockets, no threads, no child processes.
WITHOUT_SOCKETS := $(addprefix tests/,kernel httpauth guard middleware stores)
# What stands on a library of an extra, and needs no other. What the client makes of a challenge is left out: there each
# release of a library does the same.
ON_LIBRARIES := tests/users_sources tests/cli tests/client_auth tests/demo_app
ON_LIBRARIES += $(patsubst %,--ignore=tests/client_auth/test_%.py,answers core_parts core_redirects memory pins proof \
    required retries)
# The frameworks, what operators see, and the ciphers of SASL. All of them cost minutes: CI has two in their place.
LONG_ROOMS := tests/fastapi tests/django tests/frameworks tests/wsgi tests/operators
LONG_ROOMS += tests/sasl/test_records.py tests/sasl/test_vectors.py
# The test client of Starlette's lowest version does not close all its streams, and calls a class by its old name.
STARLETTE_OF_THEN := -W "ignore:The anyio.abc.BlockingPortal alias:DeprecationWarning" \
    -W "ignore:Unclosed <MemoryObject:ResourceWarning"
# A store in Redis needs a server. Valkey comes as a wheel.
ON_REDIS := tests/stores_shared/test_redis.py
CHECKED := $(wildcard digest_http middleware client_auth demo_app tests typing_tests benchmarks)

# Answers pip gives about itself are noise here.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help venv demo test coverage check lint types arrows docs format matrix lowest pyodide wheel-test compiled mutants \
    programs servers bench clean
# Two installations into one environment would get in each other's way.
.NOTPARALLEL:

help:
	@sed -n 's/^#  //p' Makefile

venv: $(TEST) $(CHECK) $(BENCH) $(DOCS)

$(TEST): pyproject.toml
	@.ci/venv .venv "$(PYTHON)" --editable . --group test
	@touch $@

$(CHECK) $(DOCS) $(BENCH) $(MUTATION): .venv/stamp-%: $(TEST)
	@.ci/venv .venv "$(PYTHON)" --group $*
	@touch $@

$(DEMO): pyproject.toml
	@.ci/venv .venv-demo "$(PYTHON)" --editable '.[demo]'
	@touch $@

demo: $(DEMO)
	@ONCE=$(ONCE) .venv-demo/bin/python -m demo_app

test: $(TEST)
	@echo "The whole suite takes a quarter of an hour or more; its end says what was skipped, and which package was missing."
	$(BIN)/python -m pytest $(ARGS)

coverage: $(TEST)
	$(BIN)/python -m pytest --cov $(ARGS)

check: lint types arrows

lint: $(CHECK)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell

types: $(CHECK)
	$(BIN)/mypy $(CHECKED)
	$(BIN)/pyright

arrows: $(CHECK)
	PYTHONPATH=.:middleware:client_auth $(BIN)/lint-imports

docs: $(DOCS)
	$(BIN)/sphinx-build -q --fail-on-warning --keep-going -d build/docs-doctrees docs build/docs
	@echo "build/docs/index.html"

format: $(CHECK)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

matrix: $(TEST)
	FORMS="$(FORMS)" .ci/matrix "$(BIN)/python" $(PYTHONS)

# A constraint of pip's holds each library down; what these bring along may be newer.
$(LOWEST): pyproject.toml
	@mkdir -p build
	@"$(PYTHON)" tests/packaging/lowest_versions.py >build/lowest.txt
	@PIP_CONSTRAINT=build/lowest.txt .ci/venv .venv-lowest "$(PYTHON)" --editable . --group lowest
	@touch $@

lowest: $(LOWEST)
	HYPOTHESIS_PROFILE=again .venv-lowest/bin/python -m pytest -q $(STARLETTE_OF_THEN) -m "not live and not once" \
	    $(ON_LIBRARIES) $(LONG_ROOMS) $(ARGS)
	[ -z "$(ON_REDIS)" ] || .venv-lowest/bin/python -m pytest -q -m "live and not once" $(ON_REDIS) $(ARGS)

# No script of a package is run. The libraries lie apart: this Python could not import them.
$(WEBASSEMBLY): pyproject.toml tests/webassembly/package.json
	@.ci/venv .venv-webassembly "$(PYTHON)" --group webassembly
	@rm -rf .venv-webassembly/libraries
	@.ci/venv .venv-webassembly "$(PYTHON)" --target .venv-webassembly/libraries $(FOR_PYODIDE) --group pyodide
	@mkdir -p .venv-webassembly/node
	@cp tests/webassembly/package.json .venv-webassembly/node
	@PATH="$(CURDIR)/.venv-webassembly/bin:$$PATH" npm install --prefix .venv-webassembly/node --ignore-scripts --no-audit --no-fund
	@touch $@

pyodide: $(WEBASSEMBLY)
	.venv-webassembly/bin/node tests/webassembly/run.mjs .venv-webassembly/node/node_modules .venv-webassembly/libraries . \
	    -q -m "not live and not once" $(WITHOUT_SOCKETS) $(ARGS)

wheel-test: $(TEST)
	.ci/wheel-test "$(BIN)/python"

compiled: $(TEST)
	.ci/wheel-test "$(BIN)/python" "$(PYTHON)" compiled

mutants: $(TEST) $(MUTATION)
	tests/mutation/run $(BIN)/python $(ARGS)

# npm finds node beside itself. No script of a package is run.
$(PROGRAMS) $(SERVERS): .venv-%/stamp: pyproject.toml tests/%/package.json
	@.ci/venv .venv-$* "$(PYTHON)" --group $*
	@mkdir -p .venv-$*/node
	@cp tests/$*/package.json .venv-$*/node
	@PATH="$(CURDIR)/.venv-$*/bin:$$PATH" npm install --prefix .venv-$*/node --ignore-scripts --no-audit --no-fund
	@[ $* = servers ] || tests/sspi/sspilib_suite/fetch .venv-programs/bin/python .venv-programs/sspilib
	@[ $* = servers ] || tests/sasl/hadoop_archives/fetch .venv-programs/bin/python .venv-programs/hadoop
	@[ $* = servers ] || tests/dav/gvfs/fetch .venv-programs/gvfs
	@touch $@

$(PROGRAMS): tests/dav/gvfs/fetch

programs: $(PROGRAMS)

servers: $(SERVERS)

bench: $(TEST) $(BENCH)
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf .venv .venv-demo .venv-programs .venv-servers .venv-lowest .venv-webassembly \
	    .venvs build dist .coverage \
	    .coverage.* htmlcov \
	    .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
