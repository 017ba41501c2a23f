"""Probes of a network's points: the rows, and that memory does not change them."""

from dataclasses import replace

import pandas as pd
import pytest
import torch

from table_5 import TABLE_5
from unpacking_softmax.measures import probing
from unpacking_softmax.measures.features import Reader
from unpacking_softmax.measures.probe import fit_probes, working_bytes
from unpacking_softmax.measures.probing import probe_rows
from unpacking_softmax.networks.door import new_network
from unpacking_softmax.networks.points import reading
from unpacking_softmax.training.loop import train

SHORT = replace(TABLE_5, steps=30, batch=16, learning_rate=1e-2)
SETTINGS = {**vars(SHORT), "seed": 3, "seeds": 2}


@pytest.fixture
def case(make_data, make_settings, tmp_path):
    """Data and a reader of an MLP trained a little, that is right on some images."""
    data, settings = make_data(), make_settings(recipe={"learning_rate": 0.02, "epochs": 1})
    model = train(settings, data, tmp_path).model
    return data, Reader(model, "mlp", 12, 7, torch.tensor(data.mean), torch.tensor(data.std))


def test_rows_are_those_of_probes_on_the_representations(case, make_data):
    """On data of another name: source, and features read with the statistics of training."""
    _, reader = case
    other = make_data("other", seed=9, train=48)
    rows = probe_rows(reader, other, SETTINGS)

    def features(split):
        parts = [x for _, x in reader.stream(split, reader.model.points)]
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}

    expected = fit_probes(
        features(other.train),
        other.train.labels,
        features(other.test),
        other.test.labels,
        classes=4,
        settings=SHORT,
        seeds=[3, 4],
    )
    assert [row["point"] for row in rows] == ["hidden1", "hidden1", "hidden2", "hidden2", "logits", "logits"]
    assert [row["index"] for row in rows] == [1, 1, 2, 2, 3, 3]
    assert [row["d"] for row in rows] == [12, 12, 12, 12, 4, 4]
    assert [row["probe_seed"] for row in rows] == [3, 4, 3, 4, 3, 4]
    for row in rows:
        assert (row["source"], row["n"]) == ("other", 48)
        result = expected[row["point"]][row["probe_seed"] - 3]
        for name in ("accuracy", "train_accuracy", "loss"):
            assert row[name] == pytest.approx(getattr(result, name), rel=1e-5)
    assert rows[0]["accuracy"] > 0.5


def test_model_accuracy_is_the_networks_own(case):
    data, reader = case
    seen = []
    with torch.no_grad(), reading(reader.model.eval(), lambda _, x: seen.append(x), reader.model.points[-1:]):
        reader.model((data.test.images / 255 - reader.mean[:, None, None]) / reader.std[:, None, None])
    expected = (seen[0].argmax(1) == data.test.labels).double().mean().item()
    assert 0 < expected < 1
    rows = probe_rows(reader, data, SETTINGS)
    assert [row["model_accuracy"] for row in rows] == [expected] * 6


def test_memory_does_not_change_the_rows(make_data, make_settings, monkeypatch):
    data = make_data(size=16)
    model = new_network(make_settings(network="resnet8", width=None, depth=None), data)
    reader = Reader(model, "resnet8", 40, 20, torch.tensor(data.mean), torch.tensor(data.std))
    fitted = []

    def noted(train, *rest, **settings):
        fitted.append(list(train))
        return fit_probes(train, *rest, **settings)

    monkeypatch.setattr(probing, "fit_probes", noted)
    together = probe_rows(reader, data, SETTINGS)
    names = [point.name for point in model.points]
    assert fitted == [names]
    # 88 images of 40 features in float32, and what two probe seeds take: three points at a time.
    size = 88 * 40 * 4 + working_bytes(40, 4, 2, replace(TABLE_5, batch=16), 4)
    for budget, groups in ((1, [[n] for n in names]), (3 * size, [names[:3], names[3:6], names[6:]])):
        fitted.clear()
        monkeypatch.setattr(probing, "memory_budget", lambda device, budget=budget: budget)
        apart = probe_rows(reader, data, SETTINGS)
        assert fitted == groups
        pd.testing.assert_frame_equal(pd.DataFrame(apart), pd.DataFrame(together), rtol=1e-4)


def test_out_of_memory_changes_no_row(make_data, make_settings, monkeypatch):
    """A GPU that has room for three points only, in training probes."""
    data = make_data(size=16)
    model = new_network(make_settings(network="resnet8", width=None, depth=None), data)
    reader = Reader(model, "resnet8", 40, 20, torch.tensor(data.mean), torch.tensor(data.std))
    together = probe_rows(reader, data, SETTINGS)

    def cramped(train, *rest, **settings):
        if len(train) > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return fit_probes(train, *rest, **settings)

    monkeypatch.setattr(probing, "fit_probes", cramped)
    apart = probe_rows(reader, data, SETTINGS)
    pd.testing.assert_frame_equal(pd.DataFrame(apart), pd.DataFrame(together), rtol=1e-4)
