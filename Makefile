# The two commands: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

export PORT HOST DATA_DIR DEMO

.DEFAULT_GOAL := help
.PHONY: help install run test check fuzz bench-ingest bench-dedup bench-metrics bench-devices bench-data create-admin jwt-demo manage lock clean

help: ## List the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.installed: requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $@

devstack/node_modules/.installed: devstack/package-lock.json $(VENV)/.installed
	$(BIN)/python -m devstack install
	@touch $@

install: $(VENV)/.installed devstack/node_modules/.installed ## Install everything into .venv and devstack/node_modules

run: install ## Start Tidewatch with its servers (PORT, HOST, DATA_DIR, DEMO=0)
	@exec $(BIN)/python -m devstack run --stop-with-parent

test: check ## Run every check and test (ARGS="tests/accounts -k login" for some of the tests)
	$(BIN)/python -m devstack exec -- $(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

check: install ## Lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	ENV_FILE=.ci/settings.env $(BIN)/mypy .
	$(BIN)/lint-imports

fuzz: install ## Call every endpoint with made-up requests, many more than `make test` does (EXAMPLES=200)
	FUZZ_EXAMPLES=$(or $(EXAMPLES),200) $(BIN)/python -m devstack exec -- $(BIN)/python -m pytest tests/fuzz -n 2 $(ARGS)

bench-ingest: install ## Measure events in against a plain service and ClickHouse itself (needs wrk)
	$(BIN)/pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(BIN)/python -m devstack exec -- $(BIN)/python -m benchmarks.ingest $(ARGS)

bench-dedup: install ## Measure reading 10M rows with copies against a clean table (ARGS="--rows 1000000")
	$(BIN)/python -m devstack exec -- $(BIN)/python -m benchmarks.dedup $(ARGS)

bench-metrics: install ## Measure the metrics against their bare queries and pandas (EVENTS=10000000)
	$(BIN)/python -m devstack exec -- $(BIN)/python -m benchmarks.metrics --events $(or $(EVENTS),10000000)

bench-data: install ## Measure questions and exports against the bare driver (EVENTS=10000000)
	$(BIN)/python -m devstack exec -- $(BIN)/python -m benchmarks.data --events $(or $(EVENTS),10000000)

bench-devices: install ## Measure readings in and their analysis (needs wrk)
	$(BIN)/pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	$(BIN)/python -m devstack exec -- $(BIN)/python -m benchmarks.devices.ingestion $(ARGS)
	$(BIN)/python -m devstack exec -- $(BIN)/python -m benchmarks.devices.analysis

create-admin: install ## Make an admin on the running servers (EMAIL= PASSWORD=)
	@$(BIN)/python -m devstack manage create_admin "$(EMAIL)" "$(PASSWORD)"

jwt-demo: install ## Show the API request by request, against a running Tidewatch
	@$(BIN)/python -m devstack manage jwt_demo --url http://$(or $(HOST),127.0.0.1):$(or $(PORT),8000)

manage: install ## Run a management command against the running servers (CMD="createsuperuser")
	@exec $(BIN)/python -m devstack manage $(CMD)

lock: $(VENV)/.installed ## Resolve the requirements again into the lock files
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements.txt -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -c requirements.lock requirements-dev.txt -o requirements-dev.lock

clean: ## Remove what was installed (not the data)
	rm -rf $(VENV) devstack/node_modules
