# make env       the environment in .venv: what the others make first (PYTHON picks the interpreter: 3.11 to 3.13)
# make clean-env   the environment removed
# make fig1      the embedded study's Figure 1, from an empty clone
# make figures   every figure of the embedded study
# make all       everything of it (CORES: on how many cores, all by default; GPUS: how many jobs share the cards, 4)
# make status    where STUDY (config/config.yaml) stands: jobs done, running, waiting, failed, missing; hours left
# make pack      STUDY's finished measures in one archive, without weights and images (TO=name.tar.xz)
# make unpack    FILE="one.tar.xz two.tar.xz" laid into the results of STUDY here
# make points    where representations of NETWORK (timm/resnet18, models/mine.py:build) are read (CLASSES, SIZE: 10, 32)
# make test      the tests
# make test-slurm   the tests on a real SLURM, started on this machine (root; Debian's slurmctld, slurmd, slurm-client, munge)
# make lint      ruff, snakefmt, snakemake --lint
# make test-chaos   faults that take minutes: signals, a full disk, results deleted, random kills
# make chaos     the same, and half an hour of killing a small study at random moments; results/chaos.json counts
# make fuzz      atheris on what reads a study, an archive, an image, a data set's file: FUZZ_SECONDS in all
# make lock      renew requirements.lock and requirements-slurm.lock from pyproject.toml

PYTHON ?= python3
STUDY ?= config/config.yaml
CORES ?= all
# Without a card there is nothing to share: as many trainings at once as there are cores.
GPUS ?= $(if $(wildcard /dev/nvidia0),4)
CARDS = $(if $(GPUS),--resources gpu=$(GPUS))
FUZZ_SECONDS ?= 60
BIN := .venv/bin

# The interpreters that are not .venv's own, which an activated .venv would hide.
OUTSIDE := PATH='$(subst $(CURDIR)/$(BIN):,,$(PATH))'
export PATH := $(CURDIR)/$(BIN):$(PATH)

# .venv is made anew where its Python has gone, or has another version than the PYTHON that was named.
MINOR := -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
THERE := $(shell $(BIN)/python $(MINOR))
WANTED := $(if $(filter file,$(origin PYTHON)),$(THERE),$(shell $(OUTSIDE) $(PYTHON) $(MINOR)))
ifneq ($(THERE),$(or $(WANTED),none))
.PHONY: .venv/ready
endif

.PHONY: help env clean-env fig1 figures all status pack unpack points test test-slurm test-chaos lint chaos fuzz lock
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

status: env
	python workflow/status.py $(STUDY)

pack: env
	python workflow/pack.py $(STUDY) $(if $(TO),--to $(TO))

unpack: env
	python workflow/unpack.py $(STUDY) $(FILE)

points: env
	python workflow/points.py $(NETWORK) $(if $(CLASSES),--classes $(CLASSES)) $(if $(SIZE),--size $(SIZE))

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
