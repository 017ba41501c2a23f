"""A copy of the workflow with a study of its own, and how Snakemake is called on it as a user would."""

import os
import shutil
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[1]
STUDIES = PROJECT / "tests" / "studies"
COPIED = ("config", "envs", "profiles", "workflow")
# One thread a job: tests share the machine, and sums keep one order. No GPU: there equal seeds give equal
# bits only by luck.
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def copy_project(root: Path, study: str) -> None:
    """Copy the workflow to `root`, and `study` of tests/studies to `root/study.yaml`."""
    for name in COPIED:
        shutil.copytree(PROJECT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "Snakefile", root)
    shutil.copy(STUDIES / study, root / "study.yaml")


def snakemake_command(root: Path, folder: Path, *arguments: str, study: str = "study.yaml") -> list[str]:
    """Snakemake on the copy at `root` and a study there, working in `folder`."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", root / "Snakefile"]
    command += ["--workflow-profile", root / "profiles" / "default"]
    command += ["--configfile", root / study, "--directory", folder]
    return [*map(str, command), *arguments]
