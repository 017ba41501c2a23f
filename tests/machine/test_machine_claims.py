"""Claims on cards' memory: their sum stays within a card, and they end with their process."""

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from unpacking_softmax.artefacts.errors import ResourceError
from unpacking_softmax.machine import claims
from unpacking_softmax.machine.claims import Card, claim, claimed, exchange

LIBRARY = Path(__file__).parents[2] / "workflow" / "lib"
HOLD = """
import sys
from pathlib import Path
from unpacking_softmax.machine.claims import Card, claim
cards = [Card(*text.split(":")[:1] * 2, float(text.split(":")[1])) for text in sys.argv[3:]]
held = claim(cards, float(sys.argv[2]), Path(sys.argv[1]))
print(held.card.name, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def job(tmp_path):
    """Start a job that wants megabytes of one of some cards ("name:megabytes"); gives its process."""
    started = []

    def start(megabytes, *names):
        command = [sys.executable, "-c", HOLD, str(tmp_path / "claims"), str(megabytes), *names]
        environment = {**os.environ, "PYTHONPATH": str(LIBRARY)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, env=environment, **pipes))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def card_of(process):
    return process.stdout.readline().strip()


def queue_is_free(path):
    with claims._locked(path, wait=False) as free:
        return free


def test_jobs_spread_over_the_cards_then_share_them(job):
    assert [card_of(job(0, "0:inf", "1:inf")) for _ in range(5)] == ["0", "1", "0", "1", "0"]


def test_a_killed_job_gives_its_card_back(job):
    first, second = job(10, "0:10", "1:10"), job(10, "0:10", "1:10")
    assert sorted([card_of(first), card_of(second)]) == ["0", "1"]
    first.kill()
    first.wait()
    assert card_of(job(10, "0:10", "1:10")) in "01"


def test_cards_are_known_by_their_names(job):
    """Two jobs that may use different cards of one machine, and one that may use all of them."""
    assert card_of(job(1, "2:9", "3:9")) == "2"
    assert card_of(job(1, "0:9", "1:9", "2:9", "3:9")) == "0"
    assert card_of(job(1, "2:9", "3:9")) == "3"
    assert card_of(job(1, "GPU-4a/1:9", "2:9")) == "GPU-4a/1"


def test_a_jobs_card_is_the_one_where_it_fits(job):
    assert card_of(job(60, "0:80", "1:80")) == "0"
    assert card_of(job(70, "0:80", "1:80")) == "1"
    assert card_of(job(15, "0:80", "1:80")) == "0"
    assert card_of(job(10, "0:80", "1:80")) == "1"


def test_a_job_waits_for_its_megabytes_and_others_wait_behind_it(job, tmp_path):
    """The second needs what the first has; the third would fit at once, but came later."""
    first = job(60, "0:80")
    assert card_of(first) == "0"
    second = job(50, "0:80")
    while queue_is_free(tmp_path / "claims" / "queue"):
        time.sleep(0.05)
    third = job(20, "0:80")
    time.sleep(1)
    card = Card("0", "0", 80)
    assert claimed(card, tmp_path / "claims") == [60]
    first.kill()
    assert card_of(second) == card_of(third) == "0"
    assert sorted(claimed(card, tmp_path / "claims")) == [20, 50]


def test_waiting_has_a_bound(monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(claims, "PATIENCE", 0.2)
    monkeypatch.setattr(claims, "POLL", 0.05)
    card = Card("0", "0", 80)
    held = claim([card], 60, tmp_path / "claims")
    with pytest.raises(
        ResourceError, match=r"^waited 0 hours for 30 MB of a card that other jobs hold: run fewer"
    ):
        claim([card], 30, tmp_path / "claims")
    assert claimed(card, tmp_path / "claims") == [held.megabytes]


def test_two_jobs_that_both_want_the_whole_card_have_it_in_turn(monkeypatch, tmp_path):
    """Both hold half of it: if they kept that while they wait, they would wait for ever."""
    monkeypatch.setattr(claims, "POLL", 0.01)
    card, folder, turns = Card("0", "0", 80), tmp_path / "claims", []
    halves = [claim([card], 40, folder) for _ in range(2)]

    def whole(half):
        held = exchange(half, 80, folder)
        turns.append(claimed(card, folder))
        time.sleep(0.1)
        held.file.close()

    threads = [threading.Thread(target=whole, args=(half,), daemon=True) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert turns == [[80], [80]]


def test_the_sum_never_passes_a_card_whatever_jobs_come_and_go(monkeypatch, tmp_path):
    """Jobs of all sizes, some larger than any card, some that ask for more later."""
    monkeypatch.setattr(claims, "POLL", 0.002)
    cards, folder = [Card("0", "0", 80), Card("1", "1", 24)], tmp_path / "claims"
    folder.mkdir()
    done, over = [], []

    def work(seed):
        draw = random.Random(seed)
        for _ in range(6):
            held = claim(cards, draw.choice([3, 6, 12, 25, 100]), folder)
            time.sleep(draw.random() / 100)
            if draw.random() < 0.3:
                held = exchange(held, 2 * held.megabytes, folder)
            time.sleep(draw.random() / 100)
            held.file.close()
            done.append(held.card.name)

    threads = [threading.Thread(target=work, args=(seed,), daemon=True) for seed in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        over += [card.name for card in cards if sum(claimed(card, folder)) > card.megabytes]
    assert len(done) == 48
    assert set(done) == {"0", "1"}
    assert not over
