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


def test_a_figure_that_cannot_be_drawn_again_stays_as_it_was_and_is_drawn_by_the_next_call(built):
    """A changed label asks for figures; a script that breaks cannot draw them."""
    figure = built.root / "site/out/figures/fig2.csv"
    text = figure.read_text()
    relabelled = {"study.yaml": lambda text: text.replace("columns: 1", "columns: 2")}
    broken = {"workflow/scripts/figure.py": lambda text: text.replace("style.apply()", "style.aply()")}
    with built.edited({**relabelled, **broken}):
        failed = built.snakemake("out/figures/fig2.csv", "--cores", "1")
    assert failed.returncode != 0
    assert figure.read_text() == text
    line = "kept as it was, to be made again by the next call: out/figures/fig2.csv"
    assert line in failed.stderr.splitlines()
    assert any(line.startswith("to go on, once mended") for line in failed.stderr.splitlines())
    with built.edited(relabelled):
        done = built.snakemake("out/figures/fig2.csv", "--cores", "1")
    assert "made: out/figures/fig2.pdf" in done.stderr.splitlines()
    assert "to do: 1 jobs" in done.stderr.splitlines()
