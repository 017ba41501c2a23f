"""Representations as read, against forward passes written out by hand."""

import pytest
import torch
import torch.nn.functional as F

from unpacking_softmax.artefacts.errors import ArtefactError
from unpacking_softmax.measures.features import Reader, open_reader, take
from unpacking_softmax.measures.spectrum import feature_subset
from unpacking_softmax.networks.door import new_network, save_weights

RESNET8 = {"network": "resnet8", "width": None, "depth": None}


@pytest.fixture
def mlp(make_data, make_settings):
    """The data that an untrained three-layer MLP belongs to, the MLP, and a reader of it."""

    def make(limit=100, batch=7, classes=4):
        data = make_data(classes=classes)
        model = new_network(make_settings(), data)
        return data, model, reader_of(model, "mlp", data, limit, batch)

    return make


def reader_of(model, name, data, limit, batch):
    return Reader(model, name, limit, batch, torch.tensor(data.mean), torch.tensor(data.std))


def by_hand(model, images, data):
    """The three representations of the MLP in float64, images normalised by the statistics of `data`."""
    mean, std = (torch.tensor(v, dtype=torch.float64)[:, None, None] for v in (data.mean, data.std))
    x = ((images.double() / 255 - mean) / std).flatten(1)
    representations = {}
    for name, layer in (("hidden1", model.hidden1.linear), ("hidden2", model.hidden2.linear)):
        x = (x @ layer.weight.double().T + layer.bias.double()).clamp_min(0)
        representations[name] = x
    representations["logits"] = x @ model.fc.weight.double().T + model.fc.bias.double()
    return {name: x.detach() for name, x in representations.items()}


def collect(reader, images, points=None):
    """The whole stream, {point: (n, d)}."""
    parts = [x for _, x in reader.stream(images, points or reader.model.points)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}


def test_stream_is_the_forward_pass(mlp):
    data, model, reader = mlp()
    read, expected = collect(reader, data.train), by_hand(model, data.train.images, data)
    assert list(read) == ["hidden1", "hidden2", "logits"]
    for name, x in read.items():
        assert x.dtype == torch.float32
        torch.testing.assert_close(x.double(), expected[name], atol=1e-5, rtol=1e-5)
    assert read["hidden1"].std() > 0.1


def test_rows_of_a_stream_tile_the_images(mlp):
    data, _, reader = mlp(batch=30)
    rows = [rows for rows, _ in reader.stream(data.train, reader.model.points)]
    assert rows == [slice(0, 30), slice(30, 60), slice(60, 64)]


def test_other_data_are_normalised_by_the_statistics_of_training(mlp, make_data):
    data, model, reader = mlp()
    other = make_data("dark", seed=5, brightness=0.3)
    assert abs(other.mean[0] - data.mean[0]) > 0.1
    read = collect(reader, other.test)
    expected, wrong = (by_hand(model, other.test.images, d) for d in (data, other))
    for name, x in read.items():
        torch.testing.assert_close(x.double(), expected[name], atol=1e-5, rtol=1e-5)
    assert (read["hidden1"] - wrong["hidden1"]).abs().max() > 0.1


def test_chosen_features_are_columns_and_the_same_for_all_data(mlp, make_data):
    data, model, reader = mlp(limit=5)
    for source in (data, make_data("other", seed=5)):
        read = collect(reader, source.test)
        expected = by_hand(model, source.test.images, data)
        for name in ("hidden1", "hidden2"):
            columns = feature_subset(16, 5, f"mlp/{name}")
            torch.testing.assert_close(read[name].double(), expected[name][:, columns], atol=1e-5, rtol=1e-5)


def test_logits_are_read_whole(mlp):
    data, model, reader = mlp(limit=5, classes=8)
    assert reader.dimensions(data.train) == {"hidden1": 5, "hidden2": 5, "logits": 8}
    logits = collect(reader, data.test)["logits"]
    expected = by_hand(model, data.test.images, data)["logits"]
    torch.testing.assert_close(logits.double(), expected, atol=1e-5, rtol=1e-5)


def test_convolutions_are_flattened_by_channel_then_place(make_data, make_settings):
    """First point of resnet8, from torch.nn.functional alone; the weights lie channels-last."""
    data = make_data(size=16)
    model = new_network(make_settings(**RESNET8), data)
    with torch.no_grad():
        model.bn1.running_mean.uniform_(-1, 1)
        model.bn1.running_var.uniform_(0.5, 2)
    reader = reader_of(model, "resnet8", data, 10_000, 10)
    mean, std = (torch.tensor(v)[:, None, None] for v in (data.mean, data.std))
    x = F.conv2d((data.test.images / 255 - mean) / std, model.conv1.weight, stride=2, padding=1)
    bn = model.bn1
    x = F.relu(F.batch_norm(x, bn.running_mean, bn.running_var, bn.weight, bn.bias))
    read = collect(reader, data.test, model.points[:1])
    (name,) = read
    assert name == model.points[0].name
    torch.testing.assert_close(read[name], x.detach().flatten(1), atol=1e-5, rtol=1e-5)
    dimensions = reader.dimensions(data.train)
    assert list(dimensions) == [point.name for point in model.points]
    # 16 channels of 8 x 8, three times; 32 of 4 x 4, twice; 128 of 2 x 2, twice; 4 classes.
    assert list(dimensions.values()) == [1024] * 3 + [512] * 4 + [4]


def test_evaluation_mode_and_no_hooks_left(make_data, make_settings):
    data = make_data(size=16)
    model = new_network(make_settings(**RESNET8), data).train()
    reader = reader_of(model, "resnet8", data, 20, 3)
    batched = collect(reader, data.test)
    assert model.bn1.num_batches_tracked == 0
    whole = collect(reader_of(model, "resnet8", data, 20, 100), data.test)
    for name, x in batched.items():
        torch.testing.assert_close(x, whole[name], atol=1e-5, rtol=1e-4)
    assert not any(module._forward_hooks for module in model.modules())


def test_open_reader_reads_the_saved_network(mlp, make_settings, tmp_path):
    data, model, _ = mlp()
    with torch.no_grad():
        model.fc.bias.add_(1)  # unlike any network that a seed gives
    path = tmp_path / "model.safetensors"
    save_weights(model, path)
    reader = open_reader(str(path), {**make_settings(), "features": 6, "batch": 9}, data)
    assert (reader.name, reader.limit, reader.batch) == ("mlp", 6, 9)
    read = collect(reader, data.test)
    torch.testing.assert_close(
        read["logits"].double(), by_hand(model, data.test.images, data)["logits"], atol=1e-5, rtol=1e-5
    )
    path.write_bytes(b"")
    with pytest.raises(ArtefactError, match=r"model\.safetensors"):
        open_reader(str(path), {**make_settings(), "features": 6, "batch": 9}, data)


def test_take_keeps_network_order(mlp):
    _, model, _ = mlp()
    assert take(model.points, ["logits", "hidden1"]) == [model.points[0], model.points[2]]
