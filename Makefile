# make env       the environment in .venv: what the others make first (PYTHON picks the interpreter: 3.11 or 3.12)
# make fig1      the embedded study's Figure 1, from an empty clone
# make figures   every figure of the embedded study
# make all       everything of it (CORES says on how many cores, by default on all; GPUS, how many jobs share the cards: 1)
# make test      the tests
# make test-slurm   the tests on a real SLURM, started on this machine (root; Debian's slurmctld, slurmd, slurm-client, munge)
# make lint      ruff, snakefmt, snakemake --lint
# make test-chaos   faults that take minutes: signals, a full disk, results deleted, random kills
# make chaos     the same, and half an hour of killing a small study at random moments; results/chaos.json counts
# make fuzz      atheris on what reads a study, an archive, an image, a data set's file: FUZZ_SECONDS in all
# make lock      renew requirements.lock and requirements-slurm.lock from pyproject.toml

PYTHON ?= python3
CORES ?= all
GPUS ?= 1
FUZZ_SECONDS ?= 60
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help env fig1 figures all test test-slurm test-chaos lint chaos fuzz lock
help:
	@sed -n 's/^# make/make/p' Makefile

env: .venv/ready

.venv/ready: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --compile-bytecode --require-hashes -r requirements.lock --python $(BIN)/python
	touch $@

fig1: env
	snakemake results/figures/fig1.pdf --cores $(CORES) --resources gpu=$(GPUS)

figures: env
	snakemake all_figures --cores $(CORES) --resources gpu=$(GPUS)

all: env
	snakemake all --cores $(CORES) --resources gpu=$(GPUS)

test: env
	pytest -n auto --dist loadfile

# The executor plugin stands apart: every start of Snakemake loads all plugins that it finds, and this one takes long.
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

# Not by time stamps: a clone or a pull touches both files, and must not renew what is pinned.
lock: env
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
# What SLURM's executor needs and requirements.lock does not hold.
	uv pip compile pyproject.toml --extra slurm --constraints requirements.lock --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet \
		$$(sed -nE 's/^([a-z0-9._-]+)==.*/--no-emit-package \1/p' requirements.lock) | sed '/^# The following/,$$d' > requirements-slurm.lock
