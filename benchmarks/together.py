"""Several trainings on one card: seconds an epoch of each, with and without NVIDIA's MPS.

    python benchmarks/together.py [network:jobs ...]

Each training is a process of its own, as a workflow's jobs are, over the same data as
benchmarks/training.py. Only epochs are counted during which all of them train. With MPS the
processes' kernels run side by side; without, the card takes turns between them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

DEFAULT = ("resnet18:1", "resnet18:2", "resnet18:4", "mlp:1", "mlp:12")
SECONDS = 15.0  # that all train together


def worker(network: str) -> None:
    """Train until stopped; print the clock at the end of each epoch, and the GPU memory taken so far."""
    import torch
    from common import BATCH, RATE, network_settings, random_data

    from training import recipe
    from unpacking_softmax.images.augment import epoch_plan
    from unpacking_softmax.networks.door import new_network
    from unpacking_softmax.networks.losses import cross_entropy
    from unpacking_softmax.training.loop import CROP_PADDING
    from unpacking_softmax.training.step import Step

    data = random_data()
    model = new_network(network_settings(network), data)
    step = Step(model, data, recipe(network), cross_entropy, 1.0, CROP_PADDING, compiled=True)
    plan = epoch_plan(len(data.train.labels), BATCH, CROP_PADDING, True, 0, 0)
    while True:
        step.epoch(plan, RATE)
        print(time.time(), torch.cuda.max_memory_allocated() / 2**30, flush=True)


def together(network: str, jobs: int, mps: bool) -> dict:
    """Start the jobs, let them train together, and stop them."""
    command = [sys.executable, __file__, "--worker", network]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(jobs)]
    try:
        begins = max(float(job.stdout.readline().split()[0]) for job in started)  # all have finished an epoch
        time.sleep(SECONDS)
        ends = time.time()
    finally:
        for job in started:
            job.terminate()
    said = [
        [[float(n) for n in line.split()] for line in job.communicate()[0].splitlines()] for job in started
    ]
    epochs = [[clock for clock, _ in lines if begins <= clock <= ends] for lines in said]
    each = sum((e[-1] - e[0]) / (len(e) - 1) for e in epochs) / jobs
    return {
        "work": f"{network}, {jobs} at once",
        "mps": mps,
        "epoch": each,
        "epoch_a_run": each / jobs,
        "peak_gib": sum(lines[-1][1] for lines in said),
    }


def rows(cases: list[str]) -> list[dict]:
    """Every case without MPS, then those of several jobs with it, where it can be started."""
    pairs = [(network, int(jobs)) for network, jobs in (case.split(":") for case in cases)]
    found = [_said(together(network, jobs, False)) for network, jobs in pairs]
    with mps() as started:
        several = [pair for pair in pairs if pair[1] > 1] if started else []
        return found + [_said(together(network, jobs, True)) for network, jobs in several]


def _said(row: dict) -> dict:
    print(json.dumps(row), flush=True)
    return row


@contextmanager
def mps() -> Iterator[bool]:
    """MPS for children of this process, while the context lasts; False where it cannot be started."""
    if not shutil.which("nvidia-cuda-mps-control"):
        print("no MPS on this machine", file=sys.stderr)
        yield False
        return
    before = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"CUDA_MPS_PIPE_DIRECTORY": folder, "CUDA_MPS_LOG_DIRECTORY": folder}
        try:
            yield subprocess.run(["nvidia-cuda-mps-control", "-d"], check=False).returncode == 0
        finally:
            subprocess.run(["nvidia-cuda-mps-control"], input="quit\n", text=True, check=False)
            for name in ("CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY"):
                os.environ.pop(name)
            os.environ |= before


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2])
    else:
        rows(sys.argv[1:] or list(DEFAULT))
