"""Rule dynamics: alignment, spectra, OrthoDev and gradients of a run's snapshots."""

from pathlib import Path

import torch

from unpacking_softmax.artefacts import reading, writing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.images import dataset
from unpacking_softmax.machine.arithmetic import pick_device
from unpacking_softmax.measures.dynamics import follow
from unpacking_softmax.measures.shown import shown
from unpacking_softmax.study.paths import run_of

with job_log(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    settings, given, device = snakemake.params.settings, snakemake.input, str(pick_device())
    data = dataset.load(given.dataset, device)
    images = shown(data, [dataset.load(path, device) for path in given.ood], settings)
    epochs = reading.snapshot_epochs(given.snapshots)
    temperature = reading.run_temperature(given.record)
    found = follow(Path(given.record).parent, epochs, data, images, settings, temperature)
    for kind, rows in found.items():
        writing.write_rows(rows, run_of(snakemake.wildcards).identity, snakemake.output[kind])
