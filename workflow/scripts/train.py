"""Rule train: one network, from initialisation to the end of its recipe."""

import time
from pathlib import Path

import torch

from unpacking_softmax.artefacts import writing
from unpacking_softmax.artefacts.identity import sha256_of
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.images import dataset
from unpacking_softmax.machine.arithmetic import pick_device
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.networks.door import save_weights
from unpacking_softmax.study.paths import run_of
from unpacking_softmax.training.loop import RESUME_FILE, train
from unpacking_softmax.training.recipe import check_batch
from unpacking_softmax.training.record import run_record, snapshot_index, temperature_value

with job_log(snakemake.log[0]):
    began = time.monotonic()
    torch.set_num_threads(snakemake.threads)
    device, run = pick_device(snakemake.resources.gpu_mem_mb), run_of(snakemake.wildcards)
    settings = dict(snakemake.params.settings)
    settings["temperature"] = temperature_value(run.temperature, snakemake.input.calibration)
    data = patiently(dataset.load, snakemake.input.dataset, str(device))
    recipe = snakemake.config["architectures"][run.architecture]["recipe"]
    check_batch(recipe, settings["recipe"], data)
    folder = Path(snakemake.output.model).parent
    trained = patiently(train, settings, data, folder)
    save_weights(trained.model, snakemake.output.model)
    writing.write_rows(trained.history, run.identity, snakemake.output.history)
    kept = [row["epoch"] for row in trained.history if row["epoch"] in settings["snapshots"]]
    writing.write_record(snapshot_index(run, folder, kept), snakemake.output.snapshots)
    seconds = trained.seconds_before + time.monotonic() - began
    record = run_record(run, trained, settings, data, device, seconds)
    record["weights_sha256"] = sha256_of(snakemake.output.model)
    writing.write_record(record, snakemake.output.record)
    (folder / RESUME_FILE).unlink(missing_ok=True)
