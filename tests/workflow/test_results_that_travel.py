"""Results packed in one place and laid into a clone at another: finished there, and drawn without weights."""

import subprocess
import sys

import pytest

from project_copy import ENVIRONMENT

RUN = "out/runs/glyphs10/small-mlp/base/T1/seed0"
FIGURES = {"figure fig1", "figure fig2"}
AGAIN = {f"{rule} T1/seed0" for rule in ("train", "extract", "spectra", "probe", "depth")} | FIGURES
IMAGES = {"prepare_dataset glyphs10", "prepare_dataset digits"}


def command(workflow, name, *words):
    """workflow/pack.py or unpack.py, called where Snakemake is called."""
    script = workflow.root / "workflow" / f"{name}.py"
    site = workflow.root / "site"
    site.mkdir(exist_ok=True)
    call = [sys.executable, script, "../study.yaml", *map(str, words)]
    return subprocess.run(call, cwd=site, env=ENVIRONMENT, capture_output=True, text=True)


@pytest.fixture(scope="module")
def archive(built):
    done = command(built, "pack")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out.tar.xz: 5 files, ")
    return built.root / "site" / "out.tar.xz"


@pytest.fixture(scope="module")
def elsewhere(archive, new_workflow):
    """A clone at another path, with what the archive holds."""
    clone = new_workflow("elsewhere")
    done = command(clone, "unpack", archive)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "out: 5 files laid down, 0 were here already\n"
    return clone


def replaced(old, new):
    return {"study.yaml": lambda text: text.replace(old, new)}


def test_only_figures_are_left_to_make(elsewhere):
    assert elsewhere.planned() == FIGURES
    assert not list(elsewhere.root.rglob("*.safetensors"))


def test_a_changed_setting_runs_what_it_asks_for_and_says_what_it_costs(elsewhere):
    with elsewhere.edited(replaced("columns: 1", "columns: 2")):
        assert elsewhere.planned() == FIGURES
    with elsewhere.edited(replaced("learning_rate: 0.05", "learning_rate: 0.06")):
        assert elsewhere.planned() == AGAIN | IMAGES
    with elsewhere.edited(replaced("train_per_class: 150", "train_per_class: 151")):
        assert elsewhere.planned() == AGAIN | IMAGES
    with elsewhere.edited(replaced("steps: 5", "steps: 6")):
        assert elsewhere.planned() == AGAIN | IMAGES  # the probes read weights
        said = elsewhere.snakemake("all_figures", "-n").stdout
    assert "seed 0 (again: its results are here, its weights are not)" in said


def test_figures_are_drawn_without_weights_and_are_the_same(built, elsewhere):
    done = elsewhere.snakemake("all_figures", "--cores", "2")
    assert done.returncode == 0, done.stderr
    assert "no weights" not in done.stderr
    for name in ("fig1", "fig2"):
        there, here = (w.root / "site/out/figures" / f"{name}.csv" for w in (elsewhere, built))
        assert there.read_bytes() == here.read_bytes()
    assert not list(elsewhere.root.rglob("*.safetensors"))
    assert elsewhere.planned() == set()


def test_the_explorer_needs_no_weights(elsewhere):
    done = elsewhere.snakemake("explorer", "--cores", "1")
    assert "1 of 1 steps (100%) done" in done.stderr, done.stderr
    assert (elsewhere.root / "site" / "out" / "report" / "explorer.html").stat().st_size > 0


def test_before_a_network_is_trained_again_it_is_said(elsewhere):
    """The job fails before it replaces anything: no interpreter finds its library."""
    with elsewhere.edited({**replaced("steps: 5", "steps: 6"), **BROKEN}):
        done = elsewhere.snakemake(f"{RUN}/probes.parquet", "--cores", "1", "--quiet", "all")
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "no weights" in line]
    assert line.startswith("1 of the networks to be trained have results here, but no weights")
    assert RUN in line


BROKEN = {"workflow/scripts/prepare_dataset.py": lambda text: "raise SystemExit(1)"}


def test_other_code_is_named(archive, new_workflow):
    clone = new_workflow("later")
    path = clone.root / "workflow/lib/unpacking_softmax/readings/depth.py"
    path.write_text(path.read_text() + "\nMARGIN = 1\n")
    said = command(clone, "unpack", archive).stdout.splitlines()[1]
    assert said.startswith(
        "made by other code than is here, so that what depends on it will run again: depth;"
    )
    assert clone.planned() == {"depth T1/seed0"} | FIGURES


def test_a_refused_archive_is_one_line(archive, new_workflow, tmp_path):
    clone = new_workflow("refusing")
    short = tmp_path / "short.tar.xz"
    short.write_bytes(archive.read_bytes()[:-100])
    done = command(clone, "unpack", archive, short)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: {short}: refused, ")
    assert len(done.stderr.splitlines()) == 1
    assert not (clone.root / "site" / "out").exists()
