"""The softmax of logits at another snapshot's norm, against the same worked in plain numpy."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from unpacking_softmax.measures.rescaled import rescaled_rows
from unpacking_softmax.training.loop import train

TEMPERATURE = 3.0


@pytest.fixture
def run(make_data, make_settings, tmp_path):
    data = make_data()
    settings = {**make_settings(snapshots=[0, 1, 2]), "features": 100, "batch": 20}
    return train(settings, data, tmp_path), data, settings, tmp_path


def by_hand(model, data):
    """(n, C) float64 logits of the training split."""
    x = data.train.images.double() / 255
    mean, std = (torch.tensor(s, dtype=torch.float64).view(3, 1, 1) for s in (data.mean, data.std))
    with torch.no_grad():
        return model.double().eval()((x - mean) / std).numpy()


def softmax(m):
    e = np.exp(m - m.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_rows_of_every_pair_of_snapshots(run):
    trained, data, settings, folder = run
    rows = rescaled_rows(folder, [0, 1, 2], data, data.train, settings, TEMPERATURE)
    assert [(row["epoch"], row["norm_epoch"]) for row in rows] == [(e, f) for e in range(3) for f in range(3)]
    found = {(row["epoch"], row["norm_epoch"]): row for row in rows}
    logits = by_hand(trained.model, data)
    norm = np.linalg.norm(logits)
    assert found[2, 2]["norm"] == found[0, 2]["norm"] == pytest.approx(norm, rel=1e-5)
    assert (found[2, 2]["n"], found[2, 2]["d"]) == logits.shape
    for other in range(3):
        scaled = logits * (found[other, other]["norm"] / norm)
        expected = np.linalg.svd(softmax(scaled / TEMPERATURE), compute_uv=False)
        np.testing.assert_allclose(found[2, other]["sigma"], expected, rtol=1e-4, atol=1e-5)


def test_a_network_whose_logits_are_zero_stays_at_zero(run):
    """It has no direction to be scaled along: its softmax is uniform at any norm, of rank one."""
    _, data, settings, folder = run
    path = folder / "snapshots" / "epoch0.safetensors"
    tensors = load_file(path)
    for name in tensors:
        if name.startswith("fc."):
            tensors[name] = torch.zeros_like(tensors[name])
    save_file(tensors, path)
    found = {
        (row["epoch"], row["norm_epoch"]): row
        for row in rescaled_rows(folder, [0, 1], data, data.train, settings, TEMPERATURE)
    }
    assert found[0, 0]["norm"] == 0
    for other in (0, 1):
        top, second, *_ = found[0, other]["sigma"]
        n, d = found[0, other]["n"], found[0, other]["d"]
        assert top == pytest.approx((n / d) ** 0.5)
        assert second < 1e-6
