"""One registry of kinds of results: what else names them agrees with it."""

import re
from dataclasses import fields

import pytest
import yaml

from study_files import PROJECT
from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.kinds import KINDS, OF_RUNS, RUN, RUN_FOLDER
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Grid

# In rules: `rule <name>:`, what stands below it, in that the outputs.
RULE = re.compile(r"^rule (\w+):\n((?: .*\n|\n)*)", re.MULTILINE)
OUTPUTS = re.compile(r"^    output:\n((?: {8}.*\n)*)", re.MULTILINE)
# Jobs of one run and nothing else, but for its training.
MEASURES = {kind.rule for kind in KINDS.values() if set(RUN) <= set(kind.per)} - {"train"}
# What a rule makes in the place of another: weights that are imported, not trained.
INSTEAD = {"adopt": {"model", "record"}}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_path_tells_one_result_from_another(kind):
    wildcards = re.findall(r"{(\w+)}", kind.path)
    assert [name for name in wildcards if name not in ("results", "suffix")] == list(kind.per)


def test_what_a_table_begins_with():
    run = ["dataset", "architecture", "variant", "temperature", "seed"]
    assert KINDS["gradients"].header[:7] == [*run, "epoch", "point"]
    assert KINDS["initial_norms"].header[:4] == ["dataset", "architecture", "variant", "network"]
    assert all(len(set(kind.header)) == len(kind.header) for kind in KINDS.values())
    assert tuple(field.name for field in fields(Run)) == RUN


def test_a_grid_can_ask_for_it():
    asked = {kind.asked_by for kind in KINDS.values()} - {None}
    assert asked == {"ood", "detection", "snapshots", "history"}
    assert asked <= {field.name for field in fields(Grid)}


def test_what_is_read_of_a_record():
    assert tuple(tables.RECORDED) == KINDS["record"].columns


def test_each_rule_makes_the_kinds_that_name_it():
    made = {}
    for file in PROJECT.glob("workflow/rules/*.smk"):
        for rule, body in RULE.findall(file.read_text(encoding="utf-8")):
            found = OUTPUTS.search(body)
            made[rule] = set(re.findall(r'PATHS\("(\w+)"', found[1])) if found else set()
    assert {rule: kinds for rule, kinds in made.items() if kinds} == {
        rule: {kind.name for kind in KINDS.values() if kind.rule == rule}
        for rule in {kind.rule for kind in KINDS.values()}
    } | INSTEAD


def test_the_head_of_the_snakefile_names_every_place():
    head = (PROJECT / "Snakefile").read_text(encoding="utf-8").partition("\nfrom ")[0]
    lines = re.findall(r"^#( {3,})([{a-z].*)", head.partition("# Where results lie")[2], re.MULTILINE)
    named = set()
    for indented, line in lines:
        inside = f"{RUN_FOLDER}/" if len(indented) > 3 else ""
        named |= {inside + word for word in re.split(r" {2,}", line)[0].split()}
    named = {word for word in named if not word.endswith(("/", "/...", "/...,"))}
    places = {
        f"{RUN_FOLDER}/{{measure}}.parquet" if is_measure(kind) else kind.path for kind in KINDS.values()
    }
    assert named == places


def test_a_runs_measures_are_one_submission():
    groups = yaml.safe_load((PROJECT / "profiles" / "slurm" / "config.yaml").read_text(encoding="utf-8"))[
        "groups"
    ]
    assert set(groups) == MEASURES
    assert len(set(groups.values())) == 1


def is_measure(kind):
    return kind.name in OF_RUNS and kind.rule in MEASURES
