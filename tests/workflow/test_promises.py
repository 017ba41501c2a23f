"""What the documents promise of their commands, tried with the real Snakemake on a small study."""

import itertools

import pytest

STUDIES = {  # each study that is shipped, and what its head asks for
    "config/config.yaml": "results/figures/fig1.pdf",
    "config/example.yaml": "results/mine/tables/table1.md",
    "config/example-full.yaml": "results/mine-full/figures/fig1.pdf",
    "config/tinyimagenet.yaml": "results/tinyimagenet/figures/fig1.pdf",
    "config/paper.yaml": "results/paper/figures/fig1.pdf",
}


def test_n_q_rules_counts_what_would_run(workflow):
    """README: `snakemake all -n -q rules`; the word after -q is its own, so that the target stands before."""
    done = workflow.snakemake("all_figures", "-n", "-q", "rules", folder="promises")
    assert done.returncode == 0, done.stderr
    lines = iter((done.stdout + done.stderr).splitlines())
    table = itertools.takewhile(str.strip, itertools.dropwhile(lambda line: line != "Job stats:", lines))
    counts = dict(line.split() for line in [*table][3:])
    assert counts == {
        "prepare_dataset": "2", "train": "1", "extract": "1", "spectra": "1", "probe": "1", "depth": "1",
        "figure": "2", "all_figures": "1", "total": "10",
    }  # fmt: skip
    assert "Training" not in done.stdout + done.stderr


def test_n_says_what_and_beside_quiet_host_why(workflow):
    done = workflow.snakemake("all_figures", "-n", folder="promises")
    assert "Drawing fig1" in done.stdout
    assert "Reason:" not in done.stdout
    done = workflow.snakemake("all_figures", "-n", "--quiet", "host", folder="promises")
    assert "Reason: Missing output files: out/figures/fig1" in done.stdout
    assert "Drawing fig1" in done.stdout


def test_a_report_of_what_is_finished(built, tmp_path):
    """README: of everything where everything is there, of one figure before."""
    figures = built.root / "site" / "out" / "figures"
    for path in figures.glob("fig2.*"):
        path.rename(tmp_path / path.name)
    try:
        done = built.snakemake("all", "--report", "all.html")
        assert done.returncode == 1
        assert "fig2.png" in done.stderr
        done = built.snakemake("out/figures/fig1.pdf", "--report", "one.html")
        assert done.returncode == 0, done.stderr
    finally:
        for path in tmp_path.glob("fig2.*"):
            path.rename(figures / path.name)
    report = (built.root / "site" / "one.html").read_text()
    assert "fig1.png" in report
    assert "fig2.png" not in report


def test_the_data_sets_alone(workflow):
    """docs/running-on-a-cluster.md: `--until prepare_dataset` prepares every data set, and nothing else."""
    done = workflow.snakemake("all_figures", "--until", "prepare_dataset", "--cores", "1", folder="promises")
    assert done.returncode == 0, done.stderr
    out = workflow.root / "promises" / "out"
    assert {path.name for path in (out / "data").iterdir()} == {"glyphs10.safetensors", "digits.safetensors"}
    assert not (out / "runs").exists()


def test_images_that_changed_are_prepared_again_when_told(built):
    """README: nothing by itself; say `--forcerun prepare_dataset`."""
    assert built.planned() == set()
    done = built.snakemake("all_figures", "-n", "-q", "rules", "--forcerun", "prepare_dataset")
    assert "prepare_dataset        2" in done.stdout + done.stderr


@pytest.mark.parametrize("study", STUDIES)
def test_every_study_that_is_shipped_can_be_planned(workflow, study):
    """Without its data, in the folder it is written for: its targets are its own."""
    done = workflow.snakemake(STUDIES[study], "-n", "-q", "rules", folder="plans", study=study)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "train " in done.stdout + done.stderr
