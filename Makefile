# Every target is described in CONTRIBUTING.md. `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup test check lint types format demo bench bundles calls mutants soak lock clean
.PHONY: e2e

PY := .venv/bin/python
INSTALLED := .venv/installed
PACKAGES := personalization connectors functions
LISTS := webhook pull mailchimp hubspot decide fit base demo dev
TOOLS := sam ministack
# Two workers suit a laptop as well as CI: make test WORKERS=8
WORKERS ?= 2

# A version manager's shim can be on the PATH for a version it does not have, so each candidate
# is run, not only looked up.
FIND_PYTHON = for each in "$$PYTHON" python3.13 "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.13*/bin/python \
	"$$HOME"/.local/bin/python3.13 python3 python; do \
	[ -n "$$each" ] && "$$each" -c 'import sys, venv; sys.exit(sys.version_info[:2] != (3, 13))' \
	>/dev/null 2>&1 && { command -v "$$each"; break; }; done

help:
	@echo "make demo     sets everything up and runs the product on a real shop's data"
	@echo "make test     sets everything up and runs every test"
	@echo "make check    what CI runs first: lint, format, types, then make test"
	@echo "More targets: CONTRIBUTING.md"

setup: $(INSTALLED)

# The stamp makes every later make start at once, and start over when a list of packages changes.
# pip gets no say in what to install: the list is complete, and every file in it has its hash.
$(INSTALLED): requirements/dev.txt Makefile
	@python=$$($(FIND_PYTHON)); \
	if [ ! -x $(PY) ] || ! $(PY) -c 'import pip, sys; sys.exit(sys.version_info[:2] != (3, 13))'; then \
		[ -n "$$python" ] || { echo "Python 3.13 is needed and was not found. Install it, or name it:" \
			"make PYTHON=/path/to/python3.13 $(MAKECMDGOALS)" >&2; exit 1; }; \
		"$$python" -m venv --clear .venv || exit 1; \
	fi
	@echo "Installing packages into .venv (once; about a minute) ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
		--require-hashes -r requirements/dev.txt
	@$(PY) -c 'import pathlib, sysconfig; \
		pathlib.Path(sysconfig.get_path("purelib"), "ofone.pth").write_text(str(pathlib.Path.cwd()))'
	@printf '%s\n' '#!/bin/sh' '# Made by make setup: the command line, wherever it is called from.' \
		'exec "$$(dirname "$$0")/python" -P -c "import sys; sys.argv[0] = \"ofone\"; \
		from functions.cli.main import app; app()" "$$@"' > .venv/bin/ofone
	@chmod +x .venv/bin/ofone
	@touch $@

test: setup
	@$(PY) -m pytest -n $(WORKERS)

check: lint types
	@$(MAKE) --no-print-directory test

lint: setup
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

types: setup
	@$(PY) -m mypy $(PACKAGES)

format: setup
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

demo: setup
	@.venv/bin/ofone demo

bench: setup
	@$(PY) bench/run.py

calls: setup
	@$(PY) bench/calls.py

mutants: setup
	@$(PY) tests/mutants/run.py

soak: setup
	@$(PY) tests/soak/run.py

# Deploys to an emulator on this machine. Its tools live in environments of their own: the emulator
# and the builder want different versions of the same packages.
e2e: setup
	@$(MAKE) --no-print-directory --jobs=2 $(TOOLS:%=build/%/installed)
	@PYTHONPATH=.:tests/deploy $(PY) tests/deploy/e2e.py

# What is never imported needs no bytecode, and what is gets it then.
build/%/installed: infra/tools/%.txt | $(INSTALLED)
	@echo "Installing $* into build/$* (once) ..."
	@$(PY) -m venv --clear build/$*
	@build/$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile \
		--only-binary :all: --require-hashes -r $<
	@touch $@

# Builds each function's bundle and prints its size and how long its import takes, alone.
bundles: setup
	@$(PY) infra/bundle/measure.py

# Writes the lists of packages anew. The tool that does it lives apart from .venv. pandas and
# pyarrow are what the demo's data package asks for and nothing here imports.
lock: setup
	@[ -x build/lock/bin/uv ] || { $(PY) -m venv build/lock && build/lock/bin/python -m pip install --quiet uv; }
	@build/lock/bin/python requirements/lock.py $(LISTS)
	@cd infra/tools && for each in $(TOOLS); do { echo "# Made by \`make lock\` from $$each.in. Edit that, not this." && \
		../../build/lock/bin/uv pip compile --quiet --universal --python-version 3.13 --only-binary :all: \
		--generate-hashes --no-header --no-emit-index-url $$each.in; } > $$each.new && mv $$each.new $$each.txt || exit 1; done

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
