"""Data small enough for a test, and settings of runs on it."""

import pytest
import torch

from unpacking_softmax.images.dataset import Dataset, Split

torch.set_num_threads(1)  # one worker of pytest-xdist a core; and sums in one order


@pytest.fixture(scope="session")
def make_data():
    """Make a data set whose classes differ by a pattern under noise: balanced, easy, seconds to learn."""

    def make(name="tiny", *, classes=4, size=8, train=64, test=24, seed=0, brightness=1.0) -> Dataset:
        generator = torch.Generator().manual_seed(seed)
        patterns = 255 * torch.rand(classes, 3, size, size, generator=generator)

        def split(n: int) -> Split:
            labels = torch.arange(n) % classes
            noise = 40 * torch.randn(n, 3, size, size, generator=generator)
            images = (brightness * (patterns[labels] + noise)).clamp(0, 255).to(torch.uint8)
            return Split(images, labels)

        names = tuple(f"class {i}" for i in range(classes))
        return Dataset.from_splits(name, split(train), split(test), names, "noise on random patterns")

    return make


@pytest.fixture
def make_settings():
    """Settings of a training as the workflow hands them over; keyword arguments replace some."""

    def make(*, recipe=None, **changes) -> dict:
        base = {
            "epochs": 2,
            "batch": 16,
            "learning_rate": 0.05,
            "momentum": 0.9,
            "weight_decay": 1e-2,
            "milestones": [1],
            "gamma": 0.1,
            "precision": "fp32",
        }
        return {
            "network": "mlp",
            "width": 16,
            "depth": 3,
            "variant": {},
            "temperature": 1.0,
            "seed": 0,
            "augment": "none",
            "snapshots": [],
            **changes,
            "recipe": {**base, **(recipe or {})},
        }

    return make
