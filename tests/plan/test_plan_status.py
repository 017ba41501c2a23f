"""Where a study stands, read from made-up results, logs and what Snakemake keeps of its work."""

import json
import os
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from study_files import PROJECT, merged
from unpacking_softmax.plan import durations
from unpacking_softmax.plan.jobs import CUT_OFF, DONE, FAILED, MISSING, RUNNING, WAITING, jobs
from unpacking_softmax.plan.status import status
from unpacking_softmax.study.study import Study

# A log as `joblog.job_log` and `loop._report` write it.
TRAINING = (
    "2026-11-24 19:02:43 INFO unpacking_softmax.training.loop: epoch {}/164  loss 2.1  4.00 s  ETA {} s\n"
)
ERROR = (
    "2026-11-24 19:02:43 ERROR root: the job failed\nTraceback (most recent call last):\n"
    '  File "x.py", line 1, in f\nValueError: no such thing\n'
)
REFUSED = "2026-11-24 19:02:43 ERROR root: out/data/x: MD5 must be a, is b; replace it\n"


def run(seed, rule_file="run.json"):
    return f"out/runs/glyphs10/small-mlp/base/T1/seed{seed}/{rule_file}"


def log(rule, seed):
    return f"out/logs/{rule}/glyphs10.small-mlp.base.T1.seed{seed}.log"


def lay(path, text="", ago=0.0):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    moment = time.time() - ago
    os.utime(path, (moment, moment))


def mark(output, folder="incomplete", ago=0.0, text="{}"):
    lay(Path(".snakemake", folder, urlsafe_b64encode(output.encode()).decode()), text, ago)


def lock(*outputs):
    lay(".snakemake/locks/0.output.lock", "\n".join(outputs) + "\n")


@pytest.fixture
def study(tmp_path, monkeypatch):
    """One grid of a small MLP: train, spectra, probe, depth and collapse of each seed; nothing is there."""
    monkeypatch.chdir(tmp_path)
    for cached in (durations._benchmarks, durations._seconds):
        cached.cache_clear()
    config = merged(PROJECT / "tests" / "studies" / "reruns.yaml")
    return Study({**config, "seeds": [0, 1, 2]})


def of(study, rule, seed):
    (job,) = (job for job in jobs(study) if (job.rule, job.run.seed) == (rule, seed))
    return job


def test_an_empty_folder_lacks_everything(study):
    found = jobs(study)
    assert {job.state for job in found} == {MISSING}
    assert [job.rule for job in found[::3]] == ["train", "spectra", "probe", "depth", "collapse"]
    assert len(found) == 15


def test_done_is_all_that_a_job_makes(study):
    lay(run(0, "history.parquet"))
    assert of(study, "train", 0).state == MISSING
    lay(run(0))
    assert of(study, "train", 0).state == DONE


def test_a_training_says_its_epoch_and_what_is_left(study):
    lock(run(0), run(1))
    mark(run(0), ago=500)
    lay(log("train", 0), TRAINING.format(72, 364) + TRAINING.format(73, 360), ago=60)
    job = of(study, "train", 0)
    assert (job.state, job.note) == (RUNNING, "epoch 73/164")
    assert job.left == pytest.approx(300, abs=5)
    assert of(study, "train", 1).state == WAITING
    assert of(study, "train", 2).state == MISSING


def test_another_job_says_its_last_line(study):
    lock(run(0, "probes.parquet"))
    mark(run(0, "probes.parquet"), ago=60)
    lay(
        log("probe", 0),
        "2026-11-24 19:03:19 INFO unpacking_softmax.measures.probing: probing digits at a, b\n",
    )
    job = of(study, "probe", 0)
    assert (job.state, job.note, job.left) == (RUNNING, "probing digits at a, b", None)


def test_a_job_in_a_clusters_queue_waits(study):
    """It was handed over after its log of an earlier try was written, or has none."""
    lock(run(0), run(1))
    for seed in (0, 1):
        mark(run(seed), ago=60)
    lay(log("train", 0), TRAINING.format(73, 360), ago=500)
    assert {of(study, "train", seed).state for seed in (0, 1)} == {WAITING}


def test_a_job_without_its_snakemake_was_cut_off(study):
    """The mark is left, the lock was taken away by `--unlock`; a training goes on from its resume file."""
    mark(run(0), ago=60)
    history = json.dumps([{"epoch": 0}, {"epoch": 41}])
    header = json.dumps({"__metadata__": {"history": history}}).encode()
    lay(run(0, "resume.safetensors"), len(header).to_bytes(8, "little") + header + b"weights")
    job = of(study, "train", 0)
    assert (job.state, job.note) == (CUT_OFF, "goes on after epoch 41")
    for broken in (b"", b"\xff" * 20, (5).to_bytes(8, "little") + b"[1,2]"):
        lay(run(0, "resume.safetensors"), broken)
        assert of(study, "train", 0).note == ""


