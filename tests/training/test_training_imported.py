"""Weights that come from elsewhere: taken as they are, or refused in one line."""

import pytest
import torch
from safetensors.torch import save_file

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.networks.door import new_network
from unpacking_softmax.training.imported import imported
from unpacking_softmax.training.loop import train


@pytest.fixture
def trained(make_data, make_settings, tmp_path):
    """Settings, data, a training's result and its weights."""
    settings, data = make_settings(recipe={"epochs": 3}), make_data()
    result = train(settings, data, tmp_path)
    return settings, data, result, {name: value.clone() for name, value in result.model.state_dict().items()}


def test_imported_weights_have_the_accuracy_that_training_ended_with(trained, tmp_path):
    settings, data, result, weights = trained
    save_file(weights, tmp_path / "mine.safetensors")
    network = imported(settings, data, tmp_path / "mine.safetensors")
    assert (result.status, network.status) == ("trained", "imported")
    (row,) = network.history
    last = result.history[-1]
    for name in ("train_accuracy", "test_accuracy", "logits_norm"):
        assert row[name] == last[name]
    assert all(torch.equal(value, weights[name]) for name, value in network.model.state_dict().items())


def test_weights_that_tell_nothing_apart_have_failed(trained, tmp_path, caplog):
    settings, data, _, weights = trained
    save_file(
        {name: torch.zeros_like(value) for name, value in weights.items()}, tmp_path / "zero.safetensors"
    )
    assert imported(settings, data, tmp_path / "zero.safetensors").status == "failed_to_train"
    assert "Do its classes stand in the order of the data set's" in caplog.text


def test_half_precision_becomes_float32(trained, tmp_path):
    settings, data, _, weights = trained
    halves = {name: value.half() if value.is_floating_point() else value for name, value in weights.items()}
    save_file(halves, tmp_path / "half.safetensors")
    model = imported(settings, data, tmp_path / "half.safetensors").model
    assert all(torch.equal(value, halves[name].float()) for name, value in model.named_parameters())


def test_tensors_that_do_not_fit_are_named(trained, tmp_path):
    settings, data, _, weights = trained
    first, *rest = weights
    last = rest[-1]
    cases = {
        f"missing {first}": {name: weights[name] for name in rest},
        "unexpected a, b, c and 1 more": weights | {name: torch.zeros(1) for name in "abcd"},
        f"missing {first}; unexpected old": {"old": weights[first], **{name: weights[name] for name in rest}},
        f"{last} has the shape (1,), must have {tuple(weights[last].shape)}": weights
        | {last: torch.zeros(1)},
    }
    for said, tensors in cases.items():
        save_file(tensors, tmp_path / "other.safetensors")
        with pytest.raises(StudyError) as caught:
            imported(settings, data, tmp_path / "other.safetensors")
        assert str(caught.value).endswith(f"other.safetensors: not those of this network: {said}")


def test_files_that_are_none_are_said(trained, tmp_path):
    settings, data, _, weights = trained
    torch.save(weights, tmp_path / "pickled.safetensors")
    with pytest.raises(StudyError, match=r"pickled.safetensors: no safetensors .*convert_checkpoint"):
        imported(settings, data, tmp_path / "pickled.safetensors")
    name = next(name for name, _ in new_network(settings, data).named_parameters())
    save_file(weights | {name: weights[name] * torch.nan}, tmp_path / "nan.safetensors")
    with pytest.raises(StudyError, match=f"{name} holds values that are no numbers"):
        imported(settings, data, tmp_path / "nan.safetensors")
