# Every target sets up .venv by itself: with uv where it is present, else with Python's venv and pip.
# Arguments go in ARGS:  make demo ARGS=--once   make test ARGS="tests/schemas -x"   make bench NAME=engine

VENV := .venv
BIN := $(VENV)/bin
EXTRAS := dev
STAMP := $(VENV)/installed-from
BUNDLE := ui/dashboard/component/built/sources.sha256
COMPONENT := $(wildcard ui/dashboard/component/*.*)
UV := $(shell command -v uv 2>/dev/null)

# A version manager may put a python3.12 on the path that starts nothing, so each candidate has to answer.
PYTHON ?= $(firstword $(foreach name,python3.12 python3.11 python3 python,$(shell \
	$(name) -c 'import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' >/dev/null 2>&1 && \
	command -v $(name))))

# Files of tests that run at once: more than cores, for much of each is waiting. Each has brokers of its own, about a
# gigabyte; JOBS=0 runs one after the other.
JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((n < 3 ? 3 : 4)))

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench prove chaos ui constraints clean

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(STAMP) $(BUNDLE)  ## broker, real candles, worker and dashboard; ARGS=--once runs to the end and exits
	@echo "== candelabra demo $(ARGS)"
	@$(BIN)/candelabra demo $(ARGS)

test: $(STAMP) $(BUNDLE)  ## all tests, doctests and README examples; JOBS=4 is how many at once
	@echo "== pytest $(ARGS)"
	@$(BIN)/pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder $(ARGS)

lint: $(STAMP)  ## style, format, types, architecture
	@echo "== ruff check"
	@$(BIN)/ruff check
	@echo "== ruff format --check"
	@$(BIN)/ruff format --check
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== import-linter"
	@$(BIN)/lint-imports --no-cache

bench: $(STAMP)  ## measured figures as JSON; NAME=engine
	@echo "== candelabra bench $(or $(NAME),engine) $(ARGS)"
	@$(BIN)/candelabra bench $(or $(NAME),engine) $(ARGS)

prove: $(STAMP)  ## the same answer however candles come, by the byte; ARGS=--small takes a minute
	@echo "== candelabra prove $(ARGS)"
	@$(BIN)/candelabra prove $(ARGS)

chaos: $(STAMP)  ## kill everything at any moment: nothing lost, repeated or different; ARGS=--small takes two minutes
	@echo "== candelabra chaos $(ARGS)"
	@$(BIN)/candelabra chaos $(ARGS)

ui: $(BUNDLE)  ## the dashboard's chart component, when its sources changed

constraints:  ## resolve anew and write constraints.txt (needs uv)
	@test -n "$(UV)" || { echo "make constraints needs uv on the path"; exit 1; }
	@grep '^#' constraints.txt > constraints.new
	@$(UV) pip compile pyproject.toml --all-extras --universal --python-version 3.11 --fork-strategy fewest --upgrade \
		--quiet --no-header --no-annotate --no-emit-index-url --no-emit-find-links | grep -v '^#' >> constraints.new
	@mv constraints.new constraints.txt
	@echo "== constraints.txt: $$(grep -vc '^#' constraints.txt) packages"

clean:  ## remove .venv and everything that was built or cached
	@echo "== removing .venv, bundles and caches"
	@rm -rf $(VENV) build ./*.egg-info $(dir $(BUNDLE)) ui/dashboard/component/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache constraints.new
	@find schemas operators dataflows ui tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
ifneq ($(UV),)
	@echo "== creating $(VENV) with uv"
	@$(UV) venv --quiet --allow-existing --python '$(or $(PYTHON),>=3.11,<3.13)' $(VENV)
else
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or 3.12 on the path: install one, or name one: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "== creating $(VENV) with $(PYTHON) ($$($(PYTHON) --version 2>&1))"
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) has no venv module: install it (Debian: python3-venv)"; rm -rf $(VENV); exit 1; }
endif

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
ifneq ($(UV),)
	@echo "== installing candelabra[$(EXTRAS)] with uv"
	@$(UV) pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable '.[$(EXTRAS)]'
else
	@echo "== installing candelabra[$(EXTRAS)] with pip"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[$(EXTRAS)]'
endif
	@touch $@

$(BUNDLE): $(COMPONENT) ui/dashboard/build.py | $(STAMP)
	@$(BIN)/python -m ui.dashboard.build
	@touch $@
