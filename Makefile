# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause

# Another Python: make test PYTHON=python3.12 VENV=build/python3.12
PYTHON ?= python3
VENV ?= .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help demo demo-stop test lint bench soak clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# The version stands in the installed metadata, so a new one installs again.
$(READY): setup.py trac_issuesync/__init__.py tools/bootstrap.sh tools/debian-packages tools/debian-packages-test
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/bootstrap.sh
	@touch $@

demo: $(READY) ## build two Trac projects, keep them in step, leave both running
	@$(RUN) tools/demo.py start

demo-stop: ## end what "make demo" left running
	@if [ -x $(RUN) ]; then $(RUN) tools/demo.py stop; else echo "No demo was set up here."; fi

test: $(READY) ## run the whole test suite
	@$(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 10

lint: $(READY) ## check style, format and types
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

bench: $(READY) ## measure against Trac itself; fails when a promised ratio is missed
	@$(RUN) benchmarks/run.py

# How long all soak tests take together, about: make soak SOAK_SECONDS=600; SOAK_SEED repeats a run.
SOAK_SECONDS ?= 3600

soak: $(READY) ## run the long kill and convergence tests (an hour; SOAK_SECONDS=600 for less)
	@SOAK_SECONDS="$(SOAK_SECONDS)" SOAK_SEED="$(SOAK_SEED)" $(RUN) -m pytest tests/soak -m soak
	@echo "What each test did: build/soak/*.log"

clean: ## end the demo and remove everything that make made
	@if [ -d .demo ]; then $(MAKE) --no-print-directory demo-stop; fi
	@rm -rf $(VENV) .demo build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
