# `make demo` and `make test` set up their own environment in .venv on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements-dev.lock

.PHONY: demo test lint types check docs dist lock audit model corpus clean

demo: $(VENV)/.installed
	$(BIN)/oscb-nlp demo --out demo-report

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

check: lint types test

# The documentation site, into site/; a warning is an error.
docs: $(VENV)/.installed-dev
	$(BIN)/python -m doctest docs/site_pages.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

# Wheel and sdist, into dist/, with the locked build tools.
dist: $(VENV)/.installed-dev
	rm -rf dist
	$(BIN)/python -m build --quiet --no-isolation --outdir dist

# Renew the lock file: the newest releases that pyproject.toml allows, for Linux and Python 3.11.
# uv reads no settings of pip: UV_DEFAULT_INDEX names another index. None is written into the file.
lock: $(VENV)/tools/.installed
	$(VENV)/tools/bin/uv pip compile --quiet --upgrade --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --python-version 3.11 --python-platform linux \
	  --extra dev --extra docs --output-file $(LOCK) pyproject.toml

# Known vulnerabilities of what the lock file pins. Without an answer for every package it fails.
audit: $(VENV)/tools/.installed
	$(VENV)/tools/bin/python .ci/audit.py $(LOCK)

# Train the shipped model again from the labels and write its card.
# REAL=FOLDER names the PDFs under corpora/real's labels; the shipped model was made with them.
model: $(VENV)/.installed-dev
	$(BIN)/python models/train.py $(if $(REAL),--real $(REAL))

# Make the labels and the demo PDFs again from the sources (needs the extra "corpus" and fonts).
corpus: $(VENV)/.installed-dev
	$(BIN)/python -m pip install --quiet -e ".[corpus]"
	$(BIN)/python corpora/build.py
	$(BIN)/python corpora/describe.py
	$(BIN)/python corpora/render.py --out corpora/demo $$($(BIN)/python corpora/build.py --list-demo)

clean:
	rm -rf $(VENV) demo-report build dist site

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e .
	touch $@

# What tests, checks and documentation need, each file known by its hash.
$(VENV)/.installed-dev: pyproject.toml $(LOCK)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r $(LOCK)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $(VENV)/.installed $@

# Apart from the environment above, whose versions they must not change.
$(VENV)/tools/.installed:
	$(PYTHON) -m venv $(VENV)/tools
	$(VENV)/tools/bin/python -m pip install --quiet uv pip-audit
	touch $@
