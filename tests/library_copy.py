"""A copy of the library that tests may add to, and a Python that imports it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from study_files import PROJECT


class LibraryCopy:
    """workflow/ copied to `root`, of which `package` is the library."""

    def __init__(self, root: Path):
        self.root, self.package = root, root / "workflow" / "lib" / "unpacking_softmax"
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / "workflow", root / "workflow", ignore=ignored)

    def append(self, name: str, text: str) -> None:
        """Add lines to the end of a module, new or not."""
        with (self.package / name).open("a", encoding="utf-8") as file:
            file.write(text)

    def python(self, program: str) -> str:
        """What a program prints that imports the copy, and the helpers of the tests."""
        found = [str(self.package.parent), str(PROJECT / "tests")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(found), "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
