"""workflow/points.py: the points of a network as a person reads them."""

import subprocess
import sys

from study_files import PROJECT

MODEL = """
from torch import nn

def build(classes, image_size):
    cells = (image_size - 2) ** 2
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * cells, classes))
"""


def points(folder, *words):
    command = [sys.executable, PROJECT / "workflow" / "points.py", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_a_line_for_each_point(tmp_path):
    (tmp_path / "mine.py").write_text(MODEL)
    done = points(tmp_path, "mine.py:build", "--classes", "7", "--size", "10")
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["1", "1", "4", "x", "8", "x", "8", "0"],
        ["2", "logits", "7", "3"],
    ]
    assert done.returncode == 0


def test_what_is_wrong_is_one_line(tmp_path):
    done = points(tmp_path, "mine.py:build")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: network mine.py:build: there is no mine.py in the folder")
