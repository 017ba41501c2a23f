"""What extraction keeps for neural collapse and detection, against plain sums over the samples."""

import numpy as np
import pytest
import torch

from unpacking_softmax.measures.extract import extract, extract_means
from unpacking_softmax.measures.features import Reader
from unpacking_softmax.networks.door import new_network

RESNET8 = {"network": "resnet8", "width": None, "depth": None}


@pytest.fixture
def case(make_data, make_settings):
    """A data set whose last batch is short, and an untrained network with a reader of 5 features a point."""

    def make(**changes):
        data = make_data(size=16, train=40)
        settings = make_settings(**changes)
        mean, std = torch.tensor(data.mean), torch.tensor(data.std)
        return data, Reader(new_network(settings, data), settings["network"], 5, 7, mean, std)

    return make


@pytest.mark.parametrize("changes", [{}, RESNET8], ids=["mlp", "resnet8"])
def test_penultimate_is_whole_and_leads_to_the_logits(case, changes):
    data, reader = case(**changes)
    kept = extract(reader, data)
    for split, images in (("train", data.train.images), ("test", data.test.images)):
        features = kept[f"{split}.penultimate"]
        assert features.shape == (len(images), reader.model.fc.in_features)
        assert features.dtype == torch.float32
        logits = features @ kept["head.weight"].T + kept["head.bias"]
        torch.testing.assert_close(logits, kept[f"{split}.logits"], atol=1e-5, rtol=1e-5)


def test_moments_of_classes(case):
    data, reader = case()
    kept = extract(reader, data)
    x, labels = kept["train.penultimate"].double().numpy(), data.train.labels.numpy()
    means = np.stack([x[labels == c].mean(0) for c in range(4)])
    assert kept["penultimate.class_means"].dtype == torch.float32
    np.testing.assert_allclose(kept["penultimate.class_means"], means, rtol=1e-6)
    squares = np.square(x - means[labels]).sum(1)
    variances = [squares[labels == c].mean() for c in range(4)]
    np.testing.assert_allclose(kept["penultimate.class_variances"], variances)
    within = (x - means[labels]).T @ (x - means[labels]) / len(x)
    between = np.cov(means.T, bias=True)  # balanced classes
    assert kept["penultimate.within_trace"].item() == pytest.approx(np.trace(within))
    assert kept["penultimate.between_trace"].item() == pytest.approx(np.trace(between))
    trace = (kept["penultimate.within"].diagonal() / kept["penultimate.between"]).sum().item()
    assert trace == pytest.approx(np.trace(within @ np.linalg.pinv(between)))
    for point in reader.model.points[:-1]:
        assert kept[f"{point.name}.class_means"].shape == (4, 5)


def test_low_rank_head_is_kept_as_one_map(case):
    data, reader = case(variant={"head_rank": 2})
    kept = extract(reader, data)
    logits = kept["train.penultimate"] @ kept["head.weight"].T + kept["head.bias"]
    torch.testing.assert_close(logits, kept["train.logits"], atol=1e-5, rtol=1e-5)


def test_no_head_where_layernorm_follows_it(case):
    data, reader = case(variant={"normalisation": "layernorm-logits"})
    assert not any(name.startswith("head.") for name in extract(reader, data))


def test_each_split_is_read_once(case, monkeypatch):
    data, reader = case()
    reads = []
    stream = Reader.stream

    def counted(self, images, points):
        reads.append(len(images))
        return stream(self, images, points)

    monkeypatch.setattr(Reader, "stream", counted)
    extract(reader, data)
    assert sorted(reads) == [1, len(data.test.images), len(data.train.images)]  # one image: dimensions


def test_means_of_other_data(case, make_data):
    _, reader = case(**RESNET8)
    other = make_data("other", size=16, seed=1, classes=3, train=30)
    kept, whole = extract_means(reader, other), extract(reader, other)
    names = [point.name for point in reader.model.points] + ["penultimate"]
    expected = {*(f"{name}.mean" for name in names), "test.logits", "test.penultimate"}
    assert kept.keys() == expected
    for name, value in kept.items():
        torch.testing.assert_close(value, whole[name])
