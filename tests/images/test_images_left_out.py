"""What is not read of a folder of images: refused, or counted and named; nothing goes without a word."""

import logging
import multiprocessing
import os
import re
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from unpacking_softmax.artefacts.errors import DataError
from unpacking_softmax.images import sources
from unpacking_softmax.images.decode import SUFFIXES, decode
from unpacking_softmax.images.listing import UNREAD

RNG = np.random.default_rng(0)


def picture(side: int = 8) -> Image.Image:
    return Image.fromarray(RNG.integers(0, 256, (side, side, 3), dtype=np.uint8))


@pytest.fixture
def root(tmp_path):
    """Classes of three and four training images, each of two test images."""
    for name, count in (("train/cat", 3), ("train/dog", 4), ("test/cat", 2), ("test/dog", 2)):
        (tmp_path / name).mkdir(parents=True)
        for i in range(count):
            picture().save(tmp_path / name / f"{i}.png")
    return tmp_path


def prepare(root, **settings):
    settings = {"source": "folder", "root": str(root), "size": 8, "workers": 1, **settings}
    return sources.prepare("mine", settings)


def refused(root, **settings) -> list[str]:
    """The lines of the message that a folder is refused with."""
    with pytest.raises(DataError) as caught:
        prepare(root, **settings)
    return str(caught.value).split("\n  ")


@pytest.fixture
def said(root, caplog, capsys):
    """Prepare the folder; the lines of its log, and what the terminal shows."""

    def prepared():
        with caplog.at_level(logging.INFO):
            prepare(root)
        shown = [line for line in capsys.readouterr().err.splitlines() if line.startswith("mine: ")]
        return [record.getMessage() for record in caplog.records], shown

    return prepared


WHOLE = (
    "mine: 2 classes; 7 training images, 4 test images; "
    "smallest class cat (3 training images, 2 test images), largest dog (4 training images, 2 test images); "
    "0 files skipped; 0 found in both splits"
)


def test_a_folder_of_images_alone_is_told_in_one_line(said):
    assert said() == ([WHOLE], [])


# --- Formats ------------------------------------------------------------------------------------------
READ = ["bmp", "dib", "gif", "pbm", "pgm", "pnm", "ppm", "tif", "tiff", "TIFF", "jfif", "apng", "JPG", "mpo",
        "webp"]  # fmt: skip


@pytest.mark.parametrize("suffix", READ)
def test_formats_that_pillow_reads_are_read(root, suffix):
    """A class of 27 such files and 3 PNG has 30 images."""
    for i in range(27):
        picture().convert("P" if suffix == "gif" else "RGB").save(root / f"train/cat/x{i}.{suffix}")
    assert torch.bincount(prepare(root).train.labels).tolist() == [30, 4]


@pytest.mark.parametrize("form", ["BMP", "DIB", "PPM", "TIFF"])
def test_formats_without_loss_give_the_same_pixels(tmp_path, form):
    image = picture(16)
    image.save(tmp_path / "x", form)
    image.save(tmp_path / "y", "PNG")
    assert np.array_equal(decode(tmp_path / "x", 8), decode(tmp_path / "y", 8))


@pytest.mark.parametrize("suffix", sorted(UNREAD))
def test_other_formats_are_refused_by_name(root, suffix):
    for i in range(2):
        (root / f"train/cat/{i}{suffix.upper()}").write_bytes(b"whatever it holds")
    kind = suffix.removeprefix(".").upper()
    advice = f"{kind} is not read; convert it to PNG or JPEG, or move it out"
    assert refused(root) == [
        f"{root}: 2 things must be mended",
        f"{root}/train/cat/0{suffix.upper()}: {advice}",
        f"{root}/train/cat/1{suffix.upper()}: {advice}",
    ]


def test_no_suffix_is_read_and_refused():
    assert not SUFFIXES & UNREAD


def test_without_a_suffix_the_content_counts(root, said):
    """A suffix that says something else is believed."""
    picture().save(root / "train/cat/plain", "JPEG")
    picture().save(root / "train/cat/1.jpg_backup", "JPEG")
    lines, _ = said()
    assert lines[0] == f"no images or hidden, skipped: {root}/train/cat/1.jpg_backup"
    assert "smallest class cat (4 training images" in lines[-1]
    assert "; 1 files skipped (1 .jpg_backup);" in lines[-1]


