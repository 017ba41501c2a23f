"""What the terminal says before anything runs."""

from pathlib import Path

import pytest

from study_files import altered, tiny
from unpacking_softmax.plan.forecast import to_come
from unpacking_softmax.plan.resources import Needs
from unpacking_softmax.study.paths import RUN_NAME
from unpacking_softmax.study.study import Study


@pytest.fixture
def study(tmp_path):
    return Study(altered(tiny(), "results", str(tmp_path / "out")))


def jobs(study, rule, *seconds):
    """A job of a rule for each of the study's first runs; where seconds are given, it was measured once."""
    runs = list(dict.fromkeys(run for grid in study.grids.values() for run in grid.runs()))
    for run, took in zip(runs, seconds, strict=False):
        path = Path(study.paths("benchmark"), rule, f"{RUN_NAME.format(**run.identity)}.tsv")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\n{took}\t-\n")
    return [(rule, {key: str(value) for key, value in run.identity.items()}) for run in runs[:2]]


def test_of_what_takes_no_time_only_the_number_of_jobs(study):
    assert to_come(study, [("figure", {"figure": "fig1"})], 2, card=False) == ["to do: 1 jobs"]


def test_what_was_never_measured_is_not_guessed_on_a_cpu(study):
    first, second = to_come(study, jobs(study, "train"), 2, card=False)
    assert first == "to do: 2 jobs; 2 networks to train (2 small-mlp)"
    assert second.startswith("computing on the CPU; how long it takes is not known yet")


def test_measured_jobs_give_the_time_side_by_side(study):
    """The mean of 100 and 300 seconds for each of two jobs, two at once."""
    _, second = to_come(study, jobs(study, "train", 100, 300), 2, card=False)
    assert second == "computing on the CPU, 2 at once: about 3 min, by what such jobs took here"


def test_on_a_card_what_jobs_need_stands_in_for_what_was_not_measured(study):
    found = jobs(study, "probe")
    run = next(iter(study.grids.values())).runs()[0]
    _, second = to_come(study, found, 1, card=True)
    assert Needs(study).probe(run).seconds < 50
    assert second == f"computing on a GPU, 1 at once: about {2 * Needs(study).probe(run).seconds:.0f} s, " + (
        "estimated for one H100"
    )
