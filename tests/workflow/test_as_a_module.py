"""The workflow inside another one, and both of its doors."""

import re
import shutil
import subprocess
import sys

import pytest

from project_copy import ENVIRONMENT, PROJECT, STUDIES

# What a caller writes (docs/as-a-module.md): a study of its own, a target of its own, our rules renamed.
CALLER = """
configfile: "mine.yaml"

module softmax:
    snakefile: "{door}"
    config: config
{prefix}

use rule * from softmax as softmax_*

rule mine:
    output: "mine.csv"
    shell: "echo 1 > {{output}}"
"""


def snakemake(folder, *words):
    command = [sys.executable, "-m", "snakemake", *map(str, words)]
    return subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)


@pytest.fixture
def caller(tmp_path):
    """Write the caller's Snakefile and study; return its folder."""

    def write(door=PROJECT / "Snakefile", prefix=""):
        lines = f'    prefix: "{prefix}"' if prefix else ""
        (tmp_path / "Snakefile").write_text(CALLER.format(door=door, prefix=lines))
        shutil.copy(STUDIES / "tiny.yaml", tmp_path / "mine.yaml")
        return tmp_path

    return write


def test_a_figure_through_a_module(caller):
    folder = caller()
    done = snakemake(folder, "results/figures/fig6.pdf", "mine.csv", "--cores", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "results/figures/fig6.csv").exists()
    assert (folder / "mine.csv").read_text() == "1\n"
    assert "softmax_figure" in done.stdout + done.stderr


def test_a_prefix_and_the_other_door(caller):
    folder = caller(PROJECT / "workflow" / "Snakefile", prefix="sub/")
    done = snakemake(folder, "-n", "sub/results/figures/fig6.pdf")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^softmax_theory +1$", done.stdout + done.stderr, re.MULTILINE)


def test_both_doors_plan_the_same_jobs():
    plans = [
        re.findall(r"^(\w+) +(\d+)$", snakemake(PROJECT, "-n", "--snakefile", door).stdout, re.MULTILINE)
        for door in (PROJECT / "Snakefile", PROJECT / "workflow" / "Snakefile")
    ]
    assert ("all", "1") in plans[0]
    assert plans[0] == plans[1]
