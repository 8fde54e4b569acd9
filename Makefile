# `make run` and `make test` set up everything they need; the rest is for people at work on it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   ?= build/demo
SIM    ?= build/sim

.PHONY: run sim test bench kills conformance simulated bitstream reproducible lint types stubs \
    docs micropython clean

run: $(VENV)/run
	@$(BIN)/python -m runtime.host.demo $(DEMO)

# The node of the firmware on the simulated system; SIM_USERS says how many users.
sim: $(VENV)/test
	@$(BIN)/python -m tests.appliance $(SIM)

test: $(VENV)/test stubs lint types micropython
	@$(BIN)/python -m pytest -q

bench: $(VENV)/bench
	@$(BIN)/python -m tests.bench

# A hundred kills at random moments under load; `make test` does fewer.
kills: $(VENV)/test
	@$(BIN)/python -m tests.kills 100

# Every session of the conformance suite on the simulated system: hours; `make test` plays a few.
conformance: $(VENV)/test
	@$(BIN)/python -m tests.conformance $(SESSIONS)

# What takes minutes on the simulated system, and `make test` leaves out.
simulated: $(VENV)/test
	@OPTIN_SIMULATED=1 $(BIN)/python -m pytest -q tests/firmware/node tests/conformance

# Every board, to a bitstream or a project for Vivado, and its report: half an hour.
bitstream: $(VENV)/board
	@$(BIN)/python -m soc.boards build

# The firmware twice, in other folders, with nothing built before: the bytes must be the same.
reproducible: $(VENV)/board
	@$(BIN)/python -m firmware.reproducible

lint: $(VENV)/test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "run: $(BIN)/ruff format ."; exit 1; }

types: $(VENV)/test stubs
	@$(BIN)/mypy

stubs: $(VENV)/run
	@$(BIN)/python -m runtime.host.reference --stubs > runtime/wire/records.pyi

# MicroPython's unix port and mpy-cross: built once, cached outside the tree.
micropython: $(VENV)/test
	@$(BIN)/python -m firmware.micropython > /dev/null
	@$(BIN)/python -m firmware.micropython --frozen > /dev/null
	@$(BIN)/python -m firmware.micropython --sanitized > /dev/null

docs: $(VENV)/test
	@$(BIN)/python -m tests.docs
	@$(BIN)/python -m soc.docs

$(VENV)/bin/python:
	@$(PYTHON) .ci/prepare venv
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run: $(VENV)/bin/python setup.cfg
	@echo "installing optin-node into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/test: $(VENV)/run
	@$(PYTHON) .ci/prepare build
	@echo "installing what the tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

$(VENV)/bench: $(VENV)/test
	@$(PYTHON) .ci/prepare bench
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

$(VENV)/board: $(VENV)/run
	@echo "installing what boards need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[board]'
	@touch $@

clean:
	rm -rf $(VENV) build *.egg-info runtime/wire/records.pyi
