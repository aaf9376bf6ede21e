# `make demo` and `make test` do all of their own set-up. `make test COVER=1` measures coverage, too, which takes longer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SEEDS ?= 10
MINUTES ?= 10
READY := $(VENV)/.ready

PEERS := build/peers
BROWSER := build/browser
EDITORS := build/editors
FRAMES := build/frames
VSCODE := editors/vscode

seed = $(if $(filter random,$(SEED)),$(shell $(PYTHON) -c 'import random; print(random.randrange(10**9))'),$(SEED))
# The options for examples of a profile by this seed. Make shows them with the command.
examples = $(if $(SEED),--hypothesis-profile=$(1) --hypothesis-seed=$(seed))

.PHONY: demo test slow laws chaos corpus crashes fuzz mutants slurm slurm-load neovim browser gridengine frames precommit bench counts simulate lint docs generate update-cases wheel wheelhouse versions vsix editors clean

demo: $(READY)
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/demo.sh

# Without slow tests, and with few examples of each law. `make test SEED=random` tries the laws alone, on more and on other
# examples each time, and shows the seed, by which it tries the same ones again. With COVER=1 slow tests are measured, too.
test: $(READY)
	$(if $(COVER),$(BIN)/coverage erase)
	$(BIN)/$(if $(COVER),coverage run -m )pytest -n 3 -q $(if $(COVER),--slow=too )$(if $(SEED),tests/property $(call examples,random))
	$(if $(COVER),$(BIN)/coverage combine -q && $(BIN)/coverage report --fail-under=95)

# The tests that take seconds each: whole processes, kills, large inputs.
slow: $(READY)
	$(BIN)/pytest -n 3 -q --slow=only

# Tries each law on many more examples, which another seed changes.
laws: SEED ?= random
laws: $(READY)
	$(BIN)/pytest -n 2 -q tests/property $(call examples,deep)

# Submits through storms of faults and kills, and counts what started twice or got lost. Each storm has a seed of its own, from
# SEED on or else from 0, which chooses its faults and when it kills; what a process does until then depends on the machine.
chaos: $(READY)
	$(BIN)/python tests/chaos/storm.py --seeds $(SEEDS) --first $(or $(seed),0) --payloads 100
	$(BIN)/python tests/chaos/sites.py --seeds $(SEEDS) --first $(or $(seed),0) --payloads 30
	$(BIN)/python tests/chaos/arrays.py --seeds $(SEEDS) --first $(or $(seed),0) --cells 300

# Kills specc at every system call that changes anything, and counts what ran twice or got lost. Takes some ten minutes;
# `make crashes SAMPLE=60` kills at so many, by chance, and prints the seed, by which SEED=... kills at the same ones. Linux alone.
crashes: $(READY)
	$(BIN)/python tests/crashes/run.py $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(SEED),--seed $(seed))

# Tries random specs, templates, settings, pages, scripts and command lines for MINUTES, or INPUTS of them; what breaks a law is
# made small and kept in build/fuzz. It prints the seed, by which `make fuzz SEED=...` tries the same inputs again.
fuzz: $(READY)
	$(BIN)/python tests/fuzz/run.py $(if $(INPUTS),--inputs $(INPUTS),--minutes $(MINUTES)) $(if $(SEED),--seed $(seed))

# Makes small mistakes in some packages, one at a time, and lists those that no test of the package fails on. Takes an hour
# and more; `make mutants SAMPLE=50` tries so many of each package, by chance, and PACKAGE=resolver those of one.
mutants: $(READY)
	$(BIN)/python tests/mutants/run.py $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(PACKAGE),--package $(PACKAGE))

# Tries all rules on the shell scripts of this machine's packages, and on those below PLACES, and counts false alarms.
corpus: $(READY)
	cd tests && ../$(BIN)/python -m corpus $(abspath $(PLACES))

# `make slurm AGAIN=1` tries only what failed the last time; so do browser, neovim, editors and gridengine.
again = $(if $(AGAIN),--last-failed )

# Before a real Slurm on this machine, from Debian's packages (.ci/slurm-packages). Takes some minutes. What is missing is
# skipped, and said; with `make slurm NEEDED=1` it fails.
slurm: $(READY)
	$(if $(NEEDED),SLURM_NEEDED=1 )$(BIN)/pytest -q $(again)tests/slurm

# The pages of `specc report` and `specc serve` in a real Chromium (.ci/browser-packages), with axe-core for accessibility.
# What is missing is skipped, and said; with `make browser NEEDED=1` it fails.
browser: $(READY) $(BROWSER)/.ready
	$(if $(NEEDED),BROWSER_NEEDED=1 )$(BIN)/pytest -q $(again)tests/browser

# `specc lsp` in a real Neovim without a screen (.ci/neovim-packages), set up by the lines of the manual. Without one it is
# skipped; with `make neovim NEEDED=1` it fails.
neovim: $(READY)
	$(if $(NEEDED),NEOVIM_NEEDED=1 )$(BIN)/pytest -q $(again)tests/neovim

# Tables of results as pandas and polars read them. Both are installed beside the environment: they are larger than all of it.
frames: $(READY) $(FRAMES)/.ready
	PYTHONPATH=$(FRAMES) $(BIN)/pytest -q tests/frames

# What sweeps cost a real Slurm: jobs submitted a second, and what watching them asks of the controller.
slurm-load: $(READY)
	$(BIN)/python tests/slurm/measure.py 200 1000

# With the editors' own tools from npm (the YAML language server, prettier, Taplo), and Debian's Emacs
# (.ci/editors-packages). What is missing is skipped, and said; with `make editors NEEDED=1` it fails.
editors: $(READY) $(EDITORS)/.ready
	$(if $(NEEDED),EDITORS_NEEDED=1 )$(BIN)/pytest -q $(again)tests/editors

