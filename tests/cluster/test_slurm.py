"""A study on a real SLURM: the same numbers as here, whatever befalls its jobs."""

import time
from collections import Counter

import pytest
import slurm_faults
from slurm_host import PATIENCE, environment, scripts

pytestmark = pytest.mark.slurm
NAME = "glyphs10.small-mlp.base.T{}.seed0"
# Training of each temperature, once it has finished an epoch.
TRAININGS = {
    "1": slurm_faults.cancelled,
    "2": slurm_faults.requeued,
    "5": slurm_faults.preempted,
    "10": slurm_faults.without_its_node,
    "20": slurm_faults.out_of_time,
}


def test_a_figure_on_the_cluster_is_the_local_one(slurm, undisturbed, site):
    run = site.submit("out/figures/fig1.pdf")
    assert run.wait(PATIENCE) == 0, site.said
    assert site.numbers() == {"figures/fig1.csv": undisturbed.numbers()["figures/fig1.csv"]}
    jobs = slurm.jobs(site.folder)
    assert {job["JobState"] for job in jobs} == {"COMPLETED"}
    # Two data sets, two trainings, the measures of a run in one: nothing for the figure.
    assert Counter(job["Comment"].split("_wildcards_")[0] for job in jobs) == {
        "rule_prepare_dataset": 2,
        "rule_train": 2,
        "rule_" + NAME.format(1) + "_depth_extract_probe_spectra": 1,
        "rule_" + NAME.format(2) + "_depth_extract_probe_spectra": 1,
    }
    cards = {job["Comment"].startswith("rule_prepare"): job.get("TresPerJob") for job in jobs}
    assert cards == {True: None, False: "gres:gpu:1"}
    assert {job["NumCPUs"] for job in jobs} == {"1"}


def test_a_study_survives_what_befalls_its_jobs(slurm, undisturbed, site):
    run, struck, cards = site.submit("all_figures", "all_tables"), {}, set()
    until = time.monotonic() + PATIENCE
    while run.poll() is None and time.monotonic() < until:
        for temperature in TRAININGS.keys() - struck.keys():
            if "epoch 1/" in site.log("train", NAME.format(temperature)):
                job = _job(slurm, site, f"rule_train_wildcards_glyphs10_small-mlp_base_{temperature}_0")
                cards |= {_visible_cards(process) for process in scripts(job)}
                TRAININGS[temperature](slurm, job)
                struck[temperature] = job["JobId"]
        if "measures" not in struck and site.log("probe", NAME.format(1)):
            job = _job(slurm, site, "rule_" + NAME.format(1))
            slurm_faults.cancelled(slurm, job)
            struck["measures"] = job["JobId"]
        time.sleep(0.1)
    assert run.poll() == 0, site.said
    assert struck.keys() == {*TRAININGS, "measures"}
    assert site.numbers() == undisturbed.numbers()
    assert cards == {"0"}
    # Each was told to stop before it was killed, and went on from the epoch it had reached.
    logs = [site.log("train", NAME.format(temperature)) for temperature in TRAININGS]
    assert all(": resuming " in log for log in logs), logs
    books = {job["JobId"]: (job["JobState"], int(job["Restarts"])) for job in slurm.jobs(site.folder)}
    fate = {name: books[number] for name, number in struck.items()}
    # Snakemake submits these anew. The one out of time ends by itself where the notice comes first.
    assert {fate["1"], fate["measures"]} == {("CANCELLED", 0)}
    assert fate["20"][0] in ("FAILED", "TIMEOUT")
    # SLURM starts these again, under their old number.
    assert {fate["2"], fate["5"], fate["10"]} == {("COMPLETED", 1)}


def _job(slurm, site, comment):
    return next(job for job in slurm.jobs(site.folder) if job["Comment"].startswith(comment))


def _visible_cards(process):
    variables = dict(variable.split("=", 1) for variable in environment(process) if variable)
    return variables["CUDA_VISIBLE_DEVICES"]
