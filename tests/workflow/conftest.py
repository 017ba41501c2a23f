"""A copy of the workflow with a study of its own: tests edit it freely, and call the real Snakemake on it."""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from project_copy import ENVIRONMENT, copy_project, snakemake_command

# What tells the jobs of a rule apart in the path of an output: `T1/seed0`, `digits`, `fig1`.
SUBJECT = re.compile(r"out/(?:runs/glyphs10/small-mlp/base/(T[^/]+/seed\d+)/|data/(\w+)\.|figures/(\w+)\.)")


class Workflow:
    """The workflow copied to `root`; its study is `root/study.yaml`, results lie in `root/site/out`."""

    def __init__(self, root: Path):
        self.root = root
        copy_project(root, "reruns.yaml")

    def snakemake(
        self, *arguments: str, folder: str = "site", study: str = "study.yaml"
    ) -> subprocess.CompletedProcess:
        """Call Snakemake as a user would, working in `root/folder`."""
        command = snakemake_command(self.root, self.root / folder, *arguments, study=study)
        return subprocess.run(command, cwd=self.root, env=ENVIRONMENT, capture_output=True, text=True)

    def build(self, folder: str = "site") -> Path:
        """Make the study's figures; returns the folder of results."""
        done = self.snakemake("all_figures", "--cores", "2", folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.root / folder / "out"

    def planned(self) -> set[str]:
        """What would run for the figures, from Snakemake's summary: `train T1/seed0`, `figure fig1`."""
        done = self.snakemake("all_figures", "--summary")
        assert done.returncode == 0, done.stdout + done.stderr
        header, *rows = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
        outputs = [dict(zip(header, row, strict=True)) for row in rows]
        assert {output["plan"] for output in outputs} <= {"update pending", "no update"}
        return {
            f"{output['rule']} {_subject(output['output_file'])}"
            for output in outputs
            if output["plan"] == "update pending"
        }

    @contextmanager
    def edited(self, changes: Mapping[str, Callable[[str], str]]) -> Iterator[None]:
        """Change the text of files of the copy for as long as the context lasts."""
        texts = {self.root / name: (self.root / name).read_text(encoding="utf-8") for name in changes}
        try:
            for path, change in zip(texts, changes.values(), strict=True):
                path.write_text(change(texts[path]), encoding="utf-8")
            yield
        finally:
            for path, text in texts.items():
                path.write_text(text, encoding="utf-8")


def _subject(output: str) -> str:
    return next(filter(None, SUBJECT.match(output).groups()))


@pytest.fixture(scope="session")
def workflow(tmp_path_factory) -> Workflow:
    """The copied workflow; nothing has been run unless a test before has asked for `built`."""
    return Workflow(tmp_path_factory.mktemp("workflow"))


@pytest.fixture(scope="session")
def new_workflow(tmp_path_factory) -> Callable[[str], Workflow]:
    """Makes another copy of the workflow, at a path of its own."""
    return lambda name: Workflow(tmp_path_factory.mktemp(name))


@pytest.fixture(scope="session")
def built(workflow) -> Workflow:
    """The copied workflow with the figures of its study."""
    workflow.build()
    return workflow
