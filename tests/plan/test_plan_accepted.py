"""Code that goes by the hash of older code, rule by rule."""

import json

import pytest

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.plan.accepted import Accepted

REASONS = {"why": "renamed", "since": "v1"}


def test_code_goes_by_its_own_hash_where_nothing_was_accepted(tmp_path):
    path = tmp_path / "accepted_code.json"
    assert Accepted(path).stands_for("train", "b") == "b"
    assert not path.exists()


def test_accepted_code_goes_by_the_older_hash_of_that_rule_alone(tmp_path):
    path = tmp_path / "accepted_code.json"
    Accepted(path).accept({"train": ("b", "a")}, REASONS)
    accepted = Accepted(path)
    assert [accepted.stands_for("train", code) for code in "abc"] == ["a", "a", "c"]
    assert accepted.stands_for("probe", "b") == "b"
    assert json.loads(path.read_text()) == {"train": {"b": {"stands_for": "a", **REASONS}}}


def test_one_change_after_another_leads_back_to_the_first(tmp_path):
    accepted = Accepted(tmp_path / "accepted_code.json")
    accepted.accept({"train": ("b", "a")}, REASONS)
    accepted.accept({"train": ("c", "b")}, REASONS)
    assert accepted.stands_for("train", "c") == "a"
    assert Accepted(accepted.path).stands_for("train", "b") == "a"


@pytest.mark.parametrize(("code", "old"), [("a", "a"), ("b", "a"), ("b", "b")])
def test_code_that_has_not_changed_is_refused(tmp_path, code, old):
    accepted = Accepted(tmp_path / "accepted_code.json")
    accepted.accept({"train": ("b", "a")}, REASONS)
    before = accepted.path.read_text()
    with pytest.raises(StudyError, match="train: nothing to accept"):
        accepted.accept({"train": (code, old)}, REASONS)
    assert accepted.path.read_text() == before


def test_one_rule_that_is_refused_refuses_all(tmp_path):
    accepted = Accepted(tmp_path / "accepted_code.json")
    with pytest.raises(StudyError, match="probe: nothing to accept"):
        accepted.accept({"train": ("b", "a"), "probe": ("c", "c")}, REASONS)
    assert accepted.stands_for("train", "b") == "b"
    assert not accepted.path.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"train": []}', '{"train": {"b": {}}}', '{"train": {"b": {"stands_for": 1}}}']
)
def test_a_damaged_file_is_named(tmp_path, text):
    path = tmp_path / "accepted_code.json"
    path.write_text(text)
    with pytest.raises(StudyError, match=r"accepted_code\.json: damaged; restore it, or delete it"):
        Accepted(path)
