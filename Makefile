# make demo    set up .venv, simulate a small cohort, run the workflow on it, print its labels
# make test    set up .venv, run the test-suite
# make lint    set up .venv, check style of code and workflow
# make help    print these lines
# PYTHON names another Python (3.11 or newer); CORES the cores of demo and tests.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)) python3)
CORES ?= 2

VENV := .venv
READY := $(VENV)/.ready
ACTIVATE := . $(VENV)/bin/activate

.PHONY: help setup demo test lint clean

help:
	@sed -n 's/^# //p' Makefile

setup: $(READY)

# uv installs several times faster than pip; where it cannot be had, pip does the same.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "her2omics needs Python 3.11 or newer, found " + sys.version.split()[0] + ": make PYTHON=/path/to/python3.11")'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(ACTIVATE) && if python -m pip install --quiet uv && uv pip install --quiet -r requirements.lock; \
	then uv pip install --quiet --no-deps -e .; \
	else python -m pip install --quiet -r requirements.lock && python -m pip install --quiet --no-deps -e .; fi
	@touch $@

demo: $(READY)
	$(ACTIVATE) && her2omics demo --out demo
	$(ACTIVATE) && snakemake --directory demo --configfile demo/config.yaml --cores $(CORES) --quiet rules
	@$(ACTIVATE) && her2omics demo --show demo

test: $(READY)
	$(ACTIVATE) && pytest -q -n $(CORES) --dist loadfile --no-loadscope-reorder

lint: $(READY)
	$(ACTIVATE) && ruff check . && ruff format --check .
	$(ACTIVATE) && snakefmt --check Snakefile workflow
	$(ACTIVATE) && pytest -q tests/workflow/test_lint.py

clean:
	rm -rf demo results .snakemake
