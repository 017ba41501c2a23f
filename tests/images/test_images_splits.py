"""Where the two splits come from: two folders, or one that is divided; what is offered where they are not."""

from pathlib import Path

import pytest
from PIL import Image

from study_files import REMOVED, altered, tiny
from unpacking_softmax.artefacts.errors import DataError, StudyError
from unpacking_softmax.images import folder, splits
from unpacking_softmax.study.study import Study

HALF = {"test": 0.5, "seed": 0}


@pytest.fixture
def place(tmp_path):
    """Make folders with images of one level of grey each: `place("a/cat", 4)` makes four, all different."""

    def make(name: str, count: int = 2):
        (tmp_path / name).mkdir(parents=True)
        for i in range(count):
            Image.new("RGB", (8, 8), (10 * i, 0, len(name))).save(tmp_path / name / f"{i}.png")
        return tmp_path

    return make


def refused(root, **settings) -> str:
    with pytest.raises(DataError) as caught:
        folder.prepare("mine", root=str(root), size=8, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def greys(split, label) -> list[int]:
    """Which images of a class a split holds, by the level of grey that they were made with."""
    return [int(image[0, 0, 0]) // 10 for image in split.images[split.labels == label]]


def test_a_share_of_each_class_is_the_test_split(place):
    place("cat", 10)
    root = place("dog", 4)
    data = folder.prepare("mine", root=str(root), size=8, split={"test": 0.3, "seed": 0})
    assert data.classes == ("cat", "dog")
    assert [data.test.labels.tolist().count(label) for label in (0, 1)] == [3, 1]
    for label, count in ((0, 10), (1, 4)):
        train, test = greys(data.train, label), greys(data.test, label)
        assert sorted(train + test) == list(range(count))
        assert (train, test) == (sorted(train), sorted(test))


def test_the_split_is_the_seeds_and_no_others(place):
    place("cat", 20)
    root = place("dog", 20)
    tests = [
        greys(folder.prepare("m", root=str(root), size=8, split={"test": 0.5, "seed": seed}).test, 0)
        for seed in (0, 0, 1)
    ]
    assert tests[0] == tests[1] != tests[2]


def test_one_more_image_or_class_moves_few(place):
    paths = {name: [Path("r", name, f"{i}.png") for i in range(100)] for name in ("cat", "dog")}
    _, before = splits.divided({"cat": paths["cat"][:99]}, Path("r"), 0.2, 7)
    _, after = splits.divided(paths, Path("r"), 0.2, 7)
    assert len(before["cat"]) == len(after["cat"]) == 20
    assert len({*before["cat"], *after["cat"]}) <= 21


@pytest.mark.parametrize(("share", "tested"), [(0.01, 1), (0.2, 1), (0.5, 2), (0.7, 4)])
def test_each_split_gets_an_image_of_each_class(share, tested):
    paths = {"cat": [Path("r", f"cat/{i}.png") for i in range(5)]}
    train, test = splits.divided(paths, Path("r"), share, 0)
    assert (len(train["cat"]), len(test["cat"])) == (5 - tested, tested)


@pytest.mark.parametrize(("count", "share"), [(1, 0.2), (3, 0.9)])
def test_a_class_that_is_too_small_to_be_divided(place, count, share):
    place("cat", count)
    root = place("dog", 20)
    said = refused(root, split={"test": share, "seed": 0})
    assert said.startswith(f"{root}/cat: {count} images are too few for a test split of {share:g}; add some")


def test_all_that_must_be_mended_is_named_with_the_classes_that_are_too_small(place):
    """A class of one JPEG and several HEIC is not told to get more images, but what of it is not read."""
    place("cat", 1), place("dog", 3)
    root = place("elk", 1)
    (root / "cat/0.heic").touch()
    (root / "dog/1.png").write_bytes(b"")
    with pytest.raises(DataError) as caught:
        folder.prepare("mine", root=str(root), size=8, split=HALF)
    first, *lines = str(caught.value).split("\n  ")
    assert first == f"{root}: 4 things must be mended"
    assert [line.partition(": ")[0] for line in lines] == [
        f"{root}/{name}" for name in ("cat/0.heic", "cat", "elk", "dog/1.png")
    ]


def test_two_splits_are_no_classes(place):
    place("train/cat"), place("train/dog"), place("test/cat")
    root = place("test/dog")
    assert refused(root, split=HALF) == (
        f"{root}: holds train and test and no classes; leave out the data set's `split`"
    )


# --- Another way, where a split is not there -----------------------------------------------------------
def test_val_in_place_of_test_is_offered(place):
    place("train/cat"), place("train/dog"), place("val/cat")
    root = place("val/dog")
    assert refused(root).endswith(", two or more, or say `test: val` in datasets.mine, which is there")
    assert len(folder.prepare("mine", root=str(root), size=8, test="val").test.labels) == 4


def test_training_in_place_of_train_is_offered(place):
    place("training/cat"), place("training/dog"), place("test/cat")
    root = place("test/dog")
    assert refused(root).endswith(", or say `train: training` in datasets.mine, which is there")


def test_a_share_of_the_training_images_is_offered(place):
    place("train/cat")
    root = place("train/dog")
    said = f", or let every fifth image be a test image: `root: {root}/train` and "
    assert refused(root).endswith(f"{said}`split: {{test: 0.2, seed: 0}}` in datasets.mine")
    folder.prepare("mine", root=f"{root}/train", size=8, split={"test": 0.2, "seed": 0})


def test_a_folder_of_classes_may_be_divided(place):
    place("cat"), place("dog")
    root = place("elk")
    assert refused(root).endswith(
        ", or, if cat, dog, ... are the classes, let every fifth image be a test image: "
        "`split: {test: 0.2, seed: 0}` in datasets.mine"
    )


def test_nothing_is_offered_where_there_is_nothing(tmp_path):
    end = "/train: missing or without subfolders; put a folder of images for each class there, two or more"
    assert refused(tmp_path) == f"{tmp_path}{end}"
    assert refused(tmp_path / "absent", split=HALF).endswith(end.removeprefix("/train"))


# --- In a study --------------------------------------------------------------------------------------
FOLDER = {"source": "folder", "label": "mine", "augment": "none", "size": 16, "root": "images", "split": HALF}


def test_a_study_may_say_so():
    Study(altered(tiny(), "datasets/mine", FOLDER))


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("split/test", 1.0, "datasets.mine.split.test = 1.0: must be less than 1"),
        ("split/test", 0, "datasets.mine.split.test = 0: must be greater than 0"),
        ("split/test", "0.2", "must be a finite number"),
        ("split/seed", REMOVED, "datasets.mine.split lacks the key 'seed'"),
        ("split/val", 0.1, "datasets.mine.split has the unknown key 'val'"),
        ("test", "val", "datasets.mine.test = 'val': must be left out beside `split`, which makes both"),
        ("train", "train", "datasets.mine.train = 'train': must be left out beside `split`"),
    ],
)
def test_what_a_study_may_not_say(place, value, said):
    with pytest.raises(StudyError) as caught:
        Study(altered(tiny(), "datasets/mine", altered(FOLDER, place, value)))
    assert said in str(caught.value)
