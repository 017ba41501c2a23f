"""What every benchmark uses: the library, data of CIFAR-100's size, a clock that waits for the GPU."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch

Result = TypeVar("Result")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

from unpacking_softmax.images.dataset import Dataset, Split

IMAGES, TEST, CLASSES, BATCH, RATE = 50_000, 10_000, 100, 128, 0.01
MEAN, STD = (0.5,) * 3, (0.25,) * 3


def random_data(device: str = "cuda") -> Dataset:
    """A data set of CIFAR-100's size, without its content."""
    torch.manual_seed(0)
    images = torch.randint(0, 256, (IMAGES, 3, 32, 32), dtype=torch.uint8, device=device)
    labels = torch.arange(IMAGES, device=device) % CLASSES
    test = Split(images[:TEST], labels[:TEST])
    return Dataset(
        "random", Split(images, labels), test, tuple(map(str, range(CLASSES))), MEAN, STD, "random"
    )


def network_settings(network: str) -> dict:
    """A network of the paper as settings name it."""
    return {"network": network, "variant": {}, "width": None, "depth": None, "seed": 0}


def seconds(action: Callable[[], object]) -> float:
    """Wall seconds of an action on the GPU, to its end."""
    torch.cuda.synchronize()
    began = time.perf_counter()
    action()
    torch.cuda.synchronize()
    return time.perf_counter() - began


def with_peak(action: Callable[[], Result]) -> tuple[Result, float]:
    """What an action gives, and the largest sum of tensors on the GPU meanwhile, in GiB."""
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    return action(), torch.cuda.max_memory_allocated() / 2**30
