# make demo    everything on this machine: private servers, all services, 100 sales on their way to a sandbox of the SII
# make test    every test                    (make test ARGS="tests/unit -k folio" for some)
# make check   every gate but the tests
# make lock    write the lock files anew after a change of pyproject.toml
#
# The first run installs what is missing; later ones start at once and ask no network for anything.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.PHONY: demo test coverage check lock lock-check venv ready clean

VENV := .venv
BIN := $(VENV)/bin
# Most tests wait: two at once leave two cores room for the servers that each worker starts. Each takes whole files.
SHARED := --numprocesses 2 --dist loadfile
INSTALLED := $(VENV)/.installed
COMPILE := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml --extra local

demo: ready
	@exec setpriv --pdeathsig TERM $(BIN)/posta demo

test: ready
	@deploy/setup.sh chromium
	@deploy/setup.sh curl
	@$(BIN)/python -m $(if $(COVERAGE),coverage run -m )pytest $(if $(ARGS),$(ARGS),$(SHARED))

# What must be covered by tests that would fail if the code were wrong: branches, of subprocesses too.
coverage:
	@$(BIN)/coverage combine -q
	@echo "shared/dte:"; $(BIN)/coverage report --include='shared/dte/*' --fail-under=95
	@echo "everything else:"; $(BIN)/coverage report --omit='shared/dte/*' --fail-under=85

check: venv lock-check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	bash -n deploy/setup.sh .ci/run
	$(BIN)/yamllint --strict -d '{extends: default, rules: {line-length: {max: 120}}}' $$(git ls-files '*.yaml' '*.yml')
	! grep -nE 'https?://' requirements/*.txt
	! git grep -nE '(^|[^A-Za-z0-9_.>}*-])/(work|root)/' -- . ':!Makefile'

lock: venv
	$(BIN)/$(COMPILE) -o requirements/posta.txt
	$(BIN)/$(COMPILE) --group dev -c requirements/posta.txt -o requirements/dev.txt

# Compiled again over a copy, every pin that still fits stays: a difference means that pyproject.toml has moved on.
lock-check: venv
	@fresh=$$(mktemp -d); trap 'rm -r "$$fresh"' EXIT; cp requirements/*.txt "$$fresh"; \
	$(BIN)/$(COMPILE) -o "$$fresh/posta.txt" >/dev/null; \
	$(BIN)/$(COMPILE) --group dev -c requirements/posta.txt -o "$$fresh/dev.txt" >/dev/null; \
	diff -ru requirements "$$fresh" | head -30 || { echo "requirements/ no corresponde a pyproject.toml: «make lock»" >&2; exit 1; }

ready: venv
	@deploy/setup.sh rabbitmq
	@deploy/setup.sh mongod

venv: $(INSTALLED)

$(INSTALLED): requirements/dev.txt pyproject.toml
	@deploy/setup.sh venv
	@touch $@

clean:
	rm -rf $(VENV) .posta .coverage* .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis .schemathesis
