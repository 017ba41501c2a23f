import numpy as np
import pytest
import torch

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.images import glyphs

SETTINGS = {"size": 16, "classes": 10, "train_per_class": 20, "test_per_class": 6, "seed": 0}


@pytest.fixture(scope="module")
def ten():
    return glyphs.prepare("glyphs-10", **SETTINGS)


def test_counts_and_labels(ten):
    assert ten.train.images.shape == (200, 3, 16, 16)
    assert ten.test.images.shape == (60, 3, 16, 16)
    assert ten.train.labels.dtype == torch.int64
    assert torch.bincount(ten.train.labels).tolist() == [20] * 10
    assert torch.bincount(ten.test.labels).tolist() == [6] * 10
    assert ten.train.labels[:10].tolist() == list(range(10))
    assert ten.classes == tuple("ABCDEFGHJK")
    assert "synthetic glyphs" in ten.source


def test_hash_does_not_depend_on_threads_or_on_what_came_before(ten):
    before = torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            torch.manual_seed(threads)
            assert glyphs.prepare("again", **SETTINGS).sha256 == ten.sha256
    finally:
        torch.set_num_threads(before)


def test_seed_and_split_alter_the_images(ten):
    other = glyphs.prepare("other", **{**SETTINGS, "seed": 1})
    assert other.sha256 != ten.sha256
    assert not torch.equal(ten.train.images[:60], ten.test.images)


def test_a_hundred_different_characters_without_digits():
    assert len(glyphs.CHARACTERS) == len(set(glyphs.CHARACTERS)) == 100
    assert not set(glyphs.CHARACTERS) & set("0123456789OIl")
    assert len(set(glyphs.FONTS)) == 14


def test_every_font_draws_every_character():
    masks = glyphs.atlas(glyphs.CHARACTERS).numpy()
    assert masks.shape == (1400, 48, 48)
    # A font without the character would draw its box for missing ones: alike for all of those.
    for font in range(14):
        own = masks[font::14]
        assert len({tile.tobytes() for tile in own}) == 100
    extents = []
    for used in (masks.any(2), masks.any(1)):  # rows, columns
        first, last = used.argmax(1), 47 - used[:, ::-1].argmax(1)
        extents.append(last - first + 1)
        assert set(first + last - 47) <= {-1, 0}  # centred, as far as whole pixels allow
    assert set(np.maximum(*extents)) == {36}


def test_classes_can_be_told_apart(ten):
    # Nearest class mean of the centred grey pixels. Chance: 10 %, with a standard error of 3.9 %.
    def features(images):
        grey = images.double().mean(1).flatten(1)
        return torch.nn.functional.normalize(grey - grey.mean(1, keepdim=True))

    train = features(ten.train.images)
    means = torch.stack([train[ten.train.labels == c].mean(0) for c in range(10)])
    right = (features(ten.test.images) @ means.T).argmax(1) == ten.test.labels
    assert right.double().mean() > 0.1 + 4 * 0.039


@pytest.mark.parametrize("classes", [0, 101])
def test_impossible_number_of_classes(classes):
    with pytest.raises(StudyError, match=f"glyphs-x: classes is {classes}, must be from 1 to 100"):
        glyphs.prepare("glyphs-x", **{**SETTINGS, "classes": classes})