def test_of_several_frames_or_pages_the_first_is_read_and_that_is_said(root, said):
    frames = [Image.new("RGB", (8, 8), (60 * i, 0, 0)) for i in (1, 2, 3)]
    for name in ("a.gif", "a.tif", "a.webp", "b.png"):
        frames[0].save(root / "train/cat" / name, save_all=True, append_images=frames[1:], lossless=True)
    lines, shown = said()
    names = ", ".join(f"{root}/train/cat/{name}" for name in ("a.gif", "a.tif", "a.webp", "b.png"))
    assert lines[0] == f"of several frames or pages the first was read: {names}"
    assert len(shown) == 1
    for name in ("a.gif", "a.tif", "b.png"):
        assert decode(root / "train/cat" / name, 8)[0, 0, 0] == 60


# --- What is no image -----------------------------------------------------------------------------------
def test_strays_are_counted_and_named(root, said):
    for name in ("train/cat/notes.txt", "train/dog/a.csv", "train/labels.csv", "test/dog/README"):
        (root / name).write_text("P6 is no image\n")
    os.mkfifo(root / "test/cat/pipe")
    lines, shown = said()
    names = ("train/labels.csv", "train/cat/notes.txt", "train/dog/a.csv", "test/cat/pipe", "test/dog/README")
    (named,) = [line for line in lines if line.startswith("no images or hidden, skipped: ")]
    assert set(named.removeprefix("no images or hidden, skipped: ").split(", ")) == {
        f"{root}/{name}" for name in names
    }
    assert "; 5 files skipped (2 .csv, 2 without suffix, 1 .txt); 0 found" in lines[-1]
    assert shown == [lines[-1]]


def test_of_many_strays_twenty_are_named(root, said):
    for i in range(27):
        (root / f"train/cat/{i:02}.json").write_text("{}")
    lines, _ = said()
    assert lines[0].endswith("/19.json, and 7 more")
    assert lines[0].count(".json") == 20
    assert "; 27 files skipped (27 .json);" in lines[-1]


def test_hidden_images_are_skipped_and_named(root, said):
    """Such as those in a telephone's bin, or the originals that an editor keeps; and hidden classes."""
    picture().save(root / "train/cat/.trashed-1700000000-x.jpg")
    for name in ("train/dog/.picasaoriginals", "test/.cache"):
        (root / name).mkdir()
        picture().save(root / name / "x.jpg")
    lines, shown = said()
    names = ("test/.cache", "train/cat/.trashed-1700000000-x.jpg", "train/dog/.picasaoriginals")
    (named,) = [line for line in lines if line.startswith("no images or hidden, skipped: ")]
    assert {f"{root}/{name}" for name in names} == set(named.partition(": ")[2].split(", "))
    skipped = "3 files skipped (2 without suffix, 1 .jpg)"
    assert shown == [WHOLE.replace("0 files skipped", skipped)] == lines[-1:]


def test_litter_of_systems_is_no_image_no_class_and_no_stray(root, said):
    for name in ("train/__MACOSX", "train/.ipynb_checkpoints", "train/cat/@eaDir", "test/.git"):
        (root / name).mkdir()
        picture().save(root / name / "x.jpg")
    for name in ("train/.DS_Store", "train/cat/Thumbs.db", "train/cat/._0.png", "test/dog/desktop.ini"):
        (root / name).write_bytes(b"\0\5\26\7")
    lines, shown = said()
    assert lines == [WHOLE.replace("0 files skipped", "0 files skipped and 8 that systems leave behind")]
    assert shown == []


# --- At the wrong level ----------------------------------------------------------------------------------
def test_images_beside_the_classes_are_refused(root):
    picture().save(root / "train/lost.jpg")
    (root / "test/lost.heic").touch()
    assert refused(root)[1:] == [
        f"{root}/train/lost.jpg: lies beside the class folders; move it into its class",
        f"{root}/test/lost.heic: lies beside the class folders; move it into its class",
    ]


