# Each word does one deed and sets up what it needs. Python 3.11+ and make are all it takes.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# Of the shipped models: cleaned labels, photos of neither, three groups of them to validate by.
RECIPE = --split runs/split.csv --decisions benchmarks/dogs-vs-cats-decisions.csv \
  --strangers $(CATORDOG_DATA)/neither --hold-out giraffe,corridors_streets,scene_mountain

.PHONY: help setup demo fmt check test test-browser test-postgres test-kill test-hostile test-data
.PHONY: screenshots bench bench-serve reproduce-models docs clean

help:           ## list these words
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# Stamps inside the environment, so that each part is installed once for each pyproject.toml.
$(VENV)/core.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $(VENV)/core.stamp $@

setup: $(VENV)/dev.stamp  ## install everything that development needs into .venv

demo: $(VENV)/core.stamp  ## answer the sample photos with the shipped model
	$(BIN)/catordog predict samples

fmt: $(VENV)/dev.stamp  ## format, and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: $(VENV)/dev.stamp  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

test: $(VENV)/dev.stamp  ## the tests that need nothing but this repository
	$(BIN)/pytest -m 'not data'

test-browser: $(VENV)/dev.stamp  ## the tests of the pages in Chromium, which must be there
	command -v chromium
	$(BIN)/pytest -m browser

test-postgres: $(VENV)/dev.stamp  ## the challenge on PostgreSQL, which must be there
	ls /usr/lib/postgresql/*/bin/initdb || command -v initdb
	$(BIN)/pytest -m postgres

test-kill: $(VENV)/dev.stamp  ## kill the server 200 times while it answers about tickets
	CATORDOG_KILLS=200 $(BIN)/pytest tests/challenge/test_kill.py

screenshots: $(VENV)/dev.stamp  ## pictures of the server's pages, into build/screenshots
	mkdir -p build/screenshots
	CATORDOG_SCREENSHOTS=$(CURDIR)/build/screenshots $(BIN)/pytest -m browser tests/serving

test-hostile: $(VENV)/dev.stamp  ## 5,000 hostile requests to the server
	CATORDOG_HOSTILE=5000 $(BIN)/pytest --timeout 1800 tests/serving/test_hostile.py

test-data: $(VENV)/dev.stamp  ## the tests that need the photos in CATORDOG_DATA
	$(BIN)/pytest -m data

bench: $(VENV)/dev.stamp  ## speed, on the photos in CATORDOG_DATA; see benchmarks/
	$(BIN)/python benchmarks/bench_decode.py $(CATORDOG_DATA)/kaggle/train.zip
	$(BIN)/python benchmarks/bench_predict.py $(CATORDOG_DATA)/web
	$(BIN)/python benchmarks/check_explore.py $(CATORDOG_DATA)/kaggle/train.zip

reproduce-models: $(VENV)/dev.stamp  ## train both shipped models anew from the photos in CATORDOG_DATA (two hours)
	$(BIN)/catordog split $(CATORDOG_DATA)/kaggle/train.zip --out runs/split.csv
	$(BIN)/catordog train $(CATORDOG_DATA)/kaggle/train.zip --out runs/accurate --name accurate \
	  --backbone lite2 --fine-tune-epochs 6 $(RECIPE)
	$(BIN)/catordog train $(CATORDOG_DATA)/kaggle/train.zip --out runs/fast --name fast \
	  --backbone lite0 --fine-tune-epochs 7 --teacher runs/accurate/model.onnx $(RECIPE)

bench-serve: $(VENV)/dev.stamp  ## the server's speed, and what ten times too much does to it
	$(BIN)/python benchmarks/bench_serve.py

docs: $(VENV)/dev.stamp  ## write docs/cli.md and docs/predict.svg anew from the commands
	$(BIN)/python -m typer catordog.cli utils docs --name catordog --output docs/cli.md
	$(BIN)/python docs/draw_terminal.py

clean:          ## remove what the words above made
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
