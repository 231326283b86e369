# The box office on one machine. Nothing is needed but Python 3.11 or later.
#   make run     start it: http://localhost:8000 (PORT, DATABASE_URL and BILHETERIA_VAR are honoured)
#   make test    lint, types, import rules and all tests (ARGS='-k seats' for some)
#   make check   lint, format, types and import rules alone
#   make audit   look for pinned packages with known vulnerabilities (needs the network)
#   make sbom    list the packages that ship, with versions and licences (CycloneDX; ARGS='--root folder' for an image's)
#   make bench   measure it (ARGS=--services for the seven services beside the one process, ARGS=--messages for both queues)
#   make fuzz    try 500 requests of each kind on each operation of the REST API (FUZZ_EXAMPLES=2000 for more)
#   make rollout PREVIOUS=folder   buy tickets while that checkout, of the release before, runs beside this one
#   make services run the seven services, pages, relay and workers as processes of their own (ARGS=--measure for figures)
#   make infra   make the AWS templates of both environments, check them, and buy a ticket on what they make (nothing is sent to AWS)
#   make image-test build the container image by buildah, and buy a ticket from it (root of a Debian)
#   make kiosk   run a kiosk of the foyer here: server, browser, print agent (ARGS='--size landscape' for the other screen)
#   make capacity print the tables of docs/capacity.md: tasks, database and money for a number of tickets
#   make pictures draw the pictures of docs/architecture.md
#   make rehearse-restore   back up and restore a database with sales, timed (ARGS=100000: orders beside the demo's)
PYTHON ?= python3
# Files and output are UTF-8 under every locale (the locale pt_BR is ISO-8859-1).
export PYTHONUTF8 = 1
ARGS ?=

.PHONY: run test check audit sbom bench fuzz rollout services infra image-test capacity kiosk pictures rehearse-restore setup setup-dev format clean
.DEFAULT_GOAL := run

setup:
	@$(PYTHON) -m tools.build.setup

setup-dev:
	@$(PYTHON) -m tools.build.setup --dev

run: setup
	@exec .venv/bin/python -m app.cli.serve

test:
	@$(PYTHON) -m tools.build.setup --dev --browser --services
	@.venv/bin/python -m tools.checks.run --tests -- $(ARGS)

check: setup-dev
	@.venv/bin/python -m tools.checks.run

audit: setup-dev
	@$(PYTHON) -m tools.checks.audit

sbom: setup-dev
	@.venv/bin/python -m tools.sbom $(ARGS)

bench:
	@$(PYTHON) -m tools.build.setup --dev --browser --services --bench
	@.venv/bin/python -m tools.bench $(ARGS)

rollout: setup-dev
	@PREVIOUS_RELEASE=$(PREVIOUS) .venv/bin/python -m pytest -q tests/setup/test_previous_release.py

fuzz: setup-dev
	@FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),500) .venv/bin/python -m pytest --timeout 7200 tests/api/test_contract.py $(ARGS)

services: setup
	@$(PYTHON) -m tools.build.services
	@exec .venv/bin/python -m tools.services $(ARGS)

infra: setup-dev
	@$(PYTHON) -m tools.build.services
	@.venv/bin/python -m tools.infra $(ARGS)

capacity: setup-dev
	@.venv/bin/python -m infra.capacity $(ARGS)

image-test: setup-dev
	@exec .venv/bin/python -m tools.image

kiosk:
	@$(PYTHON) -m tools.build.setup --dev --browser
	@exec .venv/bin/python -m tools.kiosk $(ARGS)

pictures: setup
	@$(PYTHON) -m tools.build.pictures
	@.venv/bin/python -m tools.pictures

rehearse-restore: setup
	@.venv/bin/python -m tools.rehearsal $(ARGS)

format: setup-dev
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .
	@.venv/bin/python -m tools.checks.format_styles
	@.venv/bin/python -m tools.checks.template_lines --fix

# It keeps var/, which has the data.
clean:
	@rm -rf .venv node_modules static/dist static/vendor
