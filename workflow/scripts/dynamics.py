"""Rule dynamics: alignment, spectra, OrthoDev, gradients and rescaled logits of a run's snapshots."""

from pathlib import Path

import torch

from unpacking_softmax.artefacts import reading, writing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.images import dataset
from unpacking_softmax.machine.arithmetic import pick_device
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.measures.dynamics import follow
from unpacking_softmax.measures.rescaled import rescaled_rows
from unpacking_softmax.measures.shared_images import shared_images
from unpacking_softmax.readings.stored import stored_rows
from unpacking_softmax.study.paths import run_of


def tables(device: str) -> dict[str, list[dict]]:
    settings, given = snakemake.params.settings, snakemake.input
    data = dataset.load(given.dataset, device)
    images = shared_images(data, [dataset.load(path, device) for path in given.ood], settings)
    epochs = reading.snapshot_epochs(given.snapshots)
    temperature = reading.run_temperature(given.record)
    folder = Path(given.record).parent
    found = follow(folder, epochs, data, images, settings, temperature)
    return found | {"rescaled": rescaled_rows(folder, epochs, data, images.own, settings, temperature)}


with job_log(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    device = pick_device(snakemake.resources.gpu_mem_mb)
    found, identity = patiently(tables, str(device)), run_of(snakemake.wildcards).identity
    for kind, rows in found.items():
        writing.write_rows(stored_rows(kind, rows), identity, snakemake.output[kind])
