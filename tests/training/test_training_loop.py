"""The loop: rates, history, snapshots, status, and the same numbers from the same seed."""

import json
import logging

import numpy as np
import pytest
import torch
from plain_training import plain_training
from safetensors.torch import load_file
from torch.optim.swa_utils import update_bn

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.images.augment import normalise
from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.networks.door import new_network
from unpacking_softmax.study.paths import snapshot_file
from unpacking_softmax.training.loop import RESUME_FILE, train

RESNET8 = {"network": "resnet8", "width": None, "depth": None}


def differing(model, other):
    """Names of the tensors of two networks that are not equal bit by bit."""
    pairs = zip(model.state_dict().items(), other.state_dict().items(), strict=True)
    return [name for (name, value), (_, expected) in pairs if not torch.equal(value, expected)]


def logits_of(model, images, data):
    """float64 logits of uint8 images, from a plain forward pass."""
    mean, std = (torch.tensor(v)[:, None, None] for v in (data.mean, data.std))
    with torch.no_grad():
        return model.eval()((images / 255 - mean) / std).double().numpy()


def test_training_equals_a_plain_loop(make_data, make_settings, tmp_path):
    data = make_data(train=70)
    settings = make_settings(augment="crop-flip", temperature=3.0, recipe={"epochs": 3, "milestones": [1, 2]})
    expected, losses = plain_training(settings, data)
    trained = train(settings, data, tmp_path)
    for name, value in trained.model.state_dict().items():
        torch.testing.assert_close(value, expected.state_dict()[name], atol=2e-6, rtol=1e-5)
    assert [row["epoch"] for row in trained.history] == [0, 1, 2, 3]
    assert [row["loss"] for row in trained.history[1:]] == pytest.approx(losses, rel=1e-5)
    assert [row["rate"] for row in trained.history] == pytest.approx([0.05, 0.05, 0.005, 0.0005])
    assert np.isnan(trained.history[0]["loss"])
    assert not (tmp_path / RESUME_FILE).exists()


@pytest.mark.parametrize("network", [{}, RESNET8], ids=["mlp", "resnet8"])
def test_history_describes_the_logits_of_the_training_split(make_data, make_settings, tmp_path, network):
    """First row: the network as initialised, with torch's own batch statistics; last row: as returned."""
    data = make_data(size=16)
    settings = make_settings(temperature=4.0, **network)
    trained = train(settings, data, tmp_path)
    new = new_network(settings, data)
    mean, std = torch.tensor(data.mean), torch.tensor(data.std)
    update_bn([normalise(data.train.images, mean, std)], new)
    for row, model in (
        (trained.history[0], new),
        (trained.history[-1], trained.model),
    ):
        m = logits_of(model, data.train.images, data)
        powers = np.exp(m / 4)
        matrices = {
            "singular_values": m,
            "singular_values_centred": m - m.mean(1, keepdims=True),
            "singular_values_softmax": powers / powers.sum(1, keepdims=True),
        }
        for column, matrix in matrices.items():
            sigma = np.linalg.svd(matrix, compute_uv=False)
            np.testing.assert_allclose(row[column], sigma, atol=1e-5 * sigma[0])
        assert row["logits_norm"] == pytest.approx(np.linalg.norm(m), rel=1e-5)
        assert row["logits_norm_rms"] == pytest.approx(np.linalg.norm(m) / 8, rel=1e-5)
        assert row["train_accuracy"] == np.mean(m.argmax(1) == data.train.labels.numpy())
        test = logits_of(model, data.test.images, data)
        assert row["test_accuracy"] == np.mean(test.argmax(1) == data.test.labels.numpy())
    assert trained.status == "trained"


def test_seed_decides_all_numbers(make_data, make_settings, tmp_path):
    data = make_data(size=16)
    settings = make_settings(augment="crop-flip", **RESNET8)
    first = train(settings, data, tmp_path)
    torch.manual_seed(99)  # what ran before in the process does not matter
    second = train(settings, data, tmp_path)
    other = train({**settings, "seed": 1}, data, tmp_path)
    assert differing(first.model, second.model) == []
    assert "conv1.weight" in differing(first.model, other.model)
    seconds = [{k: v for k, v in row.items() if k != "seconds"} for row in first.history + second.history]
    assert json.dumps(seconds[:3]) == json.dumps(seconds[3:])


def test_divergence_keeps_the_last_finite_weights(make_data, make_settings, tmp_path):
    """The rate explodes in the second epoch: what is left is the training that stops after the first."""
    data = make_data()
    recipe = {"epochs": 4, "milestones": [1], "gamma": 1e12}
    trained = train(make_settings(recipe=recipe), data, tmp_path)
    stopped = train(make_settings(recipe={**recipe, "epochs": 1}), data, tmp_path)
    assert trained.status == "diverged"
    assert [row["epoch"] for row in trained.history] == [0, 1]
    assert differing(trained.model, stopped.model) == []


def test_evaluation_now_and_then_changes_no_training(make_data, make_settings, tmp_path):
    data = make_data()
    often = train(make_settings(recipe={"epochs": 5}), data, tmp_path / "often")
    seldom = train(make_settings(recipe={"epochs": 5, "evaluate_every": 2}), data, tmp_path / "seldom")
    assert [row["epoch"] for row in seldom.history if "logits_norm" in row] == [0, 1, 2, 4, 5]
    for ours, theirs in zip(seldom.history[1:], often.history[1:], strict=True):
        assert all(theirs[key] == value for key, value in ours.items() if key != "seconds")
    assert differing(seldom.model, often.model) == []


