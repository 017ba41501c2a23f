"""What is said before networks are trained again, and of results that other code made."""

import json

from study_files import PROJECT
from unpacking_softmax.artefacts.provenance import code_hash
from unpacking_softmax.plan.accepted import Accepted
from unpacking_softmax.plan.beginning import Remark, other_code, trained_again

SCRIPTS = PROJECT / "workflow" / "scripts"


def run(root, name, *files):
    (root / name).mkdir()
    for file in files:
        (root / name / file).touch()
    return str(root / name / "model.safetensors")


def test_only_networks_with_results_and_without_weights_are_named(tmp_path):
    """Of one to be trained for the first time, and of one whose setting changed, nothing is said."""
    new = run(tmp_path, "new")
    whole = run(tmp_path, "whole", "run.json", "model.safetensors")
    came = [run(tmp_path, f"came{i}", "run.json") for i in range(7)]
    assert trained_again([new, whole]) is None
    line = trained_again([new, *came, whole])
    assert line.startswith("7 of the networks")
    named = ", ".join(str(tmp_path / f"came{i}") for i in range(5))
    assert f": {named}, and 2 more; " in line


def test_a_message_has_a_remark_where_weights_are_missing(tmp_path):
    message = "Training{remark:{model}}"
    came, new = run(tmp_path, "came", "run.json"), run(tmp_path, "new")
    assert message.format(remark=Remark(), model=new) == "Training"
    said = "Training (again: its results are here, its weights are not)"
    assert message.format(remark=Remark(), model=came) == said


def test_rules_are_named_whose_code_is_another(tmp_path):
    ours, path = code_hash(SCRIPTS / "depth.py"), tmp_path / "accepted_code.json"
    accepted = Accepted(path)
    assert other_code({"depth": {ours}, "theory": {"0" * 16}}, SCRIPTS, accepted) is None
    for made in ({"0" * 16}, {"0" * 16, ours}):
        assert other_code({"depth": made}, SCRIPTS, accepted).startswith("made by other code than is here")
    # Code that was accepted for the older one's goes by its hash.
    path.write_text(json.dumps({"depth": {ours: {"stands_for": "0" * 16}}}))
    assert other_code({"depth": {"0" * 16}}, SCRIPTS, Accepted(path)) is None