def test_folders_in_a_class_are_one_class_and_that_is_said(root, said):
    """Tiny-ImageNet has all images of a class in one folder below it: nothing to be said."""
    (root / "train/dog/images").mkdir()
    for path in list((root / "train/dog").glob("*.png")):
        path.rename(root / "train/dog/images" / path.name)
    assert said() == ([WHOLE], [])
    (root / "train/dog/more").mkdir()
    (root / "train/dog/images/0.png").rename(root / "train/dog/more/0.png")
    lines, _ = said()
    assert lines[-2:] == [
        f"classes with images in several folders, taken together: {root}/train/dog",
        WHOLE,
    ]


def test_what_lies_beside_the_splits_is_said(root, said):
    (root / "val/cat").mkdir(parents=True)
    lines, _ = said()
    assert lines == [f"beside the two splits, not read: {root}/val", WHOLE]


# --- In both splits -------------------------------------------------------------------------------------
def test_files_found_in_both_splits_are_counted_and_named(root, said):
    """By their bytes, whatever the name or the class."""
    for source, copy in (("train/cat/0.png", "test/cat/9.png"), ("train/dog/1.png", "test/cat/8.png")):
        (root / copy).write_bytes((root / source).read_bytes())
    lines, shown = said()
    names = f"{root}/test/cat/8.png, {root}/test/cat/9.png"
    assert lines[0] == f"in the training split too, byte for byte: {names}"
    assert lines[-1].endswith("; 0 files skipped; 2 found in both splits")
    assert shown == [lines[-1]]


# --- All that is bad at once ----------------------------------------------------------------------------
def test_all_bad_images_are_named_in_one_call(root):
    (root / "train/cat/0.png").write_bytes(b"text")
    (root / "train/dog/0.svg").write_text("<svg/>")
    (root / "test/cat/1.png").write_bytes(b"")
    (root / "test/dog/0.png").unlink()
    (root / "test/dog/1.png").unlink()
    first, *lines = refused(root, workers=2)
    assert first == f"{root}: 4 things must be mended"
    for name in ("train/cat/0.png", "train/dog/0.svg", "test/cat/1.png", "test/dog"):
        assert sum(line.startswith(f"{root}/{name}: ") for line in lines) == 1
    assert len(lines) == 4


def test_of_many_bad_images_the_first_twenty_are_named(root):
    for i in range(41):
        (root / f"train/dog/bad{i:02}.jpg").write_bytes(b"")
    first, *lines, last = refused(root, workers=2)
    assert first == f"{root}: 41 things must be mended"
    assert [re.search(r"bad\d\d", line)[0] for line in lines] == [f"bad{i:02}" for i in range(20)]
    assert last == "and 21 more"


# --- What the system does not let us read -----------------------------------------------------------------
def as_nobody(function) -> str:
    """What a function says that is called by a user without rights, in a process of its own."""
    if os.geteuid() != 0:
        pytest.skip("nothing can be forbidden to oneself")
    Image.init()  # the interpreter's files may be out of that user's reach
    context = multiprocessing.get_context("fork")
    answer = context.SimpleQueue()

    def ask():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        try:
            answer.put(repr(function()))
        except DataError as error:
            answer.put(str(error))
        except BaseException as error:
            answer.put(repr(error))

    process = context.Process(target=ask)
    process.start()
    said = answer.get()
    process.join()
    return said


@pytest.mark.parametrize(
    ("name", "mode"),
    [("train/cat", 0), ("train/cat", 0o444), ("train/dog/0.png", 0), ("test", 0), ("test", 0o444), (".", 0)],
)
def test_what_may_not_be_read_is_not_called_empty_or_damaged(root, name, mode):
    with tempfile.TemporaryDirectory() as folder:  # pytest's own is closed to other users
        place = Path(folder, "images")
        Path(folder).chmod(0o755)
        shutil.copytree(root, place)
        place.chmod(0o755)
        (place / name).chmod(mode)
        lines = as_nobody(lambda: prepare(place)).split("\n  ")
    said = "cannot be read (Permission denied); get the right to read it"
    denied = [line for line in lines if said in line]
    assert denied
    assert len(denied) == len(lines) or lines[0] == f"{place}: {len(denied)} things must be mended"
    assert all(line.startswith(str(place / name)) for line in denied)
