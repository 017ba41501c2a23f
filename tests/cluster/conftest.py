"""A cluster on this machine, and a small study to run there and here."""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # the modules beside this file

from slurm_host import SlurmHost, why_not  # noqa: E402

STUDY = PROJECT / "tests" / "studies" / "cluster.yaml"
PLUGIN = "snakemake_executor_plugin_slurm"
NODES = 6


class Site:
    """A folder in which Snakemake makes the study's figures and tables."""

    def __init__(self, folder: Path):
        self.folder, self.results = folder, folder / "out"
        folder.mkdir()

    def snakemake(self, launcher: list, *arguments: str) -> subprocess.Popen:
        """Start Snakemake on a study; what it says goes to `snakemake.out`."""
        command = [sys.executable, *launcher, "--snakefile", PROJECT / "Snakefile", "--configfile", STUDY]
        command += ["--directory", self.folder, *arguments]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with open(self.folder / "snakemake.out", "ab") as out:
            return subprocess.Popen(
                list(map(str, command)), cwd=PROJECT, env=environment, stdout=out, stderr=out
            )

    def submit(self, *targets: str) -> subprocess.Popen:
        """Start Snakemake with the profile for SLURM and the tests' overrides."""
        profiles = ("--profile", PROJECT / "profiles" / "slurm", "--workflow-profile", HERE / "overrides")
        return self.snakemake([HERE / "prompt_snakemake.py"], *targets, *profiles)

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
    run = site.snakemake(["-m", "snakemake"], "all_figures", "all_tables", "--cores", "2")
    assert run.wait() == 0, site.said
    return site


@pytest.fixture
def site(tmp_path) -> Site:
    """An empty folder to make the study in."""
    return Site(tmp_path / "site")
