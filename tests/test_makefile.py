"""`make env` with interpreters that are not there, too old, too new, or others than before."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from study_files import PROJECT

# An interpreter of another version, for as much as `make env` asks of it: its version, and an environment in
# which installing does nothing.
FAKE = """#!{real}
import shutil, sys
from pathlib import Path
words = sys.argv[1:]
if words[0] == "-c":
    sys.version_info = {version}
    exec(words[1])
elif words[:2] == ["-m", "venv"]:
    binaries = Path(words[2], "bin")
    binaries.mkdir(parents=True)
    for name in ("python", "python3"):
        shutil.copy({itself!r}, binaries / name)
elif words[:2] == ["-m", "pip"]:
    uv = Path(sys.argv[0]).with_name("uv")
    uv.write_text("#!/bin/sh\\n")
    uv.chmod(0o755)
"""


class Clone:
    """A folder with the Makefile; interpreters of some versions are on the path, the first as python3."""

    def __init__(self, root: Path):
        self.root = root
        self.bin = root / "bin"
        self.bin.mkdir()
        shutil.copy(PROJECT / "Makefile", root)
        (root / "requirements.lock").touch()
        for tool in ("sh", "rm", "touch", "sed"):
            (self.bin / tool).symlink_to(shutil.which(tool))

    def has(self, *minors: int) -> None:
        for minor in minors:
            path = self.bin / f"python3.{minor}"
            fake = FAKE.format(real=sys.executable, version=(3, minor, 2, "final", 0), itself=str(path))
            path.write_text(fake)
            path.chmod(0o755)
        (self.bin / "python3").symlink_to(f"python3.{minors[0]}")

    def make(self, *words: str, activated: bool = False) -> subprocess.CompletedProcess:
        way = [self.root / ".venv/bin", self.bin] if activated else [self.bin]
        environment = {"PATH": ":".join(map(str, way)), "HOME": os.environ.get("HOME", "")}
        command = [shutil.which("make"), *words]
        return subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)

    def made(self, *words: str, **how: bool) -> str:
        """Call make, which must succeed; the version in .venv, and `kept` if it was there before."""
        mark = self.root / ".venv" / "mark"
        done = self.make(*words, **how)
        assert done.returncode == 0, done.stdout + done.stderr
        version = re.search(r"sys.version_info = \(3, (\d+)", (self.root / ".venv/bin/python").read_text())[1]
        kept = " kept" if mark.exists() else ""
        mark.touch()
        return f"3.{version}{kept}"

    def refused(self, *words: str) -> str:
        """The one line before make's own with which make refuses."""
        done = self.make(*words)
        assert done.returncode == 2
        (line,) = [line for line in done.stderr.splitlines() if not line.startswith("make")]
        return line


@pytest.fixture
def clone(tmp_path):
    return Clone(tmp_path)


ADVICE = "name one from 3.11 to 3.13, such as make PYTHON=python3.12 env"


@pytest.mark.parametrize("minor", [8, 10, 14])
def test_an_interpreter_too_old_or_too_new_is_one_line_and_leaves_nothing(clone, minor):
    clone.has(minor, 12)
    assert clone.refused(f"PYTHON=python3.{minor}", "env") == (
        f"error: python3.{minor} is Python 3.{minor}; {ADVICE}"
    )
    assert clone.refused("env") == f"error: python3 is Python 3.{minor}; {ADVICE}"
    assert not (clone.root / ".venv").exists()
    assert clone.made("PYTHON=python3.12", "env") == "3.12"


def test_an_interpreter_that_is_not_there_is_one_line(clone):
    clone.has(12)
    assert clone.refused("PYTHON=python3.13", "env") == f"error: there is no python3.13 here; {ADVICE}"


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_the_three_versions_are_taken(clone, minor):
    clone.has(minor)
    assert clone.made("env") == f"3.{minor}"
    assert clone.made("env") == f"3.{minor} kept"


def test_what_an_attempt_left_behind_is_mended(clone):
    """As the Makefile before this one left it: a .venv of Python 3.10, nothing installed."""
    clone.has(10, 12)
    python, left = clone.bin / "python3.10", clone.root / ".venv"
    subprocess.run([python, "-m", "venv", left], check=True)
    assert clone.refused("env") == f"error: python3 is Python 3.10; {ADVICE}"
    assert clone.made("PYTHON=python3.12", "env") == "3.12"


def test_another_version_is_made_anew_where_it_is_named_and_only_there(clone):
    clone.has(11, 12, 13)
    assert clone.made("PYTHON=python3.12", "env") == "3.12"
    assert clone.made("PYTHON=python3.12", "env") == "3.12 kept"
    assert clone.made("env") == "3.12 kept"  # python3 is 3.11, but nobody named it
    assert clone.made("PYTHON=python3.13", "env") == "3.13"
    assert clone.made("PYTHON=python3", "env") == "3.11"
    assert clone.refused("PYTHON=python3.10", "env").startswith("error: there is no python3.10")
    assert clone.made("env") == "3.11 kept"


def test_an_activated_environment_does_not_hide_the_interpreter(clone):
    clone.has(11, 12)
    assert clone.made("PYTHON=python3.12", "env") == "3.12"
    assert clone.made("PYTHON=python3", "env", activated=True) == "3.11"
    (clone.root / ".venv/bin/python").write_text("#!/nowhere/python\n")
    assert clone.made("env", activated=True) == "3.11"


def test_an_environment_whose_interpreter_has_gone_is_made_anew(clone):
    clone.has(12)
    clone.made("env")
    (clone.root / ".venv/bin/python").unlink()
    assert clone.made("env") == "3.12"


def test_clean_env_removes_it(clone):
    clone.has(12)
    clone.made("env")
    assert clone.make("clean-env").returncode == 0
    assert not (clone.root / ".venv").exists()


def test_help_tells_of_every_target(clone):
    clone.has(12)
    told = set(re.findall(r"^make (\S+)", clone.make("help").stdout, re.MULTILINE))
    phony = re.search(r"^\.PHONY: (help .*)$", (PROJECT / "Makefile").read_text(), re.MULTILINE)[1]
    assert told == set(phony.split()) - {"help"}
