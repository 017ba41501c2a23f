"""Rule initial_norms: the logits norm of new networks, one row for each random initialisation."""

import torch

from unpacking_softmax.artefacts import writing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.images import dataset
from unpacking_softmax.machine.arithmetic import pick_device
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.training.initial import initial_norms

with job_log(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    device = pick_device(snakemake.resources.gpu_mem_mb)
    data = patiently(dataset.load, snakemake.input.dataset, str(device))
    rows = patiently(initial_norms, snakemake.params.settings, data)
    names = ("dataset", "architecture", "variant")
    identity = {name: snakemake.wildcards[name] for name in names}
    writing.write_rows(rows, identity, snakemake.output.norms)
