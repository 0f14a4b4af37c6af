# Python 3.11 or newer, venv and make are all that a machine needs.
PYTHON ?= python3
BIN := .venv/bin
export XDG_RUNTIME_DIR ?= /tmp

.PHONY: install dev demo run test bench soak browser

install: .venv/runtime.stamp
dev: .venv/dev.stamp

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/runtime.stamp: requirements.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@

.venv/dev.stamp: requirements-dev.lock requirements-judges.lock pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements-judges.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@ .venv/runtime.stamp

demo: install
	$(BIN)/python -m app demo

run: install
	$(BIN)/python -m app run

# Browser tests need a Chromium. It is installed where that is allowed; where it is not, they are skipped aloud.
browser:
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends chromium >/dev/null; } || \
	  echo "No Chromium and no right to install it: the browser tests will be skipped."

# Property tests draw the same examples in every run of this; `pytest` alone goes on searching.
test: dev browser
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist worksteal --hypothesis-profile=ci

soak: dev browser
	$(BIN)/pytest -m soak

bench: dev
	$(BIN)/python -m bench $(if $(PEERS),--peers)
