"""What is kept of activations, against float64 SVDs of the representations themselves."""

import numpy as np
import pytest
import torch

from unpacking_softmax.measures import extract as module
from unpacking_softmax.measures.extract import extract, extract_means
from unpacking_softmax.measures.features import Reader
from unpacking_softmax.networks.door import new_network
from unpacking_softmax.networks.points import reading

RESNET8 = {"network": "resnet8", "width": None, "depth": None}


@pytest.fixture
def case(make_data, make_settings):
    """A data set and an untrained network with a reader of all its features."""

    def make(**changes):
        data = make_data(size=16, train=40)
        settings = make_settings(**changes)
        model = new_network(settings, data)
        mean, std = torch.tensor(data.mean), torch.tensor(data.std)
        return data, Reader(model, settings["network"], 10_000, 7, mean, std)

    return make


def representations(reader, images):
    """float64 matrices (n, d) of all points, from one plain forward pass."""
    seen = {}
    with torch.no_grad(), reading(reader.model.eval(), lambda name, x: seen.update({name: x.flatten(1)})):
        reader.model((images / 255 - reader.mean[:, None, None]) / reader.std[:, None, None])
    return {name: x.double().numpy() for name, x in seen.items()}


def assert_spectrum(kept, matrix):
    """Within the noise of float32 activations and of a Gram matrix, relative to sigma_1."""
    sigma = np.linalg.svd(matrix, compute_uv=False)
    assert kept.dtype == torch.float64
    np.testing.assert_allclose(kept.numpy(), sigma, atol=1e-6 * sigma[0])


@pytest.mark.parametrize("changes", [{}, RESNET8], ids=["mlp", "resnet8"])
def test_spectra_are_those_of_the_representations(case, changes):
    data, reader = case(**changes)
    kept = extract(reader, data)
    matrices = representations(reader, data.train.images)
    assert list(matrices) == [point.name for point in reader.model.points]
    for name, x in matrices.items():
        assert_spectrum(kept[f"{name}.spectrum"], x)
        np.testing.assert_allclose(kept[f"{name}.mean"].numpy(), x.mean(0), atol=1e-5)


def test_logits_of_both_splits(case):
    data, reader = case()
    kept = extract(reader, data)
    bias = reader.model.fc.bias.detach().double().numpy()
    for split, prefix in ((data.train, "logits."), (data.test, "logits.test_")):
        m = representations(reader, split.images)["logits"]
        assert_spectrum(kept[f"{prefix}spectrum"], m)
        assert_spectrum(kept[f"{prefix}spectrum_class_centred"], m - m.mean(1, keepdims=True))
        assert_spectrum(kept[f"{prefix}spectrum_without_bias"], m - bias)


def test_logits_and_labels_by_sample(case):
    data, reader = case()
    kept = extract(reader, data)
    for name, split in (("train", data.train), ("test", data.test)):
        expected = representations(reader, split.images)["logits"]
        np.testing.assert_allclose(kept[f"{name}.logits"].numpy(), expected, atol=1e-5)
        assert torch.equal(kept[f"{name}.labels"], split.labels)


@pytest.mark.parametrize("variant", [{"normalisation": "layernorm-logits"}, {"head_rank": 2}])
def test_a_head_without_a_bias_to_remove_has_no_such_spectrum(case, variant):
    """LayerNorm's bias is not the classifier's; a factored head has none."""
    data, reader = case(variant=variant)
    kept = extract(reader, data)
    assert not any(name.endswith("without_bias") for name in kept)
    m = representations(reader, data.train.images)["logits"]
    assert_spectrum(kept["logits.spectrum_class_centred"], m - m.mean(1, keepdims=True))


def test_memory_does_not_change_what_is_kept(case, monkeypatch):
    """One point at a time against all at once."""
    data, reader = case(**RESNET8)
    streams = []
    stream = Reader.stream

    def counted(self, images, points):
        streams.append([point.name for point in points])
        return stream(self, images, points)

    together = extract(reader, data)
    monkeypatch.setattr(module, "memory_budget", lambda device: 1)
    monkeypatch.setattr(Reader, "stream", counted)
    apart = extract(reader, data)
    for point in reader.model.points:
        assert [point.name] in streams
    assert together.keys() == apart.keys()
    for name, value in together.items():
        assert torch.equal(value, apart[name]), name


@pytest.mark.parametrize("changes", [{}, RESNET8], ids=["mlp", "resnet8"])
def test_class_moments_are_those_of_the_samples(case, changes):
    data, reader = case(**changes)
    kept = extract(reader, data)
    labels = data.train.labels.numpy()
    for name, x in representations(reader, data.train.images).items():
        groups = [x[labels == c] for c in range(4)]
        means = np.stack([group.mean(0) for group in groups])
        variances = [((group - group.mean(0)) ** 2).sum(1).mean() for group in groups]
        np.testing.assert_allclose(kept[f"{name}.class_means"].numpy(), means, atol=1e-5)
        np.testing.assert_allclose(kept[f"{name}.class_variances"].numpy(), variances, rtol=1e-4)
        between = ((means - x.mean(0)) ** 2).sum(1).mean()  # ten images of each class
        assert kept[f"{name}.within_trace"].item() == pytest.approx(np.mean(variances), rel=1e-4)
        assert kept[f"{name}.between_trace"].item() == pytest.approx(between, rel=1e-4)
        assert kept[f"{name}.between"].sum().item() == pytest.approx(between, rel=1e-4)


@pytest.mark.parametrize(
    "changes", [{}, RESNET8, {"variant": {"head_rank": 2}}], ids=["mlp", "resnet8", "head_rank"]
)
def test_head_maps_penultimate_features_to_logits(case, changes):
    data, reader = case(**changes)
    kept = extract(reader, data)
    for split in ("train", "test"):
        logits = kept[f"{split}.penultimate"] @ kept["head.weight"].T + kept["head.bias"]
        torch.testing.assert_close(logits, kept[f"{split}.logits"], atol=1e-5, rtol=1e-4)
    x = kept["train.penultimate"].double().numpy()
    assert_spectrum(kept["penultimate.spectrum"], x)


def test_penultimate_features_of_a_convolutional_network_are_channel_means(case):
    data, reader = case(**RESNET8)
    last = representations(reader, data.train.images)[reader.model.points[-2].name]
    expected = last.reshape(40, 128, 4).mean(2)
    np.testing.assert_allclose(extract(reader, data)["train.penultimate"].numpy(), expected, atol=1e-5)


def test_a_layer_after_the_classifier_leaves_no_head(case):
    data, reader = case(variant={"normalisation": "layernorm-logits"})
    assert not any(name.startswith("head.") for name in extract(reader, data))


def test_means_of_other_data_use_the_statistics_of_training(case, make_data):
    _, reader = case()
    other = make_data("dark", size=16, seed=5, brightness=0.3)
    kept = extract_means(reader, other)
    for name, x in representations(reader, other.train.images).items():
        np.testing.assert_allclose(kept[f"{name}.mean"].numpy(), x.mean(0), atol=1e-5)
    test = representations(reader, other.test.images)
    np.testing.assert_allclose(kept["test.logits"].numpy(), test["logits"], atol=1e-5)
    np.testing.assert_allclose(kept["test.penultimate"].numpy(), test["hidden2"], atol=1e-5)
    assert not any("spectrum" in name for name in kept)