def test_a_failed_job_says_its_last_word(study):
    lay(log("train", 0), TRAINING.format(1, 1) + ERROR)
    lay(log("train", 1), REFUSED)
    assert of(study, "train", 0).state == of(study, "train", 1).state == FAILED
    assert of(study, "train", 0).note.endswith("ERROR root: the job failed: ValueError: no such thing")
    assert of(study, "train", 1).note == REFUSED.strip()


def test_a_job_that_died_without_a_word_failed_too(study):
    lay(log("train", 0), TRAINING.format(9, 600))
    assert of(study, "train", 0).state == FAILED
    # One that was finished once lost its outputs to somebody's hand.
    mark(run(0), folder="metadata", text='{"rule": "train"}')
    assert of(study, "train", 0).state == MISSING


def test_the_lines(study):
    lock(run(1), run(2), run(2, "probes.parquet"), "out/figures/fig1.pdf")
    lay(".snakemake/log/x.log")
    for name in ("run.json", "history.parquet", "spectra.parquet", "probes.parquet"):
        lay(run(0, name))
    mark(run(1), ago=300)
    lay(log("train", 1), TRAINING.format(73, 360))
    mark("out/figures/fig1.pdf")
    lay(log("depth", 0), REFUSED)
    lay("out/data/digits.safetensors")
    tsv = "s\th:m:s\n{}\t0:00:22\n"
    for rule, seconds in (("train", (500, 700)), ("probe", (100,)), ("depth", (10,)), ("spectra", ("-",))):
        for seed, value in enumerate(seconds):
            name = f"out/benchmarks/{rule}/glyphs10.small-mlp.base.T1.seed{seed}.tsv"
            lay(name, tsv.format(value))
    # Of another network, which does not count where this one was measured.
    lay("out/benchmarks/train/glyphs10.resnet8.base.T1.seed0.tsv", tsv.format(9999))
    lay("out/benchmarks/extract/glyphs10.small-mlp.base.T1.seed0.digits.tsv", tsv.format(50))
    name = "glyphs10/small-mlp/base/T1/seed"
    # Left: 360 s as the training says, 600 of the other; two probes, three depths; passes over two data sets
    # for each of three runs, since none has its collapse.
    seconds = 360 + 600 + 2 * 100 + 3 * 10 + 3 * 2 * 50
    assert seconds == 1490
    assert list(status(study)) == [
        "Re-run study (tests): 3 runs in out",
        "                 done  running  waiting  cut off   failed  missing",
        "  train             1        1        1                           ",
        "  spectra           1                                            2",
        "  probe             1                 1                          1",
        "  depth                                                 1        2",
        "  collapse                                                       3",
        "at work besides: 1 figure",
        "data sets 1/2, figures 0/2, tables 0/0",
        "running:",
        f"  train     {name}1: epoch 73/164, 6 min to go",
        "failed:",
        f"  depth     {name}0: {REFUSED.strip()}",
        f"            {log('depth', 0)}",
        "left: 25 min of work one job after another; not measured here yet: collapse, spectra",
    ]


def test_a_snakemake_that_is_silent_may_be_gone(study):
    lock(run(0))
    lay(".snakemake/log/x.log", ago=7200)
    assert any("nothing was said for 2.0 h: if Snakemake was killed" in line for line in status(study))
    lay(".snakemake/log/x.log")
    assert not any("killed" in line for line in status(study))


def test_nothing_left(study):
    for seed in (0, 1, 2):
        for name in ("run.json", "history.parquet", "spectra.parquet", "probes.parquet", "depth.parquet"):
            lay(run(seed, name))
        lay(run(seed, "collapse.parquet"))
    assert list(status(study))[-1].startswith("nothing is left but what is drawn")


def test_the_command_needs_no_torch_and_no_snakemake(tmp_path):
    """On a cluster's login node neither may be wanted."""
    code = (
        "import runpy, sys; sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "assert not {'torch', 'pandas', 'snakemake', 'safetensors'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", code, PROJECT / "workflow" / "status.py"]
    study = PROJECT / "tests" / "studies" / "tiny.yaml"
    done = subprocess.run([*command, study], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Tiny study (tests): ")
    (tmp_path / "study.yaml").write_text("seeds: 1\n")
    done = subprocess.run([*command, "study.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("error: config: ")
    assert list(tmp_path.iterdir()) == [tmp_path / "study.yaml"]
