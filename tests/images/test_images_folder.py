import numpy as np
import pytest
import torch
from PIL import ExifTags, Image, ImageOps
from torchvision.transforms import CenterCrop, InterpolationMode, Resize

from unpacking_softmax.artefacts.errors import DataError
from unpacking_softmax.images import folder
from unpacking_softmax.images.decode import decode


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.fixture
def root(tmp_path):
    """Two classes, three images each in the train split (one nested), one in the test split."""
    train = ("b/2.png", "b/1.webp", "b/deep/er.JPEG", "a/x.jpg", "a/z.png", "a/y.PNG")
    names = [*(f"train/{name}" for name in train), "test/a/1.png", "test/b/1.png"]
    for i, name in enumerate(names):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture(8, 8, i).save(path)
    (tmp_path / "train/a/notes.txt").write_text("not an image, and not taken for one")
    return tmp_path


def read(root, **settings):
    return folder.prepare("f", **{"root": str(root), "size": 8, "workers": 1, **settings})


@pytest.mark.parametrize(("width", "height"), [(8, 8), (16, 8), (31, 17), (17, 31), (9, 8), (8, 11), (5, 4)])
def test_decode_matches_torchvision(tmp_path, width, height):
    image = picture(width, height)
    image.save(tmp_path / "x.png")
    expected = CenterCrop(8)(Resize(8, InterpolationMode.BILINEAR)(image))
    assert np.array_equal(decode(tmp_path / "x.png", 8), np.asarray(expected).transpose(2, 0, 1))


def test_image_of_the_size_passes_unchanged(tmp_path):
    picture(8, 8).save(tmp_path / "x.png")
    assert np.array_equal(decode(tmp_path / "x.png", 8), np.asarray(picture(8, 8)).transpose(2, 0, 1))


def test_other_modes_become_rgb(tmp_path):
    grey = picture(8, 8).convert("L")
    grey.save(tmp_path / "x.png")
    assert np.array_equal(decode(tmp_path / "x.png", 8), np.stack([np.asarray(grey)] * 3))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8, 0, 9])
def test_an_image_is_turned_upright_as_its_exif_says(tmp_path, form, orientation):
    """As Pillow does it; a corner shows which way is up. An orientation that does not exist turns nothing."""
    pixels = np.zeros((16, 16, 3), dtype=np.uint8)
    pixels[:8, :8] = (240, 0, 0)
    pixels[:8, 8:] = (0, 240, 0)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {"quality": 100} if form in ("JPEG", "WEBP") else {}
    Image.fromarray(pixels).save(tmp_path / "x", form, exif=exif, **options)
    with Image.open(tmp_path / "x") as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB")).transpose(2, 0, 1)
    found = decode(tmp_path / "x", 16)
    assert np.array_equal(found, expected)
    red_lies = {1: (0, 0), 2: (0, 1), 3: (1, 1), 4: (1, 0), 5: (0, 0), 6: (0, 1), 7: (1, 1), 8: (1, 0)}
    down, right = red_lies.get(orientation, (0, 0))
    assert found[0, 4 + 8 * down, 4 + 8 * right] > 200


def test_an_exif_block_that_is_damaged_turns_nothing(tmp_path):
    image = picture(8, 8)
    image.save(tmp_path / "x.png", exif=b"Exif\0\0nonsense")
    assert np.array_equal(decode(tmp_path / "x.png", 8), np.asarray(image).transpose(2, 0, 1))


def test_files_in_order_with_their_labels(root):
    data = read(root)
    assert data.classes == ("a", "b")
    assert data.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.test.labels.tolist() == [0, 1]
    names = ["a/x.jpg", "a/y.PNG", "a/z.png", "b/1.webp", "b/2.png", "b/deep/er.JPEG"]
    for image, name in zip(data.train.images, names, strict=True):
        with Image.open(root / "train" / name) as file:
            assert torch.equal(image, torch.tensor(np.asarray(file)).permute(2, 0, 1))


def test_workers_and_folder_names_do_not_alter_the_result(root):
    one = read(root)
    assert read(root, workers=2).sha256 == one.sha256
    (root / "test").rename(root / "val")
    assert read(root, test="val").sha256 == one.sha256


def test_missing_folder(root):
    with pytest.raises(DataError, match=r"/val: missing or without subfolders"):
        read(root, test="val")
    (root / "val").mkdir()
    with pytest.raises(DataError, match=r"/val: missing or without subfolders"):
        read(root, test="val")


@pytest.mark.parametrize(("split", "other"), [("train", "test"), ("test", "train")])
def test_classes_that_differ(root, split, other):
    (root / split / "c").mkdir()
    picture(8, 8).save(root / split / "c" / "1.png")
    with pytest.raises(DataError, match=rf"/{other}: lacks 1 classes of the other split \(c\)"):
        read(root)


def test_empty_class(root):
    (root / "test/b/1.png").rename(root / "test/b/1.txt")
    with pytest.raises(DataError, match=r"/test/b: holds no "):
        read(root)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("damage", ["truncated", "text", "empty", "deep"])
def test_unreadable_image_is_named(root, damage, workers):
    path = root / "train/b/2.png"
    if damage == "deep":
        Image.fromarray(np.full((8, 8), 40_000, dtype=np.uint16)).save(path)
    else:
        whole = path.read_bytes()
        path.write_bytes({"truncated": whole[: len(whole) // 2], "text": b"hello", "empty": b""}[damage])
    with pytest.raises(DataError, match=r"/train/b/2\.png: not a readable image"):
        read(root, workers=workers)


def test_truncated_jpeg(tmp_path):
    picture(64, 64).save(tmp_path / "x.jpg")
    whole = (tmp_path / "x.jpg").read_bytes()
    (tmp_path / "x.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"x\.jpg: not a readable image .*truncated"):
        decode(tmp_path / "x.jpg", 32)
