"""What is read from snapshots, against NumPy on matrices from forward and backward passes by hand."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.measures.dynamics import begin_snapshot, follow
from unpacking_softmax.measures.features import Reader
from unpacking_softmax.measures.shared_images import SharedImages, balanced, shared_images
from unpacking_softmax.measures.side_by_side import Aside
from unpacking_softmax.networks.door import load_weights, new_network
from unpacking_softmax.study.paths import snapshot_file
from unpacking_softmax.training.loop import train

RESNET8 = {"network": "resnet8", "width": None, "depth": None}
EVERY_POSITION = 10_000


@pytest.fixture
def case(make_data, make_settings):
    """A data set and an untrained network with a reader of all its features."""

    def make(batch=100, **changes):
        data = make_data(size=16, train=60)
        model = new_network(make_settings(**changes), data)
        mean, std = torch.tensor(data.mean), torch.tensor(data.std)
        return data, Reader(model, changes.get("network", "mlp"), 10_000, batch, mean, std)

    return make


def read(reader, own, others=None, positions=EVERY_POSITION, vectors=1, loss=F.cross_entropy, batch=None):
    """The three tables of a snapshot."""
    images = SharedImages("own", own, batch or own, others or {})
    with Aside(torch.device("cpu")) as aside:
        settings = {"positions": positions, "vectors": vectors}
        return begin_snapshot(reader, images, settings, loss, aside)()


def normalised(reader, images):
    return (images / 255 - reader.mean[:, None, None]) / reader.std[:, None, None]


def inputs(reader, images):
    """float64 input (rows, d) of every weight layer; of a convolution all im2col patches, by unfold."""
    seen = {}

    def keep(point, layer):
        def hook(module, given):
            x = given[0].detach()
            if isinstance(layer, torch.nn.Conv2d):
                x = F.unfold(x, layer.kernel_size, padding=layer.padding, stride=layer.stride)
                x = x.transpose(1, 2).flatten(0, 1)
            seen[point.name] = x.double().numpy()

        return layer.register_forward_pre_hook(hook)

    hooks = [keep(p, reader.model.get_submodule(p.weight)) for p in reader.model.points]
    with torch.no_grad():
        reader.model.eval()(normalised(reader, images))
    for hook in hooks:
        hook.remove()
    return seen


def weight(reader, point):
    return reader.model.get_submodule(point.weight).weight.detach().double().flatten(1).numpy()


# --- Which images ----------------------------------------------------------------------------------


def test_balanced_images_are_as_many_of_each_class():
    labels = torch.tensor([0] * 50 + [1] * 30 + [2] * 20)[torch.randperm(100)]
    images = torch.arange(100, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 1, 1)
    split = Split(images, labels)
    data = Dataset("x", split, split, ("a", "b", "c"), (0.5,) * 3, (0.5,) * 3, "")
    chosen = balanced(data, 31, "key")
    assert torch.bincount(chosen.labels).tolist() == [11, 10, 10]
    assert len(chosen.images.unique()) == 31
    assert torch.equal(labels[chosen.images[:, 0, 0, 0].long()], chosen.labels)
    assert torch.equal(balanced(data, 31, "key").images, chosen.images)
    assert not torch.equal(balanced(data, 31, "another").images, chosen.images)
    assert torch.bincount(balanced(data, 90, "key").labels).tolist() == [30, 30, 20]


def test_shown_images_are_of_the_training_splits(make_data):
    data, other = make_data(train=64), make_data("other", seed=3, train=40)
    images = shared_images(data, [other], {"images": 20, "gradient_batch": 1000})
    assert images.own.labels.bincount().tolist() == [5] * 4
    assert images.batch.labels.bincount().tolist() == [16] * 4
    assert images.others["other"].images.shape == (20, 3, 8, 8)
    as_many = shared_images(data, [], {"images": 20, "gradient_batch": 20})
    assert as_many.batch is as_many.own
    theirs = {image.numpy().tobytes() for image in other.train.images}
    assert {image.numpy().tobytes() for image in images.others["other"].images} <= theirs


# --- Alignment ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, RESNET8], ids=["mlp", "resnet8"])
def test_alignment_is_that_of_two_svds(case, changes):
    data, reader = case(**changes)
    rows = read(reader, data.train, vectors=6)["alignment"]
    matrices = inputs(reader, data.train.images)
    assert [row["index"] for row in rows] == list(range(1, len(matrices) + 1))
    for row, point in zip(rows, reader.model.points, strict=True):
        assert row["point"] == point.name
        v_w = np.linalg.svd(weight(reader, point))[2][:6]
        u_a = np.linalg.svd(matrices[point.name], full_matrices=False)[2][:6]
        expected = np.abs(v_w @ u_a.T)[: len(weight(reader, point))]
        assert (row["rows"], row["columns"]) == expected.shape
        np.testing.assert_allclose(np.reshape(row["matrix"], expected.shape), expected, atol=2e-3)
        assert row["max"] == max(row["matrix"])
        assert row["mean_row_max"] == pytest.approx(expected.max(1).mean(), abs=2e-3)


def test_a_weight_along_the_main_direction_of_its_input_is_aligned(case):
    data, reader = case()
    direction = np.linalg.svd(inputs(reader, data.train.images)["hidden1"])[2][0]
    with torch.no_grad():
        layer = reader.model.hidden1.linear
        layer.weight.copy_(torch.outer(torch.arange(1.0, 17.0), torch.tensor(direction)))
    first = read(reader, data.train, positions=4, vectors=3)["alignment"][0]
    assert first["max"] == first["matrix"][0] == pytest.approx(1, abs=1e-6)
    assert max(first["matrix"][1:3]) < 1e-3


def test_positions_are_the_same_for_every_batch_size_and_network(case):
    """Few positions of many: equal Gram matrices only where they are drawn by name alone."""
    for changes in (RESNET8, {**RESNET8, "seed": 5}):
        data, reader = case(batch=60, **changes)
        _, other = case(batch=7, **changes)
        first, second = (read(r, data.train, positions=4, vectors=5)["alignment"][0] for r in (reader, other))
        np.testing.assert_allclose(first["matrix"], second["matrix"], atol=1e-5)
    whole = read(reader, data.train, vectors=5)["alignment"][0]
    assert np.abs(np.subtract(whole["matrix"], first["matrix"])).max() > 1e-3


# --- Gradients ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, RESNET8], ids=["mlp", "resnet8"])
@pytest.mark.parametrize("batch", [7, 100])
def test_gradients_are_those_of_the_whole_batch(case, changes, batch):
    data, reader = case(batch=batch, **changes)

    def loss(logits, labels):
        return F.cross_entropy(logits / 10, labels)

    rows = read(reader, data.train, loss=loss)["gradients"]
    model = reader.model.eval()
    value = F.cross_entropy(model(normalised(reader, data.train.images)) / 10, data.train.labels)
    weights = [model.get_submodule(point.weight).weight for point in model.points]
    matrices = inputs(reader, data.train.images)
    for row, point, g in zip(rows, model.points, torch.autograd.grad(value, weights), strict=True):
        gradient, x = g.flatten(1).double().numpy(), matrices[point.name]
        assert (row["n"], row["d"]) == gradient.shape
        assert (row["input_n"], row["input_d"]) == x.shape
        for key, matrix in (("sigma", gradient), ("sigma_input", x)):
            expected = np.linalg.svd(matrix, compute_uv=False)
            np.testing.assert_allclose(row[key], expected, atol=2e-6 * expected[0])


def test_the_gradient_of_a_convolution_ends_at_the_rank_of_its_patches(case):
    """Eq. 3: grey images leave the first convolution 9 directions of 27."""
    data, reader = case(**RESNET8)
    images = data.train.images[:, :1].expand(-1, 3, -1, -1).contiguous()
    grey = Reader(reader.model, "resnet8", 10_000, 100, torch.full((3,), 0.5), torch.full((3,), 0.2))
    row = read(grey, Split(images, data.train.labels))["gradients"][0]
    for key in ("sigma", "sigma_input"):
        sigma = np.array(row[key])
        assert (sigma > 1e-5 * sigma[0]).sum() == 9


# --- Representations ---------------------------------------------------------------------------------


def eq_4(means, ood_mean):
    return np.mean([abs(m @ ood_mean) / np.linalg.norm(m) / np.linalg.norm(ood_mean) for m in means])


@pytest.mark.parametrize("changes", [{}, RESNET8], ids=["mlp", "resnet8"])
def test_spectra_and_orthodev_of_penultimate_features(case, make_data, changes):
    data, reader = case(batch=7, **changes)
    other = make_data("other", size=16, seed=7, train=30)
    rows = read(reader, data.train, {"other": other.train})["evolution"]
    assert len(rows) == 2 * (len(reader.model.points) + 1)
    own, ood = (
        next(row for row in rows if row["source"] == source and row["point"] == "penultimate")
        for source in ("own", "other")
    )
    x, z = (inputs(reader, d.train.images)["logits"] for d in (data, other))
    assert (own["index"], own["n"], own["d"]) == (len(reader.model.points) - 1, *x.shape)
    assert own["norm"] == pytest.approx(np.linalg.norm(x), rel=1e-6)
    assert np.isnan(own["orthodev"])
    means = np.stack([x[data.train.labels.numpy() == c].mean(0) for c in range(4)])
    assert ood["sigma"] is None
    assert ood["orthodev"] == pytest.approx(eq_4(means, z.mean(0)), abs=1e-6)
    centre = means.mean(0)
    assert ood["orthodev_centred"] == pytest.approx(eq_4(means - centre, z.mean(0) - centre), abs=1e-5)


@pytest.mark.parametrize("changes", [{}, RESNET8], ids=["mlp", "resnet8"])
def test_singular_values_are_those_of_the_last_hidden_point(case, changes):
    data, reader = case(batch=7, **changes)
    rows = read(reader, data.train, {"other": data.test})["evolution"]
    last = reader.model.points[-2]
    seen = []
    hook = reader.model.get_submodule(last.output).register_forward_hook(lambda *given: seen.append(given[2]))
    with torch.no_grad():
        reader.model.eval()(normalised(reader, data.train.images))
    hook.remove()
    sigma = np.linalg.svd(seen[0].flatten(1).double(), compute_uv=False)
    (row,) = (row for row in rows if row["sigma"] is not None)
    assert (row["source"], row["point"]) == ("own", last.name)
    np.testing.assert_allclose(row["sigma"], sigma, atol=1e-6 * sigma[0])


def test_fewer_images_than_features_and_classes(case, make_data):
    """Three images: three singular values, and class means of the three classes that are there."""
    data, reader = case()
    three = Split(data.train.images[:3], data.train.labels[:3])
    rows = read(reader, three, {"other": make_data("other", size=16).train})["evolution"]
    last = next(row for row in rows if row["sigma"] is not None)
    x = inputs(reader, three.images)["logits"]
    assert (last["point"], last["index"], last["n"], last["d"]) == ("hidden2", 2, 3, 16)
    np.testing.assert_allclose(last["sigma"], np.linalg.svd(x, compute_uv=False), rtol=1e-5)
    assert all(np.isfinite(row["orthodev"]) for row in rows if row["source"] == "other")


# --- Snapshots of a run --------------------------------------------------------------------------------


@pytest.fixture
def run(make_data, make_settings, tmp_path):
    """A trained run with snapshots; its folder, data and settings."""
    data = make_data()
    settings = make_settings(snapshots=[0, 1, 2], temperature=10.0)
    train(settings, data, tmp_path)
    reading = {"features": 100, "batch": 20, "images": 16, "gradient_batch": 32, "positions": 4, "vectors": 3}
    return tmp_path, data, {**settings, **reading, "loss": "cross-entropy"}


def test_every_snapshot_is_read_from_its_own_weights(run, make_data):
    folder, data, settings = run
    other = make_data("other", seed=4)
    found = follow(folder, [0, 1, 2], data, shared_images(data, [other], settings), settings, 10.0)
    assert {name: len(rows) for name, rows in found.items()} == {
        "alignment": 3 * 3,
        "evolution": 3 * 2 * 4,
        "gradients": 3 * 3,
    }
    for rows in found.values():
        assert sorted({row["epoch"] for row in rows}) == [0, 1, 2]
        json.dumps(rows[0])  # plain values
    # 16 images for alignment, 32 for gradients: the inputs beside these are those of their own images.
    images = shared_images(data, [other], settings)
    reader = Reader(
        new_network(settings, data), "mlp", 100, 20, torch.tensor(data.mean), torch.tensor(data.std)
    )
    load_weights(reader.model, snapshot_file(folder, 0), "mlp")
    expected = read(reader, images.batch, positions=4)["gradients"]
    assert (len(images.own.labels), len(images.batch.labels)) == (16, 32)
    for row, alone in zip(found["gradients"][:3], expected, strict=True):
        assert row["input_n"] == 32
        np.testing.assert_allclose(row["sigma_input"], alone["sigma_input"], rtol=1e-6)
    norms = [r["norm"] for r in found["evolution"] if r["point"] == "logits" and r["source"] == data.name]
    assert len(set(norms)) == 3
    again = follow(folder, [2], data, shared_images(data, [], settings), settings, 10.0)
    assert again["alignment"] == [row for row in found["alignment"] if row["epoch"] == 2]
    assert again["gradients"] == [row for row in found["gradients"] if row["epoch"] == 2]


def test_gradients_are_of_the_loss_at_the_temperature_of_the_run(run):
    """At initialisation softmax is nearly uniform: cross-entropy's gradient shrinks as 1/T."""
    folder, data, settings = run
    images = shared_images(data, [], settings)

    def largest(temperature, loss="cross-entropy"):
        found = follow(folder, [0], data, images, {**settings, "loss": loss}, temperature)
        return found["gradients"][-1]["sigma"][0]

    assert largest(1e3) / largest(1e4) == pytest.approx(10, rel=1e-2)
    # Softmax is p = 1/C: MSE's gradient is (2/C) p (e - mean e) / T, cross-entropy's is e / T.
    assert largest(1e4, "mse") / largest(1e4) == pytest.approx(2 / 4 / 4, rel=1e-2)
