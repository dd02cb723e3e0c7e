# Everything one does with Rencontres. `make` lists it.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VAR ?= var
PROCESSES ?= 3
BIN := .venv/bin
.PHONY: help
help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# Some shells export a HOST of their own: only one that was typed opens the house to the network.
ifneq ($(origin HOST),command line)
unexport HOST
endif

# Each start of a house would compile our Python again, in six processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run
run: install ## Start everything on this machine; PORT=8090 VAR=var2 another one; HOST=192.168.1.20 for the phones around
	@exec $(BIN)/python -m deploy.local

.PHONY: cluster
cluster: VAR := $(if $(filter file,$(origin VAR)),var-cluster,$(VAR))
cluster: install ## Start three nodes of each server and two replicas of each service on this machine
	@exec env VAR=$(VAR) $(BIN)/python -m deploy.local --cluster

.PHONY: cluster-test
cluster-test: install-dev ## Kill and freeze nodes and replicas of a cluster while people register: nothing lost, nothing twice
	@$(BIN)/python -m pytest -o faulthandler_timeout=600 tests/deploy/cluster.py

.PHONY: image-check
image-check: install-dev ## Carry out the Dockerfile in a clean Debian, without Docker, and use what came of it; as root; BASE=folder
	@deploy/system.sh image
	@BASE="$(BASE)" $(BIN)/python -m pytest -o faulthandler_timeout=600 tests/deploy/image.py

.PHONY: rules-check
rules-check: ## Ask Prometheus' promtool about the rules, and try them on figures; takes it from Debian's archive where it is not there
	@tests/deploy/rules.sh

.PHONY: test
test: install-dev ## Run every test; TESTS=tests/badges runs some; PROCESSES=2 two at a time, not three; THOROUGH=1 looks at each page in every way
	@$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadscope --no-loadscope-reorder $(TESTS)

.PHONY: storm
storm: install-dev ## Random faults on a whole house, then look whether everything held; MINUTES=15 SEED=2026
	@MINUTES="$(MINUTES)" SEED="$(SEED)" $(BIN)/python -m tests.storm

.PHONY: overload
overload: install-dev ## Ten times the capacity for two minutes, people at the door meanwhile, and what it did; MINUTES=2
	@MINUTES="$(MINUTES)" $(BIN)/python -m tests.overload

.PHONY: bench
bench: install-dev ## Measure how quick it is, in a house of its own, and write docs/benchmarks.md; ONLY=registration,check-in
	@ONLY="$(ONLY)" $(BIN)/python -m tests.bench

.PHONY: flame
flame: install-dev ## Draw where the time goes while people register and come in: docs/pictures/flame-*.svg
	@$(BIN)/python -m tests.bench.flames

.PHONY: lint
lint: install-dev ## Check style, types, import order and the committed description of the facts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy shared deploy services
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m deploy.asyncapi --check

# A million forged badges, many requests from the API's descriptions, each run others; SEED says which.
.PHONY: fuzz
fuzz: install-dev ## Forge a million badges, and try the API's descriptions at length; FORGED=1000000 EXAMPLES=200 SEED=7
	@FORGED="$(or $(FORGED),1000000)" EXAMPLES="$(or $(EXAMPLES),200)" SEED="$(or $(SEED),$(shell date +%s))" \
	  $(BIN)/python -m pytest -o faulthandler_timeout=0 --durations=8 tests/security/test_forged_badges.py tests/security/test_openapi.py

# No gate: an advisory published tonight must not stop a release tomorrow. Its own environment, so nothing of ours changes.
# `--strict`: what could not be looked up must not read as "no known vulnerabilities".
.PHONY: audit
audit: install-dev ## Look for known vulnerabilities of what we depend on (pip-audit, npm audit); asks the network
	@test -x .venv/audit/bin/pip-audit || { $(BIN)/python -m venv .venv/audit && .venv/audit/bin/pip install --quiet pip-audit; }
	@.venv/audit/bin/pip-audit --strict --requirement requirements.txt --require-hashes --disable-pip
	@$(NPM) audit --omit=dev

.PHONY: format
format: install-dev ## Put the code into the common shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: events
events: install-dev ## Write docs/asyncapi.yaml from the facts in shared/events
	@$(BIN)/python -m deploy.asyncapi

.PHONY: accessibility
accessibility: install-dev ## Check pages, keyboard, names and PDFs, and write down what came of it, for the page /accessibilite
	@$(BIN)/python -m tests.statement

.PHONY: pictures
pictures: install-dev ## Take the pictures of the README and of the team's guide again; PICTURES=guide takes some
	@$(BIN)/python -m tests.journeys.pictures $(PICTURES)

.PHONY: errands
errands: install-dev ## Count what errands cost in a real house: clicks, keys, pages, seconds (docs/errands.md)
	@$(BIN)/python -m tests.journeys.errands

.PHONY: reset
reset: ## Forget the local data of VAR: registrations, mail, keys, logs
	@if [ ! -e "$(VAR)/ports.json" ]; then echo "Nothing was started in $(VAR)."; exit 0; fi; \
	if ! flock -n "$(VAR)/lock" true; then echo "It is running in $(VAR): stop it first." >&2; exit 1; fi; \
	rm -rf -- "$(VAR)"; echo "$(VAR) is forgotten."

.PHONY: up
up: deploy/.env ## Start the production parts with Docker
	@docker compose --env-file deploy/.env up --build --detach

.PHONY: down
down: ## Stop what `make up` started; the data stays
	@docker compose --env-file deploy/.env down

.PHONY: lock
lock: install-dev ## Pin all dependencies again, with hashes
	@options="--generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-options --strip-extras --allow-unsafe --quiet"; \
	export CUSTOM_COMPILE_COMMAND="make lock"; \
	$(BIN)/pip-compile $$options --extra local --output-file requirements.txt pyproject.toml; \
	$(BIN)/pip-compile $$options --extra local --extra dev --constraint requirements.txt --output-file requirements-dev.txt pyproject.toml
	@$(NPM) install --package-lock-only --omit-lockfile-registry-resolved=true --no-audit --no-fund

.PHONY: install
install: .venv/.run node_modules/.installed ## Install what `make run` needs

.PHONY: install-dev
install-dev: .venv/.dev node_modules/.installed ## Install what the tests need too

PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes
# The system's npm, or the one of the wheel.
NPM := deploy/npm.sh

.venv/bin/python:
	@deploy/system.sh run
	@$$(deploy/system.sh python) -m venv .venv

.venv/.run: requirements.txt | .venv/bin/python
	@deploy/system.sh run
	@echo "Installing Python packages…"
	@$(PIP) --requirement requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt | .venv/bin/python
	@deploy/system.sh test
	@echo "Installing Python packages and those of the tests…"
	@$(PIP) --requirement requirements-dev.txt
	@touch .venv/.run $@

node_modules/.installed: package-lock.json | .venv/bin/python
	@test -e .venv/.run || $(MAKE) .venv/.run
	@echo "Installing browser code, fonts and reference data…"
	@$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

deploy/.env:
	@echo "Copy deploy/env.example to deploy/.env and fill it in." >&2; exit 1
