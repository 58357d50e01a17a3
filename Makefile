# make demo        from an empty machine to an edited photograph (everything lies in build/demo and .venv)
# make test        environment, lint, types, import contracts, tests: needs Python, and npm to fetch two nets
# make soak        minutes of edits under swaps, and large packs under memory limits (about 6 minutes, 4 GB)
# make test-system tests that need real parts (nginx, tmpfs, cgroups, namespaces); installs them, never skips
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: env demo test lint types contracts unit test-system soak clean

env: $(STAMP)

$(STAMP): setup.cfg pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "qie_hub needs Python 3.11 or newer; try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[edit,publish,dev]'
	touch $(STAMP)

demo: env
	$(BIN)/python -m examples.demo $(if $(PHOTO),"$(PHOTO)" "$(PROMPT)")

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .

types: env
	$(BIN)/mypy

contracts: env
	$(BIN)/lint-imports --no-cache

unit: env
	$(BIN)/pytest -q -n 2 --dist loadfile

test: lint types contracts unit

test-system: env
	tests/system/prepare
	$(BIN)/pytest -q -c tests/system/pytest.ini --rootdir . tests/system

soak: env
	$(BIN)/pytest -q -s -c tests/soak/pytest.ini --rootdir . tests/soak

clean:
	rm -rf build $(VENV)
