# Everything here works from a bare clone, through a virtual environment in .venv.

PYTHON ?= python3
# The version of PyTorch for training and tests; a plain range may bring several gigabytes for graphics cards.
TORCH ?= torch==2.13.0
# What `make serve` opens: an image or a folder.
IMAGES ?= src/s2m/assets/demo/astronaut.jpg
# Configuration and name of the run of `make train`.
CONFIG ?= configs/compact.toml
RUN ?= compact
# The folder of data sets, with train/, val/ and eval/ in it: make train DATA=folder
DATA ?=

BIN := .venv/bin
# Two tests at a time, those of a file one after the other; PyTorch and OpenMP then take a core each.
WORKERS ?= 2
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist loadfile
# Each test of the page starts a server: without its compiled modules that takes half a second more.
unexport PYTHONDONTWRITEBYTECODE
# Tests that measure how much of the session and the engine they run.
MEASURED := tests/session tests/engine tests/test_public_face.py
# Tests that import PyTorch.
TORCH_TESTS := tests/networks tests/training tests/cli/test_train.py tests/cli/test_original_weights.py
# Tests that need the newest versions: the types of the page and the document of the API are written with them, mcp asks
# for them, and Pillow before 13 cannot read the YCbCr TIFF that it writes.
NEWEST_TESTS := --ignore=tests/compat/test_mcp_server.py --ignore=tests/web/test_page_types.py --ignore=tests/web/api/test_contract.py --deselect=tests/files/test_images.py::test_every_mode_becomes_rgb_and_transparency_white[YCbCr-colour7-wanted7]
# Node.js comes with the packages of the tests.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm

.PHONY: help setup demo serve check docs test readers test-readers clients test-clients napari test-napari notebook test-notebook label-studio test-label-studio ray test-ray formats-page train evaluate bench attack

help:
	@echo "make setup                  install what segmenting and annotating need into .venv"
	@echo "make demo                   segment the shipped photograph; look into output/"
	@echo "make serve IMAGES=folder    open the page to draw in"
	@echo "make check                  format, lint, types, spelling, documents; the page too"
	@echo "make docs                   the documents and a reference of the Python names as a site, in site/"
	@echo "make test                   all tests, in a real browser too"
	@echo "make test-fast              the tests of a minute: no browser, nothing slow"
	@echo "make test-minimum           the same with the lowest versions that pyproject.toml allows, without PyTorch"
	@echo "make readers                the programs that read the formats, in .venv-readers (1.9 GB)"
	@echo "make test-readers           every format in the programs that read it"
	@echo "make clients                programs that ask s2m, in .venv-clients"
	@echo "make test-clients           what they ask, and what they make of the answers"
	@echo "make napari                 napari and its plug-in, in .venv-napari (1.2 GB)"
	@echo "make test-napari            the plug-in, and once in a window (needs xvfb and libgl1-mesa-dri)"
	@echo "make label-studio           a whole Label Studio, in .venv-label-studio"
	@echo "make test-label-studio      what it makes of the masks of s2m serve"
	@echo "make notebook               JupyterLab, in .venv-notebook"
	@echo "make test-notebook          drawing in a real JupyterLab"
	@echo "make test-ray               segmenting on Ray, in .venv-ray"
	@echo "make formats-page DATA=folder   docs/formats.md, with what they see"
	@echo "make train DATA=folder      train the network (CONFIG=file.toml RUN=name)"
	@echo "make evaluate DATA=folder   measure the network on eval/grabcut"
	@echo "make bench                  measure times on this machine"
	@echo "make attack                 1,000 kills, 10,000 bad inputs, the largest pictures, an hour of drawing: nothing may be lost or die"

setup: .venv/installed-run

demo: .venv/installed-run
	@$(BIN)/s2m demo

serve: .venv/installed-run
	$(BIN)/s2m annotate $(IMAGES)

check: .venv/installed-test node_modules/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(NPM) run --silent check
	@$(MAKE) --no-print-directory docs

docs: .venv/installed-test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

test: .venv/installed-test node_modules/installed
	@scripts/ensure-chromium
	$(PYTEST) $(MEASURED) --cov=s2m.session --cov=s2m.engine --cov-report=term:skip-covered --cov-fail-under=95
	$(PYTEST) $(MEASURED:%=--ignore=%)

test-fast: .venv/installed-test
	$(PYTEST) -m "not browser and not slow"

test-minimum: .venv-minimum/installed
	.venv-minimum/bin/python -m pytest -W default -m "not browser and not slow" $(TORCH_TESTS:%=--ignore=%) $(NEWEST_TESTS)

# The programs that read the formats are large, and some of them GPL: they have an environment of their own.
readers: .venv-readers/installed

test-readers: .venv/installed-test .venv-readers/installed
	$(BIN)/pytest -m readers --readers .venv-readers/bin/python tests/files/formats

# So have the programs that ask s2m.
CLIENTS := ".[cvat]" nninteractive-client

clients: .venv-clients/installed

