"""Rule extract: the second moments of a network's representations on one data set."""

import safetensors.torch
import torch

from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.artefacts.weights import check_accuracy
from unpacking_softmax.images import dataset
from unpacking_softmax.machine.arithmetic import pick_device
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.measures.activations import described
from unpacking_softmax.measures.extract import extract, extract_means
from unpacking_softmax.measures.features import open_reader
from unpacking_softmax.networks.accuracy import accuracy


def activations(device: str) -> tuple[dict[str, torch.Tensor], list[str]]:
    names = snakemake.wildcards
    trained_on = dataset.load(snakemake.input.dataset, device)
    reader = open_reader(snakemake.input.model, snakemake.params.settings, trained_on)
    if names.source == names.dataset:
        kept = extract(reader, trained_on)
    else:
        kept = extract_means(reader, dataset.load(snakemake.input.source, device))
    tensors = {name: value.contiguous().cpu() for name, value in kept.items()}
    if names.source == names.dataset:
        right = accuracy(tensors["test.logits"], tensors["test.labels"])
        check_accuracy(snakemake.input.model, right, len(tensors["test.labels"]))
    return tensors, [point.name for point in reader.model.points]


with job_log(snakemake.log[0]):
    torch.set_num_threads(snakemake.threads)
    device = pick_device(snakemake.resources.gpu_mem_mb)
    tensors, points = patiently(activations, str(device))
    with replacing(snakemake.output.activations) as draft:
        arrays = {name: value.numpy() for name, value in tensors.items()}
        metadata = described(snakemake.output.activations, points, arrays)
        safetensors.torch.save_file(tensors, draft, metadata)
