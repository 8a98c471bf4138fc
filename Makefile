# Every target sets up what it needs; a second `make setup` is a few seconds.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEB_SOURCES := $(shell find ui/web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null) ui/openapi.json
PART ?=
URL ?=
# What needs no server computes on both cores; the rest waits for others, and has the machine for itself.
UNIT := not integration and not e2e
# each of the two has servers of its own, and a file keeps to one of them
SERVERS := integration and not e2e

.PHONY: help setup demo test check unit integration e2e bench prove test-database interop-setup interop clean lock openapi picture audit sbom

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(VENV)/.installed ui/web/dist/.built system ## .venv with halltwin on it, web pages built

$(VENV)/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing Python packages" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

ui/web/dist/.built: $(VENV)/.installed $(WEB_SOURCES)
	@$(BIN)/python ui/web/build.py
	@touch $@

# A real broker is part of the hall. Root installs it; anyone else is told what to type, and gets the embedded one.
.PHONY: system system-test
system:
	@PATH=$$PATH:/usr/sbin; command -v mosquitto >/dev/null || $(MAKE) --no-print-directory apt PACKAGES=mosquitto || true

system-test: system
	@command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi 'noto.*cjk' || $(MAKE) --no-print-directory apt PACKAGES='chromium fontconfig fonts-noto-cjk'

.PHONY: apt
apt:
	@if [ "$$(id -u)" = 0 ]; then \
	  echo "installing $(PACKAGES)" >&2; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get -qq update >/dev/null && RUNLEVEL=1 apt-get -qq install -y --no-install-recommends $(PACKAGES) >/dev/null; \
	else echo "missing: type  sudo apt-get install --no-install-recommends $(PACKAGES)" >&2; exit 6; fi

demo: setup ## the whole hall with simulated devices and visitors
	@exec $(BIN)/halltwin demo $(ARGS)

check: setup ## ruff, mypy, import-linter, tsc, eslint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	$(BIN)/python ui/web/build.py check

test: setup system-test interop-setup check ## every check and test in its short form
	$(BIN)/python ui/web/build.py test
	$(BIN)/pytest tests -m '$(UNIT)' -n 2 $(ARGS)
	$(BIN)/pytest tests -m '$(SERVERS)' -n 2 --dist loadfile $(ARGS)
	$(BIN)/pytest tests -m e2e $(ARGS)

unit: setup ## the tests that need no server: seconds
	$(BIN)/pytest tests -m '$(UNIT)' -n 2 $(ARGS)

bench: setup ## the figures, side by side with a peer and the limit
	$(BIN)/halltwin bench ingest --json
	$(BIN)/halltwin bench route --json
	$(BIN)/halltwin bench live --json
	$(BIN)/halltwin bench import --json
	$(BIN)/halltwin bench burst --json
	$(BIN)/halltwin bench receive --json
	$(BIN)/halltwin bench latency --json

prove: setup system-test ## the long forms: same code, larger counts [PART=name; prove -h names them]
	$(BIN)/python -m ui.cli.bench.prove $(PART)

test-database: setup ## every database test and the history bench on a server of yours [URL=postgresql://user@host/db]
	@test -n "$(URL)" || { echo 'say which: make test-database URL=postgresql://user:password@host/database' >&2; exit 2; }
	@$(BIN)/python -m tests.own_server "$(URL)" $(ARGS)

interop-setup: setup ## peers that none of us wrote: brokers, clients, a dashboard's side
	@$(BIN)/python -m tests.interop.install
	@command -v mosquitto_pub >/dev/null || $(MAKE) --no-print-directory apt PACKAGES=mosquitto-clients

interop: setup ## strangers on a hall of ours [PAHO_MQTT_TESTING=DIR: Eclipse's suite on our broker too]
	@$(BIN)/python -m tests.interop $(ARGS)

audit: setup ## known weaknesses of libraries, and whether they are the newest in time; says so where nobody could be asked
	@$(BIN)/python -m tests.audit || [ $$? = 3 ]

sbom: setup ## every library of others as CycloneDX, to hand on with a release: dist/sbom.json
	@mkdir -p dist && $(BIN)/halltwin sbom > dist/sbom.json && echo dist/sbom.json

openapi: setup ## write ui/openapi.json; the typed client follows at the next build
	$(BIN)/halltwin openapi > ui/openapi.json
	$(BIN)/python ui/web/build.py api

picture: setup system-test ## the README's picture, made from a running hall
	$(BIN)/python -m tests.e2e.picture

lock: ## renew requirements.lock (needs the network)
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header --extra dev --extra bench --output-file requirements.lock pyproject.toml

clean: ## everything that was made, except data of a hall
	rm -rf $(VENV) ui/web/dist ui/web/node_modules tests/interop/node_modules dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
