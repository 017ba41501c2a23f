"""Which card a job works on: those that the driver names, or as many as torch counts."""

import os
import stat

import pytest

from unpacking_softmax.artefacts.errors import ResourceError
from unpacking_softmax.machine import cards
from unpacking_softmax.machine.claims import Card

DRIVER = "0, GPU-aa11, 81559\n1, GPU-bb22, 11019\n"
BIG, SMALL = 82_955, 11_208  # 97 % of them, in MB of a million bytes


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A machine of which nothing is claimed, and that says what `driver` was given to say."""
    for name in (cards.VISIBLE, cards.CARD_MB, cards.WHOLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cards, "_held", [])
    monkeypatch.setattr(cards, "_folder", lambda: tmp_path / "claims")

    def driver(text):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\ncat <<END\n{text}END\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(cards, "QUERY", [str(program)])

    driver(DRIVER)
    return driver


def test_the_driver_names_the_cards_and_their_memory():
    assert cards.machine_cards(2) == [Card("GPU-aa11", "GPU-aa11", BIG), Card("GPU-bb22", "GPU-bb22", SMALL)]


@pytest.mark.parametrize("named", ["1,0", "GPU-bb,GPU-aa11"])
def test_a_card_keeps_the_name_it_was_given_and_is_known_by_its_uuid(monkeypatch, named):
    monkeypatch.setenv(cards.VISIBLE, named)
    first, second = named.split(",")
    assert cards.machine_cards(2) == [Card(first, "GPU-bb22", SMALL), Card(second, "GPU-aa11", BIG)]


@pytest.mark.parametrize("says", ["", "0, MIG, [N/A]\n", "0, GPU-aa11, 81559\n"])
def test_without_the_drivers_word_a_card_has_room_for_all(machine, says):
    machine(says)
    assert [(card.visible, card.megabytes) for card in cards.machine_cards(2)] == [
        ("0", float("inf")),
        ("1", float("inf")),
    ]


def test_a_user_says_how_much_jobs_may_share(monkeypatch):
    monkeypatch.setenv(cards.CARD_MB, "6000")
    assert [card.megabytes for card in cards.machine_cards(2)] == [6000, 6000]
    monkeypatch.setenv(cards.CARD_MB, "6 GB")
    with pytest.raises(ResourceError, match=r"UNPACKING_SOFTMAX_CARD_MB=6 GB: must be a whole number"):
        cards.machine_cards(2)


def test_a_job_gets_a_card_where_its_memory_is_free(monkeypatch):
    cards.pin_to_a_card(2, 25_000)
    assert os.environ[cards.VISIBLE] == "GPU-aa11"
    assert cards.share() == 25_000
    cards.pin_to_a_card(1, 60_000)  # asked for again, in the same job: it has what it has
    assert cards.share() == 25_000


def test_a_job_of_unknown_needs_is_counted_only():
    cards.pin_to_a_card(2)
    assert os.environ[cards.VISIBLE] == "GPU-aa11"
    assert cards.share() is None


def test_a_card_that_has_less_gives_all_it_has(machine):
    machine("0, GPU-bb22, 11019\n")
    cards.pin_to_a_card(1, 25_000)
    assert cards.share() == SMALL
    assert cards.VISIBLE not in os.environ  # there is nothing to choose
    assert not cards.enlarge_share()


def test_a_share_doubles_up_to_the_whole_card(machine):
    machine("0, GPU-bb22, 11019\n")
    cards.pin_to_a_card(1, 4000)
    shares = [cards.share()]
    while cards.enlarge_share():
        shares.append(cards.share())
    assert shares == [4000, 8000, SMALL]


def test_a_job_of_a_cluster_has_the_whole_of_its_one_card(monkeypatch, tmp_path):
    monkeypatch.setenv(cards.WHOLE, "1")
    monkeypatch.setenv(cards.VISIBLE, "0")
    cards.pin_to_a_card(1, 25_000)
    assert cards.share() is None
    assert not (tmp_path / "claims").exists()


@pytest.mark.parametrize("machine_has", [0, 1])
def test_nothing_to_choose(monkeypatch, machine_has):
    monkeypatch.setenv(cards.VISIBLE, "GPU-1")
    cards.pin_to_a_card(machine_has)
    assert os.environ[cards.VISIBLE] == "GPU-1"
    assert cards.share() is None
