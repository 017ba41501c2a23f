import pytest
import torch
from sklearn.datasets import load_digits

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.images import digits


def test_plain_digits_are_the_originals():
    # At 8 pixels nothing is enlarged: level v of 16 becomes round(v * 255 / 16).
    data = digits.prepare("d", size=8, scene=False, train=1200, test=597, seed=0)
    images = torch.cat([data.train.images, data.test.images])
    labels = torch.cat([data.train.labels, data.test.labels])
    assert torch.equal(images[:, 0], images[:, 2])
    originals, targets = load_digits(return_X_y=True)
    levels = torch.from_numpy(originals) * 255 / 16
    ours = sorted(zip(images[:, 0].flatten(1).tolist(), labels.tolist(), strict=True))
    theirs = sorted(zip(levels.round().int().tolist(), targets.tolist(), strict=True))
    assert ours == theirs  # all 1,797, each once: no digit is in both splits


def test_counts_and_seed():
    data = digits.prepare("d", size=16, scene=False, train=100, test=50, seed=0)
    assert data.train.images.shape == (100, 3, 16, 16)
    assert data.test.labels.shape == (50,)
    assert data.classes == tuple("0123456789")
    other = digits.prepare("d", size=16, scene=False, train=100, test=50, seed=1)
    assert data.sha256 != other.sha256


def test_scenes_repeat_digits_within_their_split_alone(monkeypatch):
    seen = []

    def render(masks, chosen, size, rng):
        seen.append((masks, chosen))
        return torch.zeros(len(chosen), 3, size, size, dtype=torch.uint8)

    monkeypatch.setattr(digits, "render", render)
    data = digits.prepare("d", size=16, scene=True, train=4800, test=1194, seed=0)
    (train, train_chosen), (test, test_chosen) = seen
    assert (len(train), len(test)) == (1200, 597)
    known = {mask.numpy().tobytes() for mask in train}
    assert not known & {mask.numpy().tobytes() for mask in test}
    assert (torch.bincount(torch.from_numpy(train_chosen)) == 4).all()
    assert (torch.bincount(torch.from_numpy(test_chosen)) == 2).all()
    plain = digits.prepare("p", size=8, scene=False, train=1200, test=597, seed=0)
    assert torch.equal(data.train.labels, plain.train.labels.repeat(4))
    assert torch.equal(data.test.labels, plain.test.labels.repeat(2))


def test_scene_hash_does_not_depend_on_threads():
    before = torch.get_num_threads()
    hashes = set()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            data = digits.prepare("d", size=16, scene=True, train=600, test=60, seed=0)
            hashes.add(data.sha256)
    finally:
        torch.set_num_threads(before)
    assert len(hashes) == 1


def test_too_many_plain_digits():
    with pytest.raises(StudyError, match=r"data set d: asks for 1201 digits of 1200.*scene: true"):
        digits.prepare("d", size=16, scene=False, train=1201, test=10, seed=0)
