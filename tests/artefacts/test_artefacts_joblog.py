"""What a failing job shows and logs. In processes of their own: a job log takes logging over."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from unpacking_softmax.artefacts import joblog

LIBRARY = Path(joblog.__file__).parents[2]


def job(tmp_path, body, log=None):
    """Run `body` in a job log; returns (exit status, terminal, log)."""
    log = log or tmp_path / "logs" / "rule" / "job.log"
    program = (
        "import logging, warnings\n"
        "from unpacking_softmax.artefacts.errors import DataError\n"
        "from unpacking_softmax.artefacts.joblog import job_log\n"
        f"with job_log({str(log)!r}):\n    {body}\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    return done.returncode, done.stdout + done.stderr, log.read_text() if log.is_file() else ""


def test_success_is_silent_and_logged(tmp_path):
    status, terminal, log = job(tmp_path, "logging.info('epoch 1'); warnings.warn('careful')")
    assert (status, terminal) == (0, "")
    assert "INFO root: epoch 1" in log
    assert "careful" in log


def test_fonts_are_heard_from_when_something_is_wrong(tmp_path):
    said = "fonts = logging.getLogger('fontTools.subset'); fonts.info('glyphs'); fonts.warning('no glyph')"
    _, _, log = job(tmp_path, said)
    assert "WARNING fontTools.subset: no glyph" in log
    assert "INFO" not in log


def test_user_error_is_one_line(tmp_path):
    status, terminal, log = job(tmp_path, "raise DataError('a.png: not an image; remove it')")
    assert (status, terminal) == (1, "error: a.png: not an image; remove it\n")
    assert "ERROR root: a.png: not an image; remove it" in log
    assert "Traceback" not in log


def test_other_errors_show_their_traceback_in_both_places(tmp_path):
    status, terminal, log = job(tmp_path, "1 / 0")
    assert status == 1
    for text in (terminal, log):
        assert "Traceback" in text
        assert "ZeroDivisionError: division by zero" in text


def test_log_is_of_the_last_run_only(tmp_path):
    job(tmp_path, "logging.info('first')")
    _, _, log = job(tmp_path, "logging.info('second')")
    assert "second" in log
    assert "first" not in log


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux only")
def test_log_on_a_full_disk_does_not_hide_the_error(tmp_path):
    status, terminal, _ = job(tmp_path, "raise DataError('a.png: remove it')", Path("/dev/full"))
    assert (status, terminal) == (1, "error: a.png: remove it\n")
