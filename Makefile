# Boots only: makes the environment, then hands over to Snakemake, pytest or ruff inside it.

PYTHON ?= python3.11
CORES ?= 2
UV_VERSION := 0.13.8

# Each process computes on one thread; Snakemake and pytest run several processes.
OMP_NUM_THREADS ?= 1
export OMP_NUM_THREADS

BIN := .venv/bin
RUN := PATH="$(CURDIR)/$(BIN):$$PATH" python
# The last thing that an installation writes. It carries the checksum of the lock, so that a changed lock and a
# half-finished installation both start afresh.
STAMP := .venv/.installed-$(firstword $(shell cksum < requirements.lock))

.PHONY: help .venv smoke test lint

help:
	@echo "make smoke   every paper, tiny, offline, in minutes; ends with the list of figures"
	@echo "make test    the test suite"
	@echo "make lint    style of the Python and Snakemake files"
	@echo "make .venv   the environment alone; the three above make it too"
	@echo "Variables: PYTHON=$(PYTHON) (a Python 3.11), CORES=$(CORES)"
	@echo "The replication: . .venv/bin/activate && snakemake --cores all"

.venv: $(BIN)/lth

# uv installs in a fifth of pip's time. It does not read pip's configuration, hence the index by hand, and pip where
# uv fails. The constraint pins what compiles fairseq, too.
$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || \
	  { echo "'$(PYTHON)' is no Python 3.11. Install one, or name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(PYTHON) -m venv --clear .venv
	@index="$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index_url 2>/dev/null)}"; \
	{ $(BIN)/python -m pip install --quiet uv==$(UV_VERSION) && \
	  $(BIN)/python -m uv pip install --compile-bytecode --python $(BIN)/python $${index:+--default-index "$$index"} \
	    --build-constraint requirements.lock -r requirements.lock; } || \
	PIP_CONSTRAINT=requirements.lock $(BIN)/python -m pip install -r requirements.lock || \
	  { echo "The installation failed, see above. It needs a C++ compiler and Python's headers." >&2; exit 1; }
	@touch $@

# The project itself, as it stands here: `lth`, and imports from any folder.
$(BIN)/lth: $(STAMP)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

smoke: .venv
	$(RUN) -m snakemake all --cores $(CORES) --rerun-incomplete --config scale=smoke
	@echo "Figures:"
	@find results/smoke -name '*.png' -o -name '*.svg' -o -name '*.pdf' | sort | grep . || \
	  { echo "none: the workflow ended without a figure in results/smoke" >&2; exit 1; }

test: .venv
	$(RUN) -m pytest -n $(CORES)

lint: .venv
	$(RUN) -m ruff check .
	$(RUN) -m snakefmt --check Snakefile workflow
