"""The chaos study, made once without disturbance; sites where tests disturb it."""

import fcntl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from faults import start

from chaos import TARGETS, Undisturbed, csvs, prepare
from project_copy import snakemake_command


@dataclass
class Site:
    """A working folder for the study of `root`; `expected` are the csv files of an undisturbed run."""

    root: Path
    folder: Path
    expected: dict[str, bytes]

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def start(self, *arguments: str) -> psutil.Popen:
        """Snakemake in the background, leading a process group of its own."""
        command = snakemake_command(self.root, self.folder, *(arguments or TARGETS))
        return start(command, subprocess.PIPE)

    def run(self, *arguments: str) -> tuple[int, str]:
        """Exit status of Snakemake, and what it said at the terminal."""
        process = self.start(*arguments)
        said = "".join(process.communicate())
        return process.returncode, said

    def is_made(self) -> bool:
        """Whether every csv file is there and is what it should be."""
        return csvs(self.folder) == self.expected


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory, worker_id) -> Undisturbed:
    """Made once, in its own time: one of pytest's workers makes it, the others wait."""
    folder = tmp_path_factory.getbasetemp()
    root = (folder if worker_id == "master" else folder.parent) / "chaos"
    with open(root.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        seconds = root / "seconds"
        if not seconds.exists():
            seconds.write_text(str(prepare(root).seconds))
    made = Undisturbed(root, csvs(root / "undisturbed"), float(seconds.read_text()))
    assert len(made.csvs) == 4
    return made


@pytest.fixture
def site(undisturbed, tmp_path) -> Site:
    return Site(undisturbed.root, tmp_path / "site", undisturbed.csvs)
