"""Initial logits norms against direct forward passes, and the temperature matched to them."""

import copy

import numpy as np
import pandas as pd
import pytest
import torch
from torch.optim.swa_utils import update_bn

from unpacking_softmax.images.augment import normalise
from unpacking_softmax.networks.door import build
from unpacking_softmax.training import initial
from unpacking_softmax.training.calibration import matched_temperature
from unpacking_softmax.training.initial import BATCH, image_batches, initial_norms, with_data_statistics

SETTINGS = {"networks": 2, "images": 48, "depth": None, "width": None, "variant": {}}


@pytest.fixture(scope="module")
def data(make_data):
    return make_data(size=16)


def inputs(data, rows):
    mean, std = torch.tensor(data.mean), torch.tensor(data.std)
    return normalise(data.train.images[rows], mean, std)


def test_norms_are_those_of_one_forward_pass(data):
    """One batch: batch statistics in train mode, (0, 1) in eval mode, of torch's own batch norm."""
    rows = initial_norms({**SETTINGS, "network": "resnet8"}, data)
    assert [row["network"] for row in rows] == [0, 1]
    (chosen,) = image_batches(64, 48)
    for row in rows:
        torch.manual_seed(row["network"])
        model = build("resnet8", classes=4, image_size=16)
        with torch.no_grad():
            by_running = model.eval()(inputs(data, chosen)).double().norm().item()
            by_batch = model.train()(inputs(data, chosen)).double().norm().item()
        assert row["norm_eval"] == pytest.approx(by_running, rel=1e-5)
        assert row["norm_train_mode"] == pytest.approx(by_batch, rel=1e-5)
        assert row["norm_rms"] == pytest.approx(by_batch / 48**0.5, rel=1e-5)
        assert (row["n"], row["batch"]) == (48, 48)
        assert abs(by_batch / by_running - 1) > 0.1


def test_statistics_of_the_data_are_torchs_own(data, monkeypatch):
    """The mean over batches, as `torch.optim.swa_utils` takes it; the network given stays as it was."""
    monkeypatch.setattr(initial, "BATCH", 20)
    torch.manual_seed(0)
    model = build("resnet8", classes=4, image_size=16)
    expected = copy.deepcopy(model)
    batches = image_batches(64, 64)
    assert [len(rows) for rows in batches] == [16] * 4
    update_bn([inputs(data, rows) for rows in batches], expected)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = with_data_statistics(model, data)
    assert not found.training
    for name, value in found.state_dict().items():
        torch.testing.assert_close(value, expected.state_dict()[name], rtol=1e-4, atol=1e-5)
        assert torch.equal(model.state_dict()[name], before[name])
    assert not torch.allclose(found.state_dict()["bn1.running_var"], before["bn1.running_var"], rtol=0.1)


def test_without_batch_norm_there_is_nothing_to_settle(data):
    model = build("mlp", classes=4, image_size=16, width=8, depth=3)
    assert with_data_statistics(model, data) is model


def test_modes_agree_without_batch_norm_and_all_images_are_the_most(data):
    settings = {**SETTINGS, "network": "mlp", "width": 8, "depth": 3, "images": 10**6}
    first, second = initial_norms(settings, data)
    assert first["norm_eval"] == pytest.approx(first["norm_train_mode"])
    assert first["n"] == 64
    assert first["norm_eval"] != second["norm_eval"]


def test_norm_scales_as_the_last_layer(data):
    """N(0, s^2) without biases: twice s in each of three layers is eight times the norm."""

    def norm(std):
        variant = {"init": {"scheme": "normal", "std": std}}
        settings = {**SETTINGS, "network": "mlp", "width": 8, "depth": 3, "variant": variant}
        return initial_norms(settings, data)[0]["norm_train_mode"]

    assert norm(0.2) / norm(0.1) == pytest.approx(8, rel=1e-5)


def test_batches_are_near_equal_and_spread_over_sorted_classes():
    batches = image_batches(50_000, 10_000)
    assert len(batches) == 79
    assert {len(rows) for rows in batches} == {126, 127}
    rows = torch.cat(list(batches))
    assert len(rows.unique()) == 10_000
    assert rows.max() < 50_000
    # Were images sorted into 10 classes of 5,000, a tenth of a batch would be of each, give or take.
    counts = torch.bincount(batches[0] // 5000, minlength=10)
    assert counts.min() >= 3
    assert counts.max() <= 30
    assert torch.equal(torch.cat(list(image_batches(50_000, 10_000))), rows)
    assert [len(b) for b in image_batches(BATCH + 1, BATCH + 1)] == [65, 64]


def norms(*values):
    return pd.DataFrame({"norm_train_mode": values, "norm_eval": 7.0})


def test_matched_temperature_is_the_quotient_of_mean_norms():
    """Means 6 and 1.5, not the mean of quotients (2/1 + 10/2)/2 = 3.5."""
    assert matched_temperature(norms(2.0, 10.0), norms(1.0, 2.0)) == {
        "temperature": 4.0,
        "norm": 6.0,
        "reference_norm": 1.5,
        "networks": 2,
    }


def test_matched_temperature_gives_the_reference_norm(data):
    """A network four times as loud in its last layer, at T = 4, is the other network to softmax."""
    plain = initial_norms({**SETTINGS, "network": "mlp", "width": 8, "depth": 2,
                           "variant": {"init": {"scheme": "normal", "std": 0.1}}}, data)  # fmt: skip
    loud = initial_norms({**SETTINGS, "network": "mlp", "width": 8, "depth": 2,
                          "variant": {"init": {"scheme": "normal", "std": 0.2}}}, data)  # fmt: skip
    matched = matched_temperature(pd.DataFrame(loud), pd.DataFrame(plain))
    assert matched["temperature"] == pytest.approx(4, rel=1e-5)
    quotients = [
        a["norm_rms"] / matched["temperature"] / b["norm_rms"] for a, b in zip(loud, plain, strict=True)
    ]
    np.testing.assert_allclose(quotients, 1, rtol=1e-5)
