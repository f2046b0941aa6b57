# The habits of this house, one word each. `make run` and `make test` need Python 3.11 with venv, and nothing else.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps

.PHONY: run test lint fmt bench chaos lock clean

run: $(VENV)/.run
	@exec $(BIN)/palabre up --demo

# In the order of the files' names, the long ones of end_to_end/ first: else they come last, and one core waits for the other.
test: $(VENV)/.dev lint
	$(BIN)/python -m tests.browser
	$(BIN)/python -m tests.kannel
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	$(BIN)/python -m tests.bench

# Everything killed, cut, filled and put off; about a quarter of an hour.
chaos: $(VENV)/.dev
	$(BIN)/python -m tests.chaos

# Names, versions and hashes; no address of a registry.
lock: $(VENV)/.dev
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --extra dev --group build pyproject.toml -o requirements-dev.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group build pyproject.toml -c requirements-dev.lock -o requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info

$(VENV)/bin/python:
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing (once, about a minute)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.run
	@echo "installing the tools of development"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@
