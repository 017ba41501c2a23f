"""Folders of images with something wrong in them: the file or folder is named, with what to do."""

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unpacking_softmax.artefacts.errors import DataError
from unpacking_softmax.images import sources
from unpacking_softmax.images.decode import decode

RNG = np.random.default_rng(0)


def picture(mode: str = "RGB", side: int = 8) -> Image.Image:
    return Image.fromarray(RNG.integers(0, 256, (side, side, 3), dtype=np.uint8)).convert(mode)


@pytest.fixture
def root(tmp_path):
    """Three images in each of two classes of both splits."""
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            (tmp_path / split / name).mkdir(parents=True)
            for i in range(3):
                picture().save(tmp_path / split / name / f"{i}.png")
    return tmp_path


def png(width: int, height: int, *, bits: int = 8, colour: int = 0, rows: bytes | None = None) -> bytes:
    """A PNG with this header, whatever its rows are (none given: all black, of one channel)."""
    if rows is None:
        rows = bytes(1 + -(-width * bits // 8)) * height
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    parts = (struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


# --- What is put in the place of train/dog/1.png ------------------------------------------------------
def content(data: bytes):
    def put(path: Path):
        path.write_bytes(data)

    return put


def stored(image: Image.Image, form: str, **options):
    return lambda path: image.save(path, form, **options)


def part(form: str):
    """The first half of an image file."""

    def put(path: Path):
        picture(side=64).save(path, form)
        content(path.read_bytes()[: path.stat().st_size // 2])(path)

    return put


def flipped(path: Path):
    """One bit of the pixels of a sound PNG."""
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 12] ^= 1
    content(bytes(data))(path)


def folder(path: Path):
    path.unlink()
    path.mkdir()


def pipe(path: Path):
    path.unlink()
    os.mkfifo(path)


def link(target: str):
    def put(path: Path):
        path.unlink()
        path.symlink_to(path.parent / target)

    return put


FILES = {
    "text": (content(b"not an image"), "cannot identify"),
    "empty": (content(b""), "cannot identify"),
    "half a png": (part("PNG"), "truncated"),
    "half a jpeg": (part("JPEG"), "truncated"),
    "half a webp": (part("WEBP"), "not a readable image"),
    "flipped bit": (flipped, "not a readable image"),
    "half a bmp": (part("BMP"), "not a readable image"),
    "half a gif": (part("GIF"), "not a readable image"),
    "half a tiff": (part("TIFF"), "not a readable image"),
    "half a ppm": (part("PPM"), "not a readable image"),
    "jpeg 2000": (stored(picture(), "JPEG2000"), "cannot identify"),
    "icon": (stored(picture(), "ICO"), "cannot identify"),
    "eps, which Pillow gives to Ghostscript": (stored(picture(), "EPS"), "cannot identify"),
    "svg": (content(b'<svg xmlns="http://www.w3.org/2000/svg"/>'), "cannot identify"),
    "16-bit grey": (stored(picture("L").convert("I;16"), "PNG"), "more than 8 bits a channel, mode I;16"),
    "bomb of few bytes": (lambda path: content(png(20_000, 20_000, bits=1))(path), "decompression bomb"),
    "huge": (lambda path: content(png(12_000, 10_000, bits=1))(path), "12000 x 10000 pixels: too large"),
    "huge by its header alone": (content(png(60_000, 60_000, rows=b"")), "decompression bomb"),
    "too narrow to enlarge": (content(png(1, 40_000)), "1 x 40000 pixels: too large, or too narrow"),
    "no pixels": (content(png(0, 8)), "cannot identify"),
    "no rows": (content(png(8, 8, rows=b"")), "not a readable image"),
    "folder": (folder, "not a file"),
    "pipe": (pipe, "not a file"),
    "link to nothing": (link("nothing.png"), "not a file"),
    "link to itself": (link("1.png"), "not a file"),
}


def prepare(root, size=64):
    return sources.prepare("mine", {"source": "folder", "root": str(root), "size": size, "workers": 1})


@pytest.mark.parametrize("case", FILES)
def test_one_bad_file_among_many_is_named(root, case):
    put, said = FILES[case]
    path = root / "train" / "dog" / "1.png"
    put(path)
    message = refused(root)
    assert message.startswith(f"{path}: not a readable image (")
    assert said in message
    assert message.endswith("; replace it, or remove it")


def refused(root) -> str:
    """The one line that a data set is refused with."""
    with pytest.raises(DataError) as caught:
        prepare(root)
    message = str(caught.value)
    assert "\n" not in message
    return message


# --- What is done to the folders ----------------------------------------------------------------------
def emptied(root):
    for path in (root / "test" / "cat").iterdir():
        path.unlink()


def without_classes(root):
    for split in ("train", "test"):
        for name in ("cat", "dog"):
            for path in (root / split / name).iterdir():
                path.rename(root / split / f"{name}{path.name}")
            (root / split / name).rmdir()


def moved(old, new):
    return lambda root: (root / old).rename(root / new)


def copied(old, new):
    """A class of one more name in both splits."""

    def change(root):
        for split in ("train", "test"):
            (root / split / new).mkdir()
            picture().save(root / split / new / "0.png")
            if old != "cat":
                (root / split / "cat").rename(root / split / old)

    return change


def alone(root):
    for split in ("train", "test"):
        (root / split / "dog").rename(root / f"{split} dogs")


def linked(place, target):
    def change(root):
        (root / "secret.png").write_bytes((root / "train/cat/0.png").read_bytes())
        (root / place).symlink_to(target if target.startswith("/") else root / target)

    return change


def black(root):
    for path in root.rglob("*.png"):
        Image.new("RGB", (8, 8), (7, 0, 0)).save(path)


FOLDERS = {
    "no root": (moved("train", "../train"), "/train: missing or without subfolders; put a folder of images"),
    "no test split": (moved("test", "val"), "/test: missing or without subfolders"),
    "a file for a folder": (
        lambda root: moved("test", "t")(root) or (root / "test").touch(),
        "/test: missing",
    ),
    "images without classes": (without_classes, "/train: missing or without subfolders"),
    "one class": (alone, "/train: has one class, cat; put a folder of images for each class there, two or"),
    "an empty class": (emptied, "/test/cat: holds no images ("),
    "a class of other files": (
        lambda root: [path.rename(path.with_suffix(".txt")) for path in (root / "train/cat").iterdir()],
        ".webp) but 3 other files; add some, or remove the folder",
    ),
    "classes that differ": (
        moved("test/dog", "test/dogs"),
        "/test: lacks 1 classes of the other split (dog)",
    ),
    "classes alike but for case": (copied("cat", "Cat"), "the classes Cat and cat are spelt alike; merge or"),
    "classes alike but for Unicode": (copied("caf\u00e9", "cafe\u0301"), "are spelt alike"),
    "a link out of the data": (
        linked("train/dog/9.png", "/etc/passwd"),
        "/train/dog/9.png: a link to a folder",
    ),
    "a link out of the class": (linked("train/dog/9.png", "secret.png"), "or out of its class; put a copy"),
    "a link by way of ..": (linked("train/dog/9.png", "train/dog/../cat/0.png"), "or out of its class"),
    "a link to a folder": (linked("train/dog/more", "train/cat"), "/train/dog/more: a link to a folder"),
    "a class that is a broken link": (
        linked("train/elk", "nothing"),
        "/train/elk: a link to nothing; mend or",
    ),
    "one colour": (black, "data set mine: all training images have one colour"),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_what_is_wrong_with_the_folders_is_named(root, case):
    change, said = FOLDERS[case]
    change(root)
    assert said in refused(root)


# --- What is taken --------------------------------------------------------------------------------------
def test_links_that_stay_in_the_class_and_linked_classes_are_taken(root):
    (root / "train/dog/9.png").symlink_to(root / "train/dog/0.png")
    (root / "elsewhere").mkdir()
    (root / "test/dog").rename(root / "elsewhere/dog")
    (root / "test/dog").symlink_to(root / "elsewhere/dog")
    data = prepare(root)
    assert data.classes == ("cat", "dog")
    assert (data.train.labels == 1).sum() == 4
    assert len(data.test.labels) == 6


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_the_content_counts_not_the_suffix(tmp_path, form, suffix):
    """ImageNet has a PNG named .JPEG."""
    picture().save(tmp_path / f"x.{suffix}", form, lossless=True)
    assert decode(tmp_path / f"x.{suffix}", 8).shape == (3, 8, 8)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "RGBA"])
def test_modes_that_become_rgb(tmp_path, mode):
    image = picture(mode)
    image.save(tmp_path / "x.png")
    expected = np.asarray(image.convert("RGB")).transpose(2, 0, 1)
    assert np.array_equal(decode(tmp_path / "x.png", 8), expected)
    if mode in ("L", "LA", "1"):
        assert (expected[0] == expected[1]).all()


def test_transparency_is_dropped_and_the_colour_below_kept(tmp_path):
    Image.new("RGBA", (8, 8), (10, 20, 30, 0)).save(tmp_path / "x.png")
    assert decode(tmp_path / "x.png", 8)[:, 0, 0].tolist() == [10, 20, 30]


def test_cmyk_becomes_rgb(tmp_path):
    """Cyan of full strength takes all the red; JPEG is exact to a level or two in a flat image."""
    Image.new("CMYK", (8, 8), (255, 0, 0, 0)).save(tmp_path / "x.jpg", quality=100)
    assert decode(tmp_path / "x.jpg", 8)[:, 0, 0] == pytest.approx([0, 255, 255], abs=2)


def test_the_upper_half_of_16_bit_colour_is_kept(tmp_path):
    rows = (b"\0" + struct.pack(">HHH", 0x1234, 0xABCD, 0xFF01) * 8) * 8
    (tmp_path / "x.png").write_bytes(png(8, 8, bits=16, colour=2, rows=rows))
    assert decode(tmp_path / "x.png", 8)[:, 0, 0].tolist() == [0x12, 0xAB, 0xFF]
