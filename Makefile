# The verbs of this repository. `make demo` and `make test` set everything up themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test check bench lock clean

demo: $(READY)
	@exec $(BIN)/triage demo

test: $(READY)
	@sh tests/servers.sh
	@$(BIN)/python -m pytest

check: $(READY)
	$(BIN)/ruff check triage tests bench
	$(BIN)/ruff format --check triage tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	@sh tests/servers.sh
	@$(BIN)/python -m bench

# The virtual environment is rebuilt when the pinned requirements or the project's metadata change.
$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Triage needs Python 3.11 or newer. Next: install it, then run make again with PYTHON=python3.11."; exit 1; }
	@echo "Setting up $(VENV) (once; a minute or two) ..."
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make virtual environments here. Next: apt-get install python3-venv, then run make again."; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

# Pin every dependency again, with hashes and without any address.
COMPILE := $(BIN)/pip-compile --quiet --strip-extras --allow-unsafe --generate-hashes --no-emit-options
lock:
	CUSTOM_COMPILE_COMMAND="make lock" $(COMPILE) --extra demo -o requirements.txt pyproject.toml
	CUSTOM_COMPILE_COMMAND="make lock" $(COMPILE) --extra demo --extra dev -o requirements-dev.txt pyproject.toml

clean:
	rm -rf $(VENV)
