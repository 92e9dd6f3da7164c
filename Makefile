# chargehand: `make run` opens the console, `make test` makes every check. Both make the environment they need.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

.PHONY: run demo serve test check format bench screenshots pins clean help soak fuzz faults
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "chargehand needs Python 3.11 or newer; name one with: make PYTHON=python3.11 …" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

run: $(READY) ## open the console (ARGS="--profile fleet …")
	@$(BIN)/chargehand run $(ARGS)

demo: $(READY) ## the console with a living fleet, no hardware
	@$(BIN)/chargehand demo $(ARGS)

serve: $(READY) ## the engine without a screen
	@$(BIN)/chargehand serve $(ARGS)

check: $(READY) ## lint, format, types and the walls between the packages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check ## every check and every test
	$(BIN)/python -m pytest -n 2 $(ARGS)

format: $(READY) ## write the code as the checks want it
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure; ratios, side by side in one run
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(READY) ## faults on a console, and what is left (ARGS="--minutes 3 --kills 20")
	@$(BIN)/python -m benchmarks.soak $(ARGS)

fuzz: $(READY) ## every schema and the frame parser, fuzzed (ARGS="--rounds 200")
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check atheris || \
		echo "atheris does not install here; the frame parser is fuzzed by hypothesis instead"
	@$(BIN)/python -m benchmarks.fuzz $(ARGS)

# How much of each fault there is; what a test takes by itself is enough for every day.
FAULTS := CHARGEHAND_HERD=500 CHARGEHAND_FLOOD=100000 CHARGEHAND_QUEUE=10000 CHARGEHAND_SESSIONS=150 \
	CHARGEHAND_KILLS=500 CHARGEHAND_CUTS=2000 CHARGEHAND_ROUNDS=1000

faults: $(READY) ## the tests of faults with much more of each: long (ARGS="-k herd")
	$(FAULTS) $(BIN)/python -m pytest -n 2 --timeout 3600 tests/faults tests/engine/test_restart.py $(ARGS)

screenshots: $(READY) ## make screenshots/ anew from a running demo fleet
	$(BIN)/python -m screenshots.make $(ARGS)

pins: ## write requirements.txt anew from pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)-pins
	$(VENV)-pins/bin/python -m pip install --quiet -e '.[dev]' 'setuptools>=77'
	{ head -2 requirements.txt; $(VENV)-pins/bin/python -m pip freeze --all --exclude-editable | grep -v '^pip=='; } > requirements.new
	mv requirements.new requirements.txt
	rm -r $(VENV)-pins

clean: ## remove the environment and everything that can be made again
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
