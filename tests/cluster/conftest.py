"""A cluster on this machine, and a small study to run there and here."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from slurm_host import PATIENCE, SlurmHost, why_not

PROJECT = Path(__file__).parents[2]
HERE = Path(__file__).parent
STUDY = PROJECT / "tests" / "studies" / "cluster.yaml"
PLUGIN = "snakemake_executor_plugin_slurm"
NODES = 6


class Site:
    """A folder in which Snakemake makes the study's figures and tables."""

    def __init__(self, folder: Path):
        self.folder, self.results, self.runs = folder, folder / "out", []
        folder.mkdir()

    def make(self, *targets: str) -> subprocess.Popen:
        """Start Snakemake on this machine alone."""
        return self._snakemake("-m", "snakemake", *targets, "--cores", "2")

    def submit(self, *targets: str) -> subprocess.Popen:
        """Start Snakemake with the profile for SLURM and the tests' overrides."""
        profiles = ("--profile", PROJECT / "profiles" / "slurm", "--workflow-profile", HERE / "overrides")
        return self._snakemake(HERE / "prompt_snakemake.py", *targets, *profiles)

    def _snakemake(self, *arguments: str | Path) -> subprocess.Popen:
        """What it says goes to `snakemake.out`."""
        command = [sys.executable, *arguments, "--snakefile", PROJECT / "Snakefile", "--configfile", STUDY]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with open(self.folder / "snakemake.out", "ab") as out:
            command = [*map(str, command), "--directory", str(self.folder)]
            run = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=out, stderr=out)
        self.runs.append(run)
        return run

    @property
    def said(self) -> str:
        """What Snakemake has said so far."""
        return (self.folder / "snakemake.out").read_text(encoding="utf-8")

    def log(self, rule: str, name: str) -> str:
        """What a job has logged so far."""
        path = self.results / "logs" / rule / f"{name}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def numbers(self) -> dict[str, bytes]:
        """Every figure's and table's numbers, by path."""
        files = [*self.results.glob("figures/*.csv"), *self.results.glob("tables/*.csv")]
        return {str(path.relative_to(self.results)): path.read_bytes() for path in files}


@pytest.fixture(scope="session")
def slurm(tmp_path_factory) -> Iterator[SlurmHost]:
    """A running cluster; the tests that ask for it are skipped where none can be."""
    if find_spec(PLUGIN) is None:
        pytest.skip("the executor plugin for SLURM is not installed: make test-slurm")
    if reason := why_not():
        pytest.skip(f"no SLURM cluster can be started: {reason}")
    with SlurmHost(tmp_path_factory.mktemp("slurm"), NODES) as host:
        yield host


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory) -> Site:
    """The study made on this machine, without a cluster."""
    site = Site(tmp_path_factory.mktemp("local") / "site")
    assert site.make("all_figures", "all_tables").wait(PATIENCE) == 0, site.said
    return site


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    """An empty folder to make the study in; what still runs there is ended."""
    site = Site(tmp_path / "site")
    yield site
    for run in site.runs:
        run.kill()
    # A node that goes down here leaves its job behind, for this machine stays up.
    for process in psutil.process_iter(["cwd"]):
        if process.info["cwd"] == str(site.folder):
            process.kill()
