"""Measures on a machine that keeps running out of GPU memory: made to the same numbers, or not at all.

The allocator is injected: on a CPU, calls that would take a card's memory fail at random, in each of
the ways in which CUDA and its libraries say so. What cannot be had here is the card.
"""

import random
import threading
import time
from dataclasses import replace

import pytest
import torch

from table_5 import TABLE_5
from unpacking_softmax.images import dataset
from unpacking_softmax.machine import cards, memory
from unpacking_softmax.machine.memory import patiently
from unpacking_softmax.measures import extract as extraction
from unpacking_softmax.measures import passes, probing, spectrum
from unpacking_softmax.measures.dynamics import follow
from unpacking_softmax.measures.features import Reader
from unpacking_softmax.measures.memory import groups, in_groups
from unpacking_softmax.measures.shared_images import shared_images
from unpacking_softmax.networks.door import new_network, save_weights
from unpacking_softmax.study.paths import snapshot_file

SAID = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    torch.AcceleratorError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    RuntimeError("cusolver error: CUSOLVER_STATUS_INTERNAL_ERROR, when calling `cusolverDnCreate(handle)`"),
]
RESNET8 = {"network": "resnet8", "variant": {}, "width": None, "depth": None, "seed": 0}


@pytest.fixture(params=[0, 1, 2])
def scarce(monkeypatch, request):
    """Make the first call fail, then `share` of them at random; others hold the memory: it pays to wait."""
    draw, failed = random.Random(request.param), []
    monkeypatch.setattr(memory, "_others_hold_it", lambda: True)
    monkeypatch.setattr(memory, "release", lambda: None)
    monkeypatch.setattr(memory.time, "sleep", lambda seconds: None)

    def fail(owner, name, share):
        call, first = getattr(owner, name), [True]

        def flaky(*arguments, **keywords):
            if draw.random() < share or first:
                first.clear()
                failed.append(name)
                raise draw.choice(SAID)
            return call(*arguments, **keywords)

        monkeypatch.setattr(owner, name, flaky)

    fail.failed = failed
    return fail


def reader_on(data):
    mean, std = torch.tensor(data.mean), torch.tensor(data.std)
    return Reader(new_network(RESNET8, data).eval(), "resnet8", 60, 20, mean, std)


def test_extraction_keeps_the_same_bits(make_data, scarce, monkeypatch):
    data = make_data(size=16)
    reader = reader_on(data)
    expected = extraction.extract(reader, data)
    monkeypatch.setattr(extraction, "memory_budget", lambda device: 3 * 8 * 60**2)
    scarce(spectrum.Moments, "update", 0.1)
    scarce(spectrum.Moments, "spectrum", 0.15)
    scarce(spectrum.Moments, "within_projected", 0.15)
    found = patiently(extraction.extract, reader, data)
    assert scarce.failed
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], value) for name, value in expected.items())


def test_probes_keep_their_accuracies(make_data, scarce, monkeypatch):
    data = make_data(size=16)
    reader, settings = reader_on(data), {**vars(replace(TABLE_5, epochs=3, batch=16)), "seed": 0, "seeds": 1}
    expected = probing.probe_rows(reader, data, settings)
    scarce(probing, "fit_probes", 0.7)
    scarce(probing, "_features", 0.2)
    for row, alone in zip(patiently(probing.probe_rows, reader, data, settings), expected, strict=True):
        assert row == {**alone, "loss": pytest.approx(alone["loss"], rel=1e-5)}
    assert scarce.failed


def test_dynamics_keep_the_same_bits(make_data, scarce, tmp_path):
    data = make_data(size=16)
    for epoch in (0, 1):
        save_weights(new_network({**RESNET8, "seed": epoch}, data), snapshot_file(tmp_path, epoch))
    chosen = {"images": 16, "gradient_batch": 16, "positions": 4, "vectors": 3, "loss": "cross-entropy"}
    settings = {**RESNET8, **chosen, "features": 60, "batch": 8}
    images = shared_images(data, [make_data("other", seed=3, size=16)], settings)
    given = tmp_path, [0, 1], data, images, settings, 10.0
    expected = follow(*given)
    scarce(passes, "gradient_matrices", 0.1)
    scarce(spectrum.Moments, "update", 0.01)
    scarce(spectrum.Moments, "leading", 0.05)
    assert repr(patiently(follow, *given)) == repr(expected)
    assert scarce.failed


def test_a_data_set_is_loaded_when_there_is_room(make_data, scarce, tmp_path):
    data = make_data()
    dataset.save(data, tmp_path / "data.safetensors")
    scarce(dataset, "safe_open", 0.7)
    assert patiently(dataset.load, tmp_path / "data.safetensors").sha256 == data.sha256
    assert scarce.failed


class FullCard:
    """A card of so much memory, for jobs that are threads."""

    def __init__(self, size):
        self.free, self.lock, self.draw, self.failed = size, threading.Lock(), random.Random(0), 0

    def take(self, size):
        with self.lock:
            if size > self.free:
                self.failed += 1
                raise self.draw.choice(SAID)
            self.free -= size

    def give(self, size):
        with self.lock:
            self.free += size


def test_jobs_that_share_a_full_card_all_end_with_their_own_results(monkeypatch):
    """Eight jobs want 40 of 60 each in groups: none fails, though most find the card full."""
    card, results, sleep = FullCard(60), {}, time.sleep
    monkeypatch.setattr(memory, "_others_hold_it", lambda: card.free < 60)
    monkeypatch.setattr(memory.time, "sleep", lambda seconds: sleep(seconds / 500))
    monkeypatch.setattr(cards, "enlarge_share", lambda: False)
    sizes = {f"point {i}": 8 for i in range(6)}

    def job(number):
        def work(names):
            size = 8 * len(names)
            card.take(size)
            sleep(0.005)
            card.give(size)
            return {name: (number, name) for name in names}

        results[number] = in_groups(work, groups(sizes, 40))

    threads = [threading.Thread(target=job, args=(number,), daemon=True) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == {number: {name: (number, name) for name in sizes} for number in range(8)}
    assert card.failed
    assert card.free == 60
