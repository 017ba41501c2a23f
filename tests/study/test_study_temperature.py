"""One spelling of every temperature, and what it says."""

import re

import pytest
import yaml

from unpacking_softmax.study.schema import SCHEMA
from unpacking_softmax.study.temperature import Temperature, spell


@pytest.mark.parametrize(
    ("temperature", "spelling"),
    [
        (1, "1"),
        (1.0, "1"),
        (0.5, "0.5"),
        (200, "200"),
        (200.0, "200"),
        (3e2, "300"),
        (2.50, "2.5"),
        (1e-3, "0.001"),
        (1e22, "1" + 22 * "0"),
        (0.1 + 0.2, "0.30000000000000004"),
        ("match-resnet18", "match-resnet18"),
        ("match-mlp@wide", "match-mlp@wide"),
        ("match-mlp@base", "match-mlp"),
        ("10", "10"),
    ],
)
def test_spelling_of_temperatures(temperature, spelling):
    assert spell(temperature) == spelling


def test_spelling_loses_nothing():
    for temperature in (1 / 3, 1e-300, 123456789.125, 7):
        assert float(spell(temperature)) == temperature


def test_a_spelling_says_the_temperature():
    for value in (1, 0.5, 200, 1 / 3, 1e22, "match-resnet18", "match-small-mlp@normal-0.05"):
        temperature = Temperature.parse(value)
        assert Temperature.parse(str(temperature)) == temperature


def test_what_a_matched_temperature_refers_to():
    assert Temperature.parse("match-resnet18").reference == ("resnet18", "base")
    assert Temperature.parse("match-mlp@wide").reference == ("mlp", "wide")
    assert Temperature.parse("match-small-mlp@normal-0.05").reference == ("small-mlp", "normal-0.05")
    assert Temperature.parse("match-mlp").matched
    assert not Temperature.parse("10").matched


def test_limits():
    assert [Temperature.parse(value).sane for value in (1e-6, 1e9, "match-mlp")] == [True] * 3
    assert [Temperature.parse(value).sane for value in (0, -1, 9e-7, 2e9)] == [False] * 4


def test_other_text_is_refused():
    with pytest.raises(ValueError, match="warm"):
        Temperature.parse("warm")


@pytest.mark.parametrize(
    "text", ["match-resnet18", "match-mlp@wide", "matched-mlp", "10", "match-", "match-a@b@c"]
)
def test_the_schema_takes_the_same_text(text):
    pattern = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))["$defs"]["temperature"]["pattern"]
    said = re.search(pattern, text) is not None
    assert said == (text in ("match-resnet18", "match-mlp@wide"))
    assert not said or Temperature.parse(text).matched
