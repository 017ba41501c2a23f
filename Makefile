# make env       create the environment in .venv; other targets do so first (PYTHON picks the interpreter: 3.11 to 3.13)
# make clean-env   remove the environment
# make fig1      draw Figure 1 of the embedded study, from a fresh clone
# make figures   draw every figure of the embedded study
# make all       make everything in it (CORES: on how many cores, all by default; GPUS: how many jobs share the cards, 4)
# make report    write the story, the explorer and Snakemake's report of STUDY to its results/report; they link to each other
# make status    show the progress of STUDY (config/config.yaml): jobs done, running, waiting, failed, missing; hours left
# make pack      put STUDY's finished measures into one archive, without weights and images (TO=name.tar.xz)
# make unpack    add FILE="one.tar.xz two.tar.xz" to the results of STUDY
# make evidence  draw docs/evidence/tinyimagenet again from its archive: figures, tables, claims; without a GPU or images
# make points    list where representations of NETWORK (timm/resnet18, models/mine.py:build) are read (CLASSES, SIZE: 10, 32)
# make test      run the tests
# make test-slurm   run the tests on a real SLURM, started on this machine (root; Debian's slurmctld, slurmd, slurm-client, munge)
# make lint      run ruff, snakefmt, snakemake --lint
# make test-chaos   inject faults that take minutes: signals, a full disk, results deleted, random kills
# make chaos     do the same, then kill a small study for half an hour at random moments; results/chaos.json has the counts
# make fuzz      run atheris on the readers of studies, archives, images and data set files, for FUZZ_SECONDS in all
# make lock      renew requirements.lock and requirements-slurm.lock from pyproject.toml

PYTHON ?= python3
STUDY ?= config/config.yaml
CORES ?= all
# Without a card there is nothing to share: as many trainings at once as there are cores.
GPUS ?= $(if $(wildcard /dev/nvidia0),4)
CARDS = $(if $(GPUS),--resources gpu=$(GPUS))
FUZZ_SECONDS ?= 60
BIN := .venv/bin

# The path without .venv: an activated .venv would hide the other interpreters.
OUTSIDE := PATH='$(subst $(CURDIR)/$(BIN):,,$(PATH))'
export PATH := $(CURDIR)/$(BIN):$(PATH)

# .venv is made again if its Python is gone, or if its version is not that of the PYTHON that was named.
MINOR := -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
THERE := $(shell $(BIN)/python $(MINOR))
WANTED := $(if $(filter file,$(origin PYTHON)),$(THERE),$(shell $(OUTSIDE) $(PYTHON) $(MINOR)))
ifneq ($(THERE),$(or $(WANTED),none))
.PHONY: .venv/ready
endif

.PHONY: help env clean-env fig1 figures all report status pack unpack evidence points test test-slurm test-chaos lint chaos fuzz lock
help:
	@sed -n 's/^# make/make/p' Makefile

env: .venv/ready

NAME_ONE := name one from 3.11 to 3.13, such as make PYTHON=python3.12 env
.venv/ready: requirements.lock
	@$(OUTSIDE) command -v $(PYTHON) >/dev/null || { echo 'error: there is no $(PYTHON) here; $(NAME_ONE)' >&2; exit 1; }
	@$(OUTSIDE) $(PYTHON) -c 'import sys; v = sys.version_info[:2]; \
		sys.exit(None if (3, 11) <= v <= (3, 13) else "error: $(PYTHON) is Python %d.%d; $(NAME_ONE)" % v)'
	rm -rf .venv
	$(OUTSIDE) $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --compile-bytecode --require-hashes -r requirements.lock --python $(BIN)/python
	touch $@

clean-env:
	rm -rf .venv

fig1: env
	snakemake results/figures/fig1.pdf --cores $(CORES) $(CARDS)

figures: env
	snakemake all_figures --cores $(CORES) $(CARDS)

all: env
	snakemake all --cores $(CORES) $(CARDS)

REPORT = $(or $(shell sed -nE 's/^results: *"?([^"# ]+).*/\1/p' $(STUDY)),results)/report
report: env
	snakemake all story explorer --cores $(CORES) $(CARDS) \
		--report $(REPORT)/report.html --report-after-run --configfile $(STUDY)
	@echo 'open $(REPORT)/story.html'

status: env
	python workflow/status.py $(STUDY)

pack: env
	python workflow/pack.py $(STUDY) $(if $(TO),--to $(TO))

unpack: env
	python workflow/unpack.py $(STUDY) $(FILE)

evidence: env
	python workflow/evidence.py docs/evidence/tinyimagenet

points: env
	python workflow/points.py $(NETWORK) $(if $(CLASSES),--classes $(CLASSES)) $(if $(SIZE),--size $(SIZE))

test: env
	pytest -n auto --dist loadfile

# The executor plugin is kept apart: Snakemake loads every plugin it finds at each start, and this one is slow to load.
.venv/slurm/ready: requirements-slurm.lock .venv/ready
	$(BIN)/uv pip install --quiet --compile-bytecode --no-deps --require-hashes -r requirements-slurm.lock --target .venv/slurm
	touch $@

test-slurm: .venv/slurm/ready
	PYTHONPATH=$(CURDIR)/.venv/slurm pytest -m slurm -rs tests/cluster

lint: env
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules
	snakemake --lint

test-chaos: env
	pytest -m slow -n auto tests/chaos

chaos: test-chaos
	python tests/chaos/chaos.py --rounds 20 --report results/chaos.json

fuzz: env
	python tests/bad_input/fuzz.py $(FUZZ_SECONDS)

# Not by time stamps: a clone or a pull touches both files, but must not renew the pins.
lock: env
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
# Packages that SLURM's executor needs and requirements.lock does not have.
	uv pip compile pyproject.toml --extra slurm --constraints requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
		$$(sed -nE 's/^([a-z0-9._-]+)==.*/--no-emit-package \1/p' requirements.lock) | sed '/^# The following/,$$d' > requirements-slurm.lock
