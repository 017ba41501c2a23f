"""What the terminal says at the end of runs that did not train."""

import json
from pathlib import Path

import pytest

from study_files import altered, tiny
from unpacking_softmax.plan.ending import untrained
from unpacking_softmax.study.study import Study


@pytest.fixture
def study(tmp_path):
    return Study(altered(tiny(), "results", str(tmp_path / "out")))


@pytest.fixture
def end(study):
    """Write the record of a run: of the study's runs, in order."""
    runs = list(dict.fromkeys(run for grid in study.grids.values() for run in grid.runs()))

    def write(number: int, **record) -> str:
        path = Path(study.paths("record", runs[number]))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))
        return str(path.parent)

    return write


def test_where_all_trained_or_nothing_is_there_nothing_is_said(study, end):
    assert untrained(study) is None
    end(0, status="trained", train_accuracy=0.9)
    assert untrained(study) is None


def test_runs_that_did_not_train_are_named_with_the_reason(study, end):
    end(0, status="trained", train_accuracy=0.9)
    first = end(1, status="failed_to_train", train_accuracy=0.99, train_accuracy_needed=0.995)
    second = end(2, status="diverged", train_accuracy=0.1, train_accuracy_needed=0.2)
    third = end(3, status="failed_to_train", train_accuracy=0.1)  # as earlier versions wrote it
    assert untrained(study) == (
        "3 of 4 runs did not train, which figures and tables show: "
        f"{first} (failed to train: training accuracy 0.990, needed 0.995), {second} (diverged), "
        f"{third} (failed to train)"
    )


def test_of_many_five_are_named(study, end):
    for i in range(8):
        end(i, status="diverged")
    line = untrained(study)
    assert line.startswith("8 of 8 runs did not train")
    assert line.count("(diverged)") == 5
    assert line.endswith(", and 3 more")


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_a_damaged_record_is_left_to_who_needs_it(study, end, content):
    Path(end(0), "run.json").write_text(content)
    assert untrained(study) is None
