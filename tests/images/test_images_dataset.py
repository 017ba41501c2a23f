import hashlib

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from unpacking_softmax.artefacts.errors import ArtefactError
from unpacking_softmax.images.dataset import Dataset, Split, channel_statistics, load, save
from unpacking_softmax.images.protocol import in_batches


def small(seed: int = 0) -> Dataset:
    generator = torch.Generator().manual_seed(seed)
    splits = [
        Split(
            torch.randint(256, (n, 3, 4, 4), generator=generator, dtype=torch.uint8),
            torch.arange(n) % 3,
        )
        for n in (7, 5)
    ]
    return Dataset.from_splits("small", *splits, ("a", "β", "c,d"), "random bytes")


def test_statistics_by_hand():
    # One channel black, one half 0 and half 255, one constant 51 = 0.2 * 255.
    images = torch.zeros(2, 3, 2, 2, dtype=torch.uint8)
    images[0, 1] = 255
    images[:, 2] = 51
    mean, std = channel_statistics(images)
    assert mean == pytest.approx((0, 0.5, 0.2), abs=1e-15)
    assert std == pytest.approx((0, 0.5, 0), abs=1e-15)


def test_statistics_match_numpy_in_float64():
    images = small().train.images
    pixels = images.numpy().astype(np.float64) / 255
    mean, std = channel_statistics(images)
    assert mean == pytest.approx(pixels.mean((0, 2, 3)), rel=1e-13)
    assert std == pytest.approx(pixels.std((0, 2, 3)), rel=1e-13)


def test_sha256_is_the_hash_of_the_bytes_in_order():
    dataset = small()
    parts = [dataset.train.images, dataset.train.labels, dataset.test.images, dataset.test.labels]
    expected = hashlib.sha256(b"".join(part.numpy().tobytes() for part in parts)).hexdigest()
    assert dataset.sha256 == expected
    assert small(1).sha256 != expected


def test_round_trip(tmp_path):
    dataset = small()
    save(dataset, tmp_path / "small.safetensors")
    back = load(tmp_path / "small.safetensors")
    for name, tensor in dataset.tensors().items():
        assert torch.equal(back.tensors()[name], tensor)
        assert back.tensors()[name].dtype == tensor.dtype
    assert (back.name, back.classes, back.source) == ("small", ("a", "β", "c,d"), "random bytes")
    assert (back.mean, back.std) == (dataset.mean, dataset.std)
    assert (back.num_classes, back.image_size) == (3, 4)
    assert [path.name for path in tmp_path.iterdir()] == ["small.safetensors"]


def test_images_come_in_the_order_that_is_asked_for():
    """Rows by slice and by index, over and over; a part of a split is a split."""
    split = small().train
    assert (len(split), split.device.type) == (7, "cpu")
    order = [slice(5, 9), torch.tensor([3, 0, 3]), slice(0, 0)]
    for got, rows in zip(split.batches(order), ([5, 6], [3, 0, 3], []), strict=True):
        assert torch.equal(got, split.images[rows])
    part = split.take(torch.tensor([6, 1, 2])).take(slice(1, None))
    assert torch.equal(part.images, split.images[[1, 2]])
    assert part.labels.tolist() == [1, 2]
    assert in_batches(split, 3) == [slice(0, 3), slice(3, 6), slice(6, 7)]


def test_truncated_or_foreign_file_is_named(tmp_path):
    path = tmp_path / "small.safetensors"
    save(small(), path)
    whole = path.read_bytes()
    for damaged in (whole[:-1], whole[:50], b"", b"not safetensors at all"):
        path.write_bytes(damaged)
        with pytest.raises(ArtefactError, match=r"small\.safetensors: .*delete it.*prepared again"):
            load(path)
    with pytest.raises(ArtefactError, match=r"absent\.safetensors"):
        load(tmp_path / "absent.safetensors")


def test_flipped_pixel_is_noticed(tmp_path):
    path = tmp_path / "small.safetensors"
    save(small(), path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtefactError, match="sha256"):
        load(path)


def test_missing_tensor_and_missing_key_are_named(tmp_path):
    path = tmp_path / "small.safetensors"
    save(small(), path)
    tensors = load_file(path)
    del tensors["test.labels"]
    save_file(tensors, path, {"name": "small"})
    with pytest.raises(ArtefactError, match=r"lacks classes, .*test\.labels"):
        load(path)


def test_impossible_shapes_are_refused(tmp_path):
    dataset = small()
    broken = Split(dataset.train.images, dataset.train.labels[:-1])
    save(Dataset.from_splits("x", broken, dataset.test, ("a",), ""), tmp_path / "x.safetensors")
    with pytest.raises(ArtefactError, match=r"\(7, 3, 4, 4\), labels \(6,\)"):
        load(tmp_path / "x.safetensors")
