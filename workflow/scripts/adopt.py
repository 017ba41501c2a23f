"""Rule adopt: a run whose weights were trained elsewhere."""

import math
import time

import torch

from unpacking_softmax.artefacts import writing
from unpacking_softmax.artefacts.identity import sha256_of
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.images import dataset
from unpacking_softmax.machine.arithmetic import pick_device
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.networks.door import save_weights
from unpacking_softmax.study.paths import run_of
from unpacking_softmax.training.imported import imported
from unpacking_softmax.training.record import run_record, temperature_value

with job_log(snakemake.log[0]):
    began = time.monotonic()
    torch.set_num_threads(snakemake.threads)
    device, run = pick_device(snakemake.resources.gpu_mem_mb), run_of(snakemake.wildcards)
    settings = dict(snakemake.params.settings)
    settings["temperature"] = temperature_value(run.temperature, [])
    data = patiently(dataset.load, snakemake.input.dataset, str(device))
    network = patiently(imported, settings, data, snakemake.input.weights)
    save_weights(network.model, snakemake.output.model)
    record = run_record(run, network, settings, data, device, time.monotonic() - began)
    # Of the training nothing is known.
    record |= {"epochs": None, "initial_logits_norm": math.nan}
    record["weights_sha256"] = sha256_of(snakemake.output.model)
    record["imported_sha256"] = sha256_of(snakemake.input.weights)
    writing.write_record(record, snakemake.output.record)
