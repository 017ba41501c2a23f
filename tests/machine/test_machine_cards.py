"""Jobs on cards: each process claims one and keeps it while it lives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from unpacking_softmax.machine import cards

LIBRARY = Path(__file__).parents[2] / "workflow" / "lib"
HOLD = """
import sys
from pathlib import Path
from unpacking_softmax.machine.cards import claim
print(claim(sys.argv[2:], Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def job(tmp_path):
    """Start a job on the machine's cards; returns its process and the card that it got."""
    started = []

    def start(*names):
        command = [sys.executable, "-c", HOLD, str(tmp_path / "claims"), *names]
        environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        process = subprocess.Popen(command, env=environment, **pipes)
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_jobs_spread_over_the_cards_then_share_them(job):
    assert [job("0", "1")[1] for _ in range(5)] == ["0", "1", "0", "1", "0"]


def test_a_killed_job_gives_its_card_back(job):
    (first, _), (_, second) = job("0", "1"), job("0", "1")
    assert second == "1"
    first.kill()
    first.wait()
    assert job("0", "1")[1] == "0"


def test_cards_are_known_by_their_names(job):
    """Two jobs that may use different cards of one machine, and one that may use all of them."""
    assert job("2", "3")[1] == "2"
    assert job("0", "1", "2", "3")[1] == "0"
    assert job("2", "3")[1] == "3"
    assert job("GPU-4a/1", "2")[1] == "GPU-4a/1"


@pytest.mark.parametrize(("before", "names"), [(None, ["0", "1", "2"]), ("5,7,1", ["5", "7", "1"])])
def test_one_card_is_left_visible(monkeypatch, before, names):
    monkeypatch.setattr(cards, "claim", lambda asked, folder: asked[-1] if asked == names else None)
    if before:
        monkeypatch.setenv(cards.VISIBLE, before)
    else:
        monkeypatch.delenv(cards.VISIBLE, raising=False)
    cards.pin_to_a_card(3)
    assert os.environ[cards.VISIBLE] == names[-1]


@pytest.mark.parametrize("machine", [0, 1])
def test_nothing_to_choose(monkeypatch, machine):
    monkeypatch.setenv(cards.VISIBLE, "GPU-1")
    cards.pin_to_a_card(machine)
    assert os.environ[cards.VISIBLE] == "GPU-1"
