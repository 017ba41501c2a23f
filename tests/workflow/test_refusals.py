"""What a person at the terminal sees when the input is bad: one line, exit status 1, nothing half-written."""

import os
import subprocess

import pytest
from PIL import Image

FOLDER = """
datasets:
  mine: {label: mine, source: folder, root: images, size: 16, augment: none}
"""
ARCHIVE = """
datasets:
  svhn: {label: SVHN, source: torchvision, name: SVHN, root: archives, augment: none}
"""
RUN = "out/runs/glyphs10/small-mlp/base"


def replaced(old, new):
    return {"study.yaml": lambda text: text.replace(old, new)}


def more(datasets):
    """The study with one more data set."""
    return replaced("\ndatasets:\n", datasets)


STUDIES = {
    "unknown key": (
        replaced("steps: 5", "step: 5"),
        "config: probes has the unknown key 'step' (did you mean",
    ),
    "unknown name": (
        replaced("fig2: {grid: mlp,", "fig2: {grid: mpl,"),
        "config: figures.fig2.grid = 'mpl' is",
    ),
    "key given twice": (replaced("seeds: [0]", "seeds: [0]\nseeds: [1]"), "line 5: 'seeds' is given twice"),
    "number as text": (
        replaced("1.0e-4", "1e-4"),
        "recipes.fast.weight_decay = '1e-4': must be a finite number",
    ),
    "tab": (replaced("seeds: [0]", "seeds:\t[0]\n\tx: 1"), "make sure to not mix whitespace and tab indent"),
    "list": (
        lambda: {"study.yaml": lambda text: "- a\n- b\n"},
        "Config file must be given as JSON or YAML with",
    ),
}


@pytest.mark.parametrize("case", STUDIES)
def test_a_mistake_in_the_study_is_one_line_and_no_job(workflow, case):
    changes, said = STUDIES[case]
    with workflow.edited(changes() if callable(changes) else changes):
        done = workflow.snakemake("all_figures", "--cores", "1", folder="refused")
    assert done.returncode == 1
    assert sum(said in line for line in done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert not (workflow.root / "refused" / "out").exists()


def refused(workflow, folder, target) -> str:
    """Ask for a target that cannot be made; returns the one line that says why."""
    done = workflow.snakemake(target, "--cores", "1", folder=folder.name)
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert not (folder / target).exists()
    assert list((folder / target).parent.glob(".*")) == []
    logs = (folder / "out" / "logs").rglob("*.log")
    assert any(line.removeprefix("error: ") in log.read_text() for log in logs)
    return line.removeprefix("error: ")


@pytest.fixture
def site(workflow, request):
    """A folder of its own to work in."""
    folder = workflow.root / request.node.name
    folder.mkdir()
    return folder


def images(site, count):
    """Folders of two classes in both splits, with `count` images each."""
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            folder = site / "images" / split / name
            folder.mkdir(parents=True)
            for i in range(count):
                Image.new("RGB", (16, 16), (i, 2 * i, 3 * i)).save(folder / f"{i}.png")


def test_one_bad_image_among_many(workflow, site):
    images(site, 20)
    bad = site / "images/train/dog/7.png"
    bad.write_bytes(bad.read_bytes()[:60])
    with workflow.edited(more(FOLDER)):
        assert refused(workflow, site, "out/data/mine.safetensors").startswith(
            "images/train/dog/7.png: not a rea"
        )


def test_archive_with_another_hash(workflow, site):
    (site / "archives").mkdir()
    (site / "archives" / "train_32x32.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    with workflow.edited(more(ARCHIVE)):
        line = refused(workflow, site, "out/data/svhn.safetensors")
    assert line.startswith("archives/train_32x32.mat: MD5 must be e26dedcc434d2e4c54c9b2d4a06d8373, is ")
    assert "replace it, or delete it and set the data set's `url`" in line


def test_truncated_data_set_and_its_remedy(workflow, site):
    data, norms = "out/data/glyphs10.safetensors", "out/initial_norms/glyphs10/small-mlp/base.parquet"
    assert workflow.snakemake(data, "--cores", "1", folder=site.name).returncode == 0
    whole = (site / data).read_bytes()
    (site / data).write_bytes(whole[:1000])
    line = refused(workflow, site, norms)
    assert line.startswith(f"{data}: ")
    assert line.endswith("delete it, and it is prepared again")
    (site / data).unlink()
    done = workflow.snakemake(norms, "--cores", "1", folder=site.name)
    assert done.returncode == 0, done.stderr
    assert (site / data).read_bytes() == whole


def test_disk_that_is_full(workflow, site):
    (site / "out").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", site / "out"]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        line = refused(workflow, site, "out/data/glyphs10.safetensors")
        assert line.startswith(
            "out/data/glyphs10.safetensors: cannot be written (No space left on device); make"
        )
    finally:
        subprocess.run(["umount", site / "out"], check=True)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("out/figures/fig99.pdf", "out/figures/fig99.pdf is no target of this study (did you mean out/fig"),
        ("fig1", "fig1 is no target of this study, out/figures/fig1.pdf is"),
        ("fig1.svg", "fig1.svg is no target of this study, out/figures/fig1.pdf is"),
        ("claims", "claims is no target of this study, out/verdict/claims.md is"),
        ("figures", "figures is no target of this study, all_figures is"),
        ("results/paper/figures/fig1.pdf", "is `--configfile config/paper.yaml` missing?"),
        (f"{RUN}/T0/seed0/run.json", f"{RUN}/T0/seed0/run.json: temperature = '0': a temperature must be"),
        (f"{RUN}/T01/seed0/run.json", f"{RUN}/T01/seed0/run.json: T01: a temperature has one spelling"),
    ],
    ids=["misspelt", "short", "suffix", "verdict", "all", "other study", "temperature", "spelling"],
)
def test_target_that_cannot_be_made(workflow, site, target, said):
    done = workflow.snakemake("--cores", "1", "-n", "--", target, folder=site.name)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_list_on_the_command_line(workflow, site):
    done = workflow.snakemake("all", "-n", "--config", "seeds=[0]", folder=site.name)
    assert done.returncode == 1
    said = (
        "config: seeds.0 = '0': must be a whole number (this is text: write 0 without quotes); --config makes"
    )
    assert said in done.stdout + done.stderr


def test_a_run_of_no_grid_and_rules_by_name(workflow, site):
    """What is known is made, whoever asks for it; values of options are no targets."""
    words = ["verdict", "all_tables", f"{RUN}/T3/seed7/run.json", "--scheduler", "greedy", "--until", "train"]
    done = workflow.snakemake(*words, "-n", folder=site.name)
    assert done.returncode == 0, done.stderr


def test_a_batch_larger_than_a_folder_of_images_names_its_key(workflow, site):
    """How many there are is known only when they are prepared."""
    images(site, 20)
    glyphs = "source: glyphs, size: 16, classes: 10, train_per_class: 150, test_per_class: 5, seed: 0"
    with workflow.edited(replaced(glyphs, "source: folder, root: images, size: 16")):
        line = refused(workflow, site, "out/runs/glyphs10/small-mlp/base/T1/seed0/run.json")
    said = "config: recipes.fast.batch = 50 is more than the 40 training images of glyphs10; lower it"
    assert line == said
