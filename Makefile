# Everything here needs only make and Python 3.11 or newer; the rest is installed into .venv on the first call.
# PYTHON=/path/to/python3 chooses the Python, JOBS=4 the number of test processes, PYTEST_ARGS what to test,
# BENCH_ARGS what to measure: --quick (ten minutes, to see that it works), --only NAME. All of it takes an hour or more.

# Half of a test's time it waits: for a terminal, a server, a clock. Each process may start servers of its own, so not too many.
JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); [ "$$n" -le 2 ] && expr 3 \* "$$n" || echo 8)
PYTEST_ARGS ?=
BENCH_ARGS ?=
BIN := .venv/bin

.PHONY: help demo test check bench clean

help:
	@echo 'make demo    two panes on an S3 server of its own, with sample data, and this directory'
	@echo 'make test    the tests; says at the end what had to be left out'
	@echo 'make check   what CI runs: ruff, mypy, import-linter and the tests'
	@echo 'make bench   measurements beside other tools'
	@echo 'make clean   remove what these made'

demo:
	@scripts/prepare-environment demo
	@$(BIN)/tfm demo

test:
	@scripts/prepare-environment development
	@scripts/run-tests -n $(JOBS) $(PYTEST_ARGS)

# TESTS_PASSED=1 is for whoever has just run the tests on this very tree, as .ci/run has.
check:
	@scripts/prepare-environment development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
ifeq ($(TESTS_PASSED),1)
	@echo 'pytest: not again, it has just passed on this tree (TESTS_PASSED=1)'
else
	@scripts/run-tests -n $(JOBS) $(PYTEST_ARGS)
endif

bench:
	@scripts/prepare-environment benchmarks
	@.venv-bench/bin/python -m benchmarks $(BENCH_ARGS)

clean:
	rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist
