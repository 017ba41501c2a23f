"""Rule probe: linear probes at every point of a run, in and out of distribution."""

import torch

from unpacking_softmax.artefacts import writing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.artefacts.weights import check_accuracy
from unpacking_softmax.images import dataset
from unpacking_softmax.machine.arithmetic import pick_device
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.measures.features import open_reader
from unpacking_softmax.measures.probing import probe_rows
from unpacking_softmax.study.paths import run_of


def probes(device: str) -> list[dict]:
    settings = snakemake.params.settings
    trained_on = dataset.load(snakemake.input.dataset, device)
    reader = open_reader(snakemake.input.model, settings, trained_on)
    rows = probe_rows(reader, trained_on, settings["probes"])
    check_accuracy(snakemake.input.model, rows[0]["model_accuracy"], len(trained_on.test.labels))
    for path in snakemake.input.ood:
        rows += probe_rows(reader, dataset.load(path, device), settings["probes"])
    return rows


with job_log(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    device = pick_device(snakemake.resources.gpu_mem_mb)
    rows = patiently(probes, str(device))
    writing.write_rows(rows, run_of(snakemake.wildcards).identity, snakemake.output.probes)
