# `make demo` and `make test` set up their own environment in .venv on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types check docs model corpus clean

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
docs: $(VENV)/.installed-docs
	$(BIN)/python -m doctest docs/site_pages.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

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

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	touch $@

$(VENV)/.installed-docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -e ".[docs]"
	touch $@
