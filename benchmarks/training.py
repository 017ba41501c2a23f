"""Seconds for an epoch of training: the usual loop beside ours, by network, on this machine's GPU.

    python benchmarks/training.py [network ...]

50,000 random images of 32 px and 100 classes, batch 128, crop and flip. The usual loop: a DataLoader
with 16 workers and PIL transforms, float32 with TF32 convolutions, torch.optim.SGD. Ours: the whole
job of the study's recipe (a new process, compiling, capture, epochs, evaluation every ten), spread
over its epochs; the job's parts are measured, and added up as the recipe says. A study's first job
of a kind compiles (`cold`), the others find what it compiled.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

BEGAN = time.perf_counter()

import torch
import yaml
from common import BATCH, MEAN, RATE, ROOT, STD, network_settings, random_data, seconds
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from torchvision import transforms

from unpacking_softmax.images.augment import epoch_plan
from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.networks.door import new_network
from unpacking_softmax.networks.losses import cross_entropy
from unpacking_softmax.training.evaluate import evaluate
from unpacking_softmax.training.loop import CROP_PADDING
from unpacking_softmax.training.recipe import Recipe
from unpacking_softmax.training.step import Step

RECIPES = {"resnet18": "resnet", "resnet34": "resnet", "resnet20": "resnet", "vgg19": "vgg", "mlp": "mlp"}
WORKERS = 16


def recipe(network: str) -> Recipe:
    """The recipe of Table 4, as config/defaults.yaml states it."""
    defaults = yaml.safe_load((ROOT / "config" / "defaults.yaml").read_text(encoding="utf-8"))
    return Recipe.from_settings(defaults["recipes"][RECIPES[network]])


def job(network: str) -> dict:
    """Parts of a job in seconds, in this process: start, the first epoch with compiling and capture, an
    epoch, an evaluation, and the whole job's share of an epoch."""
    data, settings = random_data(), recipe(network)
    model = new_network(network_settings(network), data)
    step = Step(model, data, settings, cross_entropy, 1.0, CROP_PADDING, compiled=True)
    start = time.perf_counter() - BEGAN
    plans = [epoch_plan(len(data.train.labels), BATCH, CROP_PADDING, True, 0, epoch) for epoch in range(4)]
    first, *epochs = [seconds(lambda plan=plan: step.epoch(plan, RATE)) for plan in plans]
    _, *evaluations = [seconds(lambda: evaluate(model, data, 1.0)) for _ in range(3)]
    evaluated = 1 + sum(map(settings.evaluates_after, range(1, settings.epochs + 1)))
    epoch, evaluation = min(epochs), min(evaluations)
    whole = start + first + epoch * (settings.epochs - 1) + evaluation * evaluated
    return {
        "start": start,
        "first_epoch": first,
        "epoch": epoch,
        "evaluation": evaluation,
        "evaluation_share": evaluation * evaluated / (epoch * settings.epochs),
        "whole_job_an_epoch": whole / settings.epochs,
        "peak_gib": torch.cuda.max_memory_allocated() / 2**30,
    }


def ours(network: str) -> dict:
    """The second job of a study; of the first, which compiles, only what differs."""
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, __file__, "--job", network]
        environment = {**os.environ, "TORCHINDUCTOR_CACHE_DIR": cache}
        cold, warm = (
            json.loads(subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout)
            for _ in range(2)
        )
    return {**warm, "first_epoch_cold": cold["first_epoch"], "whole_cold": cold["whole_job_an_epoch"]}


class Images(TorchDataset):
    """The usual data set: one PIL image at a time through torchvision's transforms."""

    def __init__(self, data: Dataset):
        self.images, self.labels = data.train.images.cpu(), data.train.labels.cpu()
        self.transform = transforms.Compose(
            [
                transforms.ToPILImage(),
                transforms.RandomCrop(32, CROP_PADDING),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        )

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int):
        return self.transform(self.images[index]), int(self.labels[index])


def usual(network: str, data: Dataset) -> float:
    """Seconds of one epoch of the usual loop; a first one, with start-up, is not counted."""
    model = new_network(network_settings(network), data).to(memory_format=torch.contiguous_format)
    given = recipe(network)
    optimiser = torch.optim.SGD(
        model.parameters(), lr=RATE, momentum=given.momentum, weight_decay=given.weight_decay
    )
    loader = DataLoader(
        Images(data),
        BATCH,
        shuffle=True,
        drop_last=True,
        num_workers=min(WORKERS, os.cpu_count()),
        pin_memory=True,
        persistent_workers=True,
    )

    def epoch() -> None:
        model.train()
        for images, labels in loader:
            images, labels = images.cuda(non_blocking=True), labels.cuda(non_blocking=True)
            optimiser.zero_grad()
            nn.functional.cross_entropy(model(images), labels).backward()
            optimiser.step()

    torch.backends.cudnn.benchmark = True
    epoch()
    return seconds(epoch)


def rows(networks: list[str]) -> list[dict]:
    """A row for each network: ours, the usual loop, and how many times faster the whole job is."""
    data, found = random_data(), []
    for network in networks:
        row = {"work": f"{network}, s an epoch", **ours(network), "usual": usual(network, data)}
        row["ratio"] = row["usual"] / row["whole_job_an_epoch"]
        found.append(row)
        print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()}), flush=True)
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--job"]:
        print(json.dumps(job(sys.argv[2])))
    else:
        print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}", file=sys.stderr)
        rows(sys.argv[1:] or list(RECIPES))
