# make demo: search across languages on a fresh machine.   make test: the tests.   make check: lint, types, layers.
VENV ?= .venv

.PHONY: demo test check clean

demo: $(VENV)/.core
	$(VENV)/bin/interlingua demo

test: $(VENV)/.test
	$(VENV)/bin/python -m pytest

check: $(VENV)/.lint
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

clean:
	rm -rf $(VENV)

$(VENV)/.core: pyproject.toml
	tools/venv.sh $(VENV)
	touch $@

$(VENV)/.test: pyproject.toml
	tools/venv.sh $(VENV) test
	touch $@ $(VENV)/.core

$(VENV)/.lint: pyproject.toml
	tools/venv.sh $(VENV) test,lint
	touch $@ $(VENV)/.core $(VENV)/.test
