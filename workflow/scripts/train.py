"""Rule train: one network, from initialisation to the end of its recipe."""

import time
from pathlib import Path

import torch

from unpacking_softmax import tables
from unpacking_softmax.arithmetic import peak_memory, pick_device
from unpacking_softmax.images import dataset
from unpacking_softmax.joblog import job_log
from unpacking_softmax.networks.weights import save_weights
from unpacking_softmax.paths import run_of
from unpacking_softmax.provenance import runtime
from unpacking_softmax.training.loop import train

with job_log(snakemake.log[0]):
    began = time.monotonic()
    torch.set_num_threads(snakemake.threads)
    device, run = pick_device(), run_of(snakemake.wildcards)
    settings = snakemake.params.settings
    data = dataset.load(snakemake.input.dataset, str(device))
    resume_file = Path(snakemake.output.model).with_name("resume.safetensors")
    trained = train(settings, data, resume_file)
    save_weights(trained.model, snakemake.output.model)
    tables.write(trained.history, run.identity, snakemake.output.history)
    last = trained.history[-1]
    record = {
        "run": run.identity,
        "status": trained.status,
        "train_accuracy": last["train_accuracy"],
        "test_accuracy": last["test_accuracy"],
        "logits_norm": last["logits_norm"],
        "epochs": last["epoch"],
        "data": {"source": data.source, "sha256": data.sha256},
        "settings": settings,
        "runtime": runtime(device),
        "seconds": round(time.monotonic() - began, 1),
        "peak_memory_bytes": peak_memory(device),
    }
    tables.write_record(record, snakemake.output.record)
    resume_file.unlink(missing_ok=True)
