"""Seconds for an epoch of training and for its evaluation, by network, on this machine's GPU.

    python benchmarks/epoch.py [network ...]

50,000 random images of 32 px and 100 classes, batch 128, crop and flip, the recipe's own step (one
CUDA graph, bfloat16 body). The first epoch, with capture and cuDNN's search, is not counted.
"""

import json
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "lib"))

from unpacking_softmax.images.augment import epoch_plan
from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.networks.weights import new_network
from unpacking_softmax.training.loop import CROP_PADDING, evaluate
from unpacking_softmax.training.recipe import Recipe, cross_entropy
from unpacking_softmax.training.step import Step

NETWORKS = ("resnet18", "resnet34", "resnet20", "vgg19", "mlp")
IMAGES, CLASSES, BATCH, RATE = 50_000, 100, 128, 0.01


def random_data() -> Dataset:
    """A data set of CIFAR-100's size, without its content."""
    torch.manual_seed(0)
    images = torch.randint(0, 256, (IMAGES, 3, 32, 32), dtype=torch.uint8, device="cuda")
    labels = torch.randint(0, CLASSES, (IMAGES,), device="cuda")
    test = Split(images[:10_000], labels[:10_000])
    classes = tuple(map(str, range(CLASSES)))
    return Dataset("random", Split(images, labels), test, classes, (0.5,) * 3, (0.25,) * 3, "random")


def seconds(action) -> float:
    """Wall seconds of an action on the GPU, to its end."""
    torch.cuda.synchronize()
    began = time.perf_counter()
    action()
    torch.cuda.synchronize()
    return time.perf_counter() - began


def measure(network: str, data: Dataset) -> dict:
    """Seconds an epoch, seconds an evaluation, peak bytes on the GPU."""
    torch.cuda.reset_peak_memory_stats()
    settings = {"network": network, "variant": {}, "width": None, "depth": None, "seed": 0}
    model = new_network(settings, data)
    recipe = Recipe(1, BATCH, RATE, 0.9, 1e-4, (), 0.1, "bf16")
    step = Step(model, data, recipe, cross_entropy, 1.0, CROP_PADDING)
    plans = [epoch_plan(IMAGES, BATCH, CROP_PADDING, True, 0, epoch) for epoch in range(3)]
    first, *counted = [seconds(lambda plan=plan: step.epoch(plan, RATE)) for plan in plans]
    _, *evaluations = [seconds(lambda: evaluate(model, data, 1.0)) for _ in plans]
    return {
        "network": network,
        "first_epoch": round(first, 2),
        "epoch": round(min(counted), 3),
        "evaluation": round(min(evaluations), 3),
        "peak_bytes": torch.cuda.max_memory_allocated(),
    }


if __name__ == "__main__":
    data = random_data()
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}", file=sys.stderr)
    for network in sys.argv[1:] or NETWORKS:
        print(json.dumps(measure(network, data)), flush=True)