test-clients: .venv/installed-test .venv-clients/installed
	$(BIN)/pytest -m clients --clients .venv-clients/bin/python tests/compat tests/web/protocols

label-studio: .venv-label-studio/installed

test-label-studio: .venv/installed-test .venv-label-studio/installed
	$(BIN)/pytest -m labelstudio --labelstudio .venv-label-studio/bin/python tests/web/protocols

# The plug-in of napari is a package of its own, and its tests run beside napari.
NAPARI_TESTS := .venv-napari/bin/python -m pytest -c integrations/napari-s2m/pyproject.toml integrations/napari-s2m

napari: .venv-napari/installed

test-napari: .venv-napari/installed
	$(NAPARI_TESTS) -m "not display"
	QT_QPA_PLATFORM=xcb xvfb-run --auto-servernum $(NAPARI_TESTS) -m display

notebook: .venv-notebook/installed

test-notebook: .venv/installed-test .venv-notebook/installed
	@scripts/ensure-chromium
	$(BIN)/pytest -m notebook --notebook .venv-notebook/bin/python tests/notebook

# Ray is large too.
ray: .venv-ray/installed

test-ray: .venv/installed-test .venv-ray/installed
	$(BIN)/pytest -m ray --ray .venv-ray/bin/python tests/batch

formats-page: .venv/installed-test .venv-readers/installed need-data
	$(BIN)/python scripts/formats_page.py --readers .venv-readers/bin/python --photographs $(DATA)/eval/coco

train: .venv/installed-train need-data
	$(BIN)/s2m train $(CONFIG) --data $(DATA) --id $(RUN)

evaluate: .venv/installed-evaluate need-data
	$(BIN)/s2m evaluate --protocol clicks $(DATA)/eval/grabcut
	$(BIN)/s2m evaluate --protocol human-strokes $(DATA)/eval/grabcut

bench: .venv/installed-test
	@scripts/ensure-chromium
	$(BIN)/s2m bench
	$(BIN)/python scripts/page_latency.py

attack: .venv/installed-test
	$(BIN)/python scripts/attack.py

.PHONY: need-data
need-data:
	@test -n "$(DATA)" || { echo "say where the data sets are: make $(MAKECMDGOALS) DATA=folder"; exit 1; }
	@test -d "$(DATA)" || { echo "$(DATA) is not a folder; say where the data sets are with DATA=folder"; exit 1; }

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/installed-run: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/installed-evaluate: pyproject.toml .venv/installed-run
	$(BIN)/python -m pip install --quiet --editable ".[evaluate]"
	@touch $@

.venv/installed-train: pyproject.toml .venv/installed-run
	$(BIN)/python -c "import torch" 2>/dev/null || $(BIN)/python -m pip install --quiet "$(TORCH)"
	$(BIN)/python -m pip install --quiet --editable ".[train]"
	@touch $@

.venv/installed-test: pyproject.toml .venv/installed-train
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	@touch $@

node_modules/installed: package-lock.json .venv/installed-test
	$(NPM) ci --loglevel=error --no-audit --no-fund
	@touch $@

.venv-readers/installed:
	$(PYTHON) -m venv .venv-readers
	.venv-readers/bin/python -m pip install --quiet "cvat-sdk[masks]" datasets datumaro label-studio-sdk labelme \
	  pycocotools shapely supervision tifffile
	@touch $@

.venv-clients/installed: pyproject.toml
	$(PYTHON) -m venv .venv-clients
	.venv-clients/bin/python -m pip install --quiet --editable $(CLIENTS)
	@touch $@

.venv-napari/installed: pyproject.toml integrations/napari-s2m/pyproject.toml
	$(PYTHON) -m venv .venv-napari
	.venv-napari/bin/python -m pip install --quiet --editable . --editable integrations/napari-s2m "napari[pyqt6]" pytest
	@touch $@

.venv-label-studio/installed:
	$(PYTHON) -m venv .venv-label-studio
	.venv-label-studio/bin/python -m pip install --quiet label-studio
	@touch $@

.venv-notebook/installed: pyproject.toml
	$(PYTHON) -m venv .venv-notebook
	.venv-notebook/bin/python -m pip install --quiet --editable ".[notebook]" jupyterlab
	@touch $@

.venv-ray/installed: pyproject.toml
	$(PYTHON) -m venv .venv-ray
	.venv-ray/bin/python -m pip install --quiet --editable ".[ray]"
	@touch $@

.venv-minimum/installed: pyproject.toml scripts/minimum_versions.py
	$(PYTHON) -m venv .venv-minimum
	$(PYTHON) scripts/minimum_versions.py evaluate > .venv-minimum/constraints.txt
	.venv-minimum/bin/python -m pip install --quiet --editable ".[evaluate]" --constraint .venv-minimum/constraints.txt \
	  anywidget blosc2 filelock httpx httpx2 hypothesis ijson onnx pillow-heif playwright pytest pytest-timeout pyvips \
	  pyvips-binary webdataset
	@touch $@
