"""What the terminal and the files say of a run that ends without having trained."""

import json

RUN = "out/runs/glyphs10/small-mlp/base/T1000000/seed0"


def test_a_run_that_fails_to_train_says_so(workflow):
    """At T = 1e6 nothing moves."""
    with workflow.edited({"study.yaml": lambda text: text.replace("[1]", "[1, 1.0e+6]")}):
        done = workflow.snakemake(f"{RUN}/run.json", "--cores", "1", "--quiet", "all", folder="endings")
    assert done.returncode == 0, done.stderr
    site = workflow.root / "endings"
    record = json.loads((site / RUN / "run.json").read_text())
    assert record["status"] == "failed_to_train"
    assert record["train_accuracy"] < record["train_accuracy_needed"] == 0.2
    (line,) = [line for line in done.stderr.splitlines() if "did not train" in line]
    accuracy = f"training accuracy {record['train_accuracy']:.3f}, needed 0.200"
    assert line == (
        f"1 of 1 runs did not train, which figures and tables show: {RUN} (failed to train: {accuracy})"
    )
    (log,) = (site / "out/logs/train").rglob("*.log")
    assert "WARNING unpacking_softmax.training.loop: failed_to_train: training acc" in log.read_text()