# Before a real Grid Engine on this machine, from Debian's packages (.ci/gridengine-packages). Takes some minutes.
gridengine: $(READY)
	$(if $(NEEDED),GRID_ENGINE_NEEDED=1 )$(BIN)/pytest -q $(again)tests/gridengine

# The hooks of this checkout, as pre-commit installs them. Needs the network or a package index.
precommit: $(READY)
	$(BIN)/pytest -q tests/precommit

# Times beside those of other tools, in a few minutes; `make bench QUICK=1` in about one. benchmarks/results/latest.md
# `make bench FELT=1` times only what a person feels.
bench: $(READY) $(PEERS)/.ready
	$(BIN)/python -m benchmarks run $(if $(QUICK),--quick) $(if $(FELT),--only-felt)
	$(BIN)/python -m benchmarks.editor

# What sweeps cost before a simulated Slurm, whose limits, answer times and failures are those of benchmarks/simulation/site.py:
# `make simulate CELLS="1000 10000 100000" SITE="--storm --seed 3"`; `python -m benchmarks.simulation --help` lists the rest.
simulate: $(READY)
	$(BIN)/python -m benchmarks.simulation $(or $(CELLS),1000 10000) $(SITE)

# The calls of fixed workloads against benchmarks/counts.json; `make counts RECORD=1` writes it anew.
counts: $(READY)
	$(BIN)/python -m benchmarks.counts $(if $(RECORD),--record)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The manual as a site, in site/. The page of the example of heat is made of a run of this moment. The one script that pages on the disk would fetch from a server is left out:
# docs/assets/manual.js has what it is for. What else a page would load from elsewhere fails.
docs: $(READY)
	$(BIN)/zensical build --strict
	$(BIN)/python -m manual.run site/assets/heat.html
	@find site -name '*.html' -exec sed -i '/unpkg.com\/iframe-worker/d' {} +
	@! grep -rnE '<(script|link|img|iframe)[^>]*(src|href)="https?://' site --include='*.html' | grep -v 'rel="\(canonical\|next\|prev\)"'

generate: $(READY)
	$(BIN)/specc schema check schemas --write
	$(BIN)/python -m manual
	$(BIN)/python -m manual.messages

update-cases: $(READY)
	$(BIN)/pytest -q tests/test_cases.py --update-cases

# The sdist, and the wheel built from it, in dist/.
wheel: $(READY)
	$(BIN)/uv build -q --clear -o dist

# The wheel with all that it needs, `serve` too, in dist/wheelhouse, for a machine without a network (docs/install.md).
wheelhouse: wheel
	rm -rf dist/wheelhouse
	$(BIN)/python -m pip wheel -q --disable-pip-version-check -w dist/wheelhouse "$$(ls $(CURDIR)/dist/*.whl)[serve]"

# With the lowest and with the newest versions of the libraries, for each Python that is here.
versions: $(READY)
	.ci/versions

# The extension for VS Code, dist/specc-VERSION.vsix, checked and tested. Needs Node 20 and npm.
vsix: $(VSCODE)/node_modules/.ready $(READY)
	cd $(VSCODE) && npm run --silent check && npm test --silent && npm run --silent build
	cp LICENSE $(VSCODE)
	mkdir -p dist
	cd $(VSCODE) && node_modules/.bin/vsce package --no-dependencies --no-git-tag-version --no-update-package-json \
		-o $(CURDIR)/dist/ $$($(CURDIR)/$(BIN)/python -c 'import specc; print(specc.__version__)')

clean:
	rm -rf $(VSCODE)/node_modules $(VSCODE)/dist $(VSCODE)/LICENSE $(VENV) build dist site .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "specc needs Python 3.11 or newer"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[dev]'
	@touch $@

# What drives the browser, and what judges its pages. Neither is needed for anything else.
$(BROWSER)/.ready: $(READY) tests/browser/package.json
	@mkdir -p $(BROWSER)
	@$(BIN)/python -m pip install -q --disable-pip-version-check 'selenium>=4.20'
	@cp tests/browser/package.json $(BROWSER)
	@-npm install --prefix $(BROWSER) --no-audit --no-fund --silent
	@touch $@

$(EDITORS)/.ready: tests/editors/package.json
	@mkdir -p $(EDITORS)
	@cp tests/editors/package.json $(EDITORS)
	@-npm install --prefix $(EDITORS) --no-audit --no-fund --silent
	@touch $@

$(FRAMES)/.ready: $(READY)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade --target $(FRAMES) pandas polars
	@touch $@

$(VSCODE)/node_modules/.ready: $(VSCODE)/package.json $(VSCODE)/package-lock.json
	cd $(VSCODE) && npm ci --no-audit --no-fund --silent
	@touch $@

# The tools of the bench, in a place of their own. Those that come from npm may be missing; the bench says so. All commands,
# specc as well, are installed by a pip of today: those of a pip before 2024 import `re`, a third of `specc --version`.
$(PEERS)/.ready: benchmarks/peers/requirements.txt benchmarks/peers/package.json $(READY)
	@mkdir -p $(PEERS)
	@test -x $(PEERS)/venv/bin/python || $(PYTHON) -m venv --upgrade-deps $(PEERS)/venv
	@$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade pip
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --force-reinstall -e .
	@$(PEERS)/venv/bin/python -m pip install -q --disable-pip-version-check -r benchmarks/peers/requirements.txt
	@cp benchmarks/peers/package.json $(PEERS)
	@-npm install --prefix $(PEERS) --no-audit --no-fund --silent
	@touch $@
