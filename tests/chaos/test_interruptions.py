"""What each signal leaves in a real Snakemake, and random faults over a whole study."""

import os
import re
import signal
import time

import pytest
from faults import jobs_of, orphans

from chaos import held, play

pytestmark = pytest.mark.slow
RUN = "runs/glyphs10/small-mlp/base/T1/seed0"


@pytest.mark.parametrize(
    ("receiver", "number"),
    [
        ("job", signal.SIGKILL),
        ("job", signal.SIGTERM),
        ("Snakemake", signal.SIGKILL),
        ("all", signal.SIGKILL),
        ("all", signal.SIGTERM),
        ("all", signal.SIGINT),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_training_goes_on_from_the_resume_file(site, undisturbed, receiver, number):
    target = f"out/{RUN}/model.safetensors"
    resume_file = site.out / RUN / "resume.safetensors"
    snakemake = site.start(target, "--cores", "1")
    while not resume_file.exists():
        assert snakemake.poll() is None, snakemake.communicate()
        time.sleep(0.02)
    if receiver == "job":
        [(job, _)] = jobs_of(snakemake.pid)
        os.kill(job, number)
    else:
        (os.killpg if receiver == "all" else os.kill)(snakemake.pid, number)
    snakemake.communicate()
    assert snakemake.returncode != 0
    while orphans(site.folder):
        time.sleep(0.1)
    assert resume_file.exists()
    assert not (site.folder / target).exists()
    locked = receiver != "job" and number == signal.SIGKILL
    status, said = site.run(target, "--cores", "1")
    assert (status != 0) == locked == ("--unlock" in said)
    if locked:
        assert site.run("--unlock")[0] == 0
        assert site.run(target, "--cores", "1")[0] == 0
    log = (site.out / "logs" / "train" / f"{RUN[5:].replace('/', '.')}.log").read_text(encoding="utf-8")
    assert int(re.search(r"resuming \S+ after epoch (\d+)\n", log)[1]) > 0
    assert (site.folder / target).read_bytes() == (undisturbed.folder / target).read_bytes()


def test_random_faults(undisturbed):
    """The short form of `make chaos`; half the time that the study takes has room for all four faults."""
    result = play(undisturbed, seed=0, faults=4, within=undisturbed.seconds / 8)
    assert sum(result["faults"].values()) == 4
    assert held(result), result
