# make quickstart   set up, then make data, train, test and explain a small model
# make test         set up, then run every test
# make torture      set up, then kill trainings at random and compare how they end when they go on; then hostile inputs, then leaks
# make drift        run the core of the suite on the oldest and the newest packages that install
# make fuzz         set up, then feed readers with made-up bytes, 10 minutes each
# make lint         set up, then check style, types and security: ruff, the formatter yapf, mypy, bandit, hadolint
# make demo         set up, then open the page that recognizes dropped videos, in an environment of its own
# make demo-test   set up that environment, then test the page, and all pages in Chromium where one is
# make docs         build the pages of docs as a site into site/, in .venv-docs of its own; warnings and dead links fail
# make setup        only create or repair .venv (PYTHON=/path/to/python3.11 names the interpreter)
# make clean        remove .venv, .venv-demo, .venv-docs, site and what the quickstart made

.PHONY: demo demo-test setup quickstart test torture drift fuzz lint docs clean

setup:
	@PYTHON='$(PYTHON)' tools/setup_venv.sh

quickstart: setup
	.venv/bin/python tools/quickstart.py

test: setup
	.venv/bin/python -m pytest -n auto --maxprocesses 4 --dist worksteal

torture: setup
	.venv/bin/python tests/torture.py
	.venv/bin/python -m tests.hostile --summary docs/results/hostile.csv
	.venv/bin/python tests/leaks.py --docs

drift:
	python3.11 tests/drift.py

fuzz: setup
	.venv/bin/pip install --quiet --no-deps -r requirements/fuzz.txt || echo 'without atheris: changes at random'
	.venv/bin/python tests/fuzz.py --out docs/results/fuzz.csv

# Gradio wants an earlier pillow than the lock: .venv-demo sees .venv, and its own packages first.
.venv-demo/stamp: requirements/demo.txt requirements/browser.txt requirements/lock.txt | setup
	.venv/bin/python -m venv --clear --without-pip .venv-demo
	echo '$(CURDIR)/.venv/lib/python3.11/site-packages' > .venv-demo/lib/python3.11/site-packages/project.pth
	.venv-demo/bin/python -m pip install --quiet --ignore-installed --no-deps -r requirements/demo.txt -r requirements/browser.txt
	touch $@

demo: .venv-demo/stamp
	PYTHONPATH='$(CURDIR)' .venv-demo/bin/python tools/demo.py

demo-test: .venv-demo/stamp
	PYTHONPATH='$(CURDIR)' .venv-demo/bin/python -m pytest -k 'test_demo or in_a_browser' tests/test_demo tests/test_visualization/test_run_page.py tests/test_inference/test_live_shown.py

lint: setup
	.venv/bin/ruff check
	.venv/bin/yapf --diff --recursive --parallel configs d3d_command.py docs mmaction_d3d research runtime setup.py tests tools
	.venv/bin/mypy
	.venv/bin/bandit --quiet --configfile pyproject.toml --recursive d3d_command.py mmaction_d3d research runtime setup.py tools
	.venv/bin/hadolint docker/*.Dockerfile

docs: .venv-docs/stamp
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build

.venv-docs/stamp: requirements/docs.txt
	rm -rf .venv-docs
	$(or $(PYTHON),python3) -m venv .venv-docs
	.venv-docs/bin/pip install --quiet --no-deps --only-binary=:all: -r $<
	touch $@

clean:
	rm -rf .venv .venv-demo .venv.lock .venv-docs site data/synthetic work_dirs/quickstart
