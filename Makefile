# make quickstart   set up, then make data, train, test and explain a small model
# make test         set up, then run every test
# make torture      set up, then kill 20 trainings at random and compare how they end when they go on
# make lint         set up, then check style and types: ruff, the formatter yapf, mypy
# make setup        only create or repair .venv (PYTHON=/path/to/python3.11 names the interpreter)
# make clean        remove .venv and what the quickstart made

.PHONY: setup quickstart test torture lint clean

setup:
	@PYTHON='$(PYTHON)' tools/setup_venv.sh

quickstart: setup
	.venv/bin/python tools/quickstart.py

test: setup
	.venv/bin/python -m pytest -n auto --maxprocesses 4 --dist worksteal

torture: setup
	.venv/bin/python tests/torture.py

lint: setup
	.venv/bin/ruff check
	.venv/bin/yapf --diff --recursive --parallel configs mmaction_d3d research setup.py tests tools
	.venv/bin/mypy

clean:
	rm -rf .venv .venv.lock data/synthetic work_dirs/quickstart
