"""What run.json says of a training."""

import torch

from unpacking_softmax.study.paths import Run
from unpacking_softmax.training.loop import Trained
from unpacking_softmax.training.record import run_record, temperature_value


def row(epoch, **values):
    return {"epoch": epoch, "train_accuracy": 0.1, "test_accuracy": 0.2, "logits_norm": 3.0, **values}


def test_first_and_last_epoch_are_told_apart(make_data):
    history = [
        row(0),
        row(1, logits_norm=5.0),
        row(2, train_accuracy=0.9, test_accuracy=0.8, logits_norm=7.0),
    ]
    run = Run("tiny", "mlp", "base", "10", 1)
    trained = Trained(torch.nn.Linear(1, 1), history, "trained", 0.0)
    data, device = make_data(), torch.device("cpu")
    record = run_record(run, trained, {"temperature": 10.0, "seed": 1}, data, device, 12.34)
    assert record["initial_logits_norm"] == 3
    assert record["logits_norm"] == 7
    assert (record["train_accuracy"], record["test_accuracy"], record["epochs"]) == (0.9, 0.8, 2)
    assert (record["temperature_value"], record["status"], record["seconds"]) == (10, "trained", 12.3)
    assert (record["train_accuracy_needed"], record["largest_class_share"]) == (0.5, 0.25)
    assert record["run"] == run.identity
    assert record["data"]["sha256"] == data.sha256


def test_a_plain_temperature_is_its_own_value():
    assert temperature_value("0.5", []) == 0.5


def test_a_matched_temperature_is_what_was_measured(tmp_path):
    path = tmp_path / "Tmatch-resnet18.json"
    path.write_text('{"temperature": 0.31}')
    assert temperature_value("match-resnet18", [str(path)]) == 0.31