def test_divergence_between_evaluations(make_data, make_settings, tmp_path):
    """The rate explodes in the fourth epoch, and the third was not evaluated: it is, in the end."""
    recipe = {"epochs": 6, "milestones": [3], "gamma": 1e12}
    expected = train(make_settings(recipe=recipe), make_data(), tmp_path / "often")
    trained = train(make_settings(recipe={**recipe, "evaluate_every": 2}), make_data(), tmp_path / "seldom")
    assert trained.status == "diverged"
    assert trained.history[-1]["epoch"] == 3
    assert trained.history[-1]["logits_norm"] == expected.history[-1]["logits_norm"]


@pytest.mark.parametrize("epochs", [2, 3])
def test_divergence_in_the_last_update_of_an_epoch_is_seen(make_data, make_settings, tmp_path, epochs):
    """One batch an epoch: its loss is taken before the update that overflows."""
    data = make_data()
    recipe = {"epochs": epochs, "batch": 64, "milestones": [1], "gamma": 1e30}
    trained = train(make_settings(recipe=recipe), data, tmp_path)
    stopped = train(make_settings(recipe={**recipe, "epochs": 1}), data, tmp_path)
    assert trained.status == "diverged"
    assert [row["epoch"] for row in trained.history] == [0, 1]
    assert differing(trained.model, stopped.model) == []


def test_overflow_from_the_start_returns_the_initial_network(make_data, make_settings, tmp_path):
    """At T = 1e-39, logits / T overflows float32."""
    data, settings = make_data(), make_settings(temperature=1e-39)
    trained = train(settings, data, tmp_path)
    assert trained.status == "diverged"
    assert [row["epoch"] for row in trained.history] == [0]
    assert differing(trained.model, new_network(settings, data)) == []


@pytest.mark.parametrize("sizes", [(62, 2), (48, 16), (32, 12, 10, 10)])
def test_the_majoritys_answer_is_no_training_and_the_log_says_so(make_settings, tmp_path, caplog, sizes):
    """One grey image for all: nothing is learnt but which label is the commonest."""
    labels = torch.repeat_interleave(torch.tensor(sizes))
    split = Split(torch.full((64, 3, 8, 8), 100, dtype=torch.uint8), labels)
    data = Dataset("grey", split, split, (*"abcd"[: len(sizes)],), (0.3,) * 3, (0.2,) * 3, "one grey image")
    with caplog.at_level(logging.INFO):
        trained = train(make_settings(recipe={"epochs": 20, "batch": 64}), data, tmp_path)
    share = sizes[0] / 64
    assert trained.history[-1]["train_accuracy"] == share
    assert trained.status == "failed_to_train"
    record = caplog.records[-1]
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        f"failed_to_train: training accuracy {share:.4f}, needed {min(2 * share, (1 + share) / 2):.4f} "
        f"(the largest class alone has {share:.4f} of the images)"
    )


def test_the_log_ends_with_the_status(make_data, make_settings, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        assert train(make_settings(recipe={"epochs": 20}), make_data(), tmp_path).status == "trained"
    assert caplog.records[-1].getMessage().startswith("trained: training accuracy 1.0000, needed 0.5000 ")


def test_snapshots_hold_the_weights_after_their_epochs(make_data, make_settings, tmp_path):
    data = make_data()
    settings = make_settings(snapshots=[0, 1], recipe={"epochs": 3})
    train(settings, data, tmp_path)
    shorter = train({**settings, "recipe": {**settings["recipe"], "epochs": 1}}, data, tmp_path / "other")
    assert sorted(p.name for p in snapshot_file(tmp_path, 0).parent.iterdir()) == [
        "epoch0.safetensors",
        "epoch1.safetensors",
    ]
    for epoch, model in ((0, new_network(settings, data)), (1, shorter.model)):
        kept = load_file(snapshot_file(tmp_path, epoch))
        for name, value in model.state_dict().items():
            assert torch.equal(kept[name], value)


def test_mse_trains_by_its_own_loss(make_data, make_settings, tmp_path):
    settings = make_settings(variant={"loss": "mse"}, recipe={"learning_rate": 0.5})
    expected, losses = plain_training(settings, make_data())
    trained = train(settings, make_data(), tmp_path)
    assert [row["loss"] for row in trained.history[1:]] == pytest.approx(losses, rel=1e-5)
    torch.testing.assert_close(trained.model.fc.weight, expected.fc.weight, atol=2e-6, rtol=1e-5)


GROUPED = """
from torch import nn

def build(classes, image_size):
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, groups=3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, classes)
    )
"""


def test_snapshots_that_could_not_be_read_are_refused_before_the_training(
    make_data, make_settings, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grouped.py").write_text(GROUPED)
    settings = make_settings(network="grouped.py:build", width=None, depth=None, recipe={"epochs": 1})
    with pytest.raises(StudyError, match=r"grouped.py:build: 0 has 3 groups of channels, so that alignment"):
        train({**settings, "snapshots": [0]}, make_data(), tmp_path)
    assert len(train(settings, make_data(), tmp_path).history) == 2
