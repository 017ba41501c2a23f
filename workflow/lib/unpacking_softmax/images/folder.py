"""Images in folders: root / split / class / ... / image file."""

import multiprocessing
import os
import unicodedata
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from unpacking_softmax.artefacts.errors import DataError
from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.images.decode import decode

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def prepare(
    dataset: str,
    *,
    root: str,
    size: int,
    train: str = "train",
    test: str = "test",
    workers: int = 1,
) -> Dataset:
    """Decode two folders of classes to images of `size` x `size` pixels (see `decode`).

    The result depends on the relative paths and the contents of the files alone, not on `workers`
    (processes) nor on the order of the file system.

    Raises:
        DataError: a folder is missing or a class empty, there are fewer than two classes, their names
            are alike, those of the two splits differ, a link leads out of its class, or a file is not
            a readable image.
    """
    folders = [Path(root) / split for split in (train, test)]
    classes = _classes(folders[0])
    _check_same(classes, folders[0], _classes(folders[1]), folders[1])
    splits = [_read(folder, classes, size, workers) for folder in folders]
    # Not `root`: a folder that has moved gives the same file, from which nothing is stale.
    source = f"image files, {size} x {size} pixels"
    return Dataset.from_splits(dataset, *splits, tuple(classes), source)


def _classes(folder: Path) -> list[str]:
    classes = []
    if folder.is_dir():
        classes = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    if len(classes) < 2:
        fault = f"has one class, {classes[0]}" if classes else "missing or without subfolders"
        raise DataError(f"{folder}: {fault}; put a folder of images for each class there, two or more")
    if broken := [entry for entry in folder.iterdir() if not entry.exists()]:
        raise DataError(f"{broken[0]}: a link to nothing; mend or remove it")
    spelled: dict[str, str] = {}
    for name in classes:
        other = spelled.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            raise DataError(f"{folder}: the classes {other} and {name} are spelt alike; merge or rename them")
    return classes


def _check_same(train: list[str], train_folder: Path, test: list[str], test_folder: Path) -> None:
    for names, folder, other in ((train, test_folder, test), (test, train_folder, train)):
        missing = sorted(set(names) - set(other))
        if missing:
            raise DataError(
                f"{folder}: lacks {len(missing)} classes of the other split "
                f"({', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}); "
                "both splits need the same class folders"
            )


def _files(folder: Path) -> list[Path]:
    """The image files under a class folder, sorted by relative path.

    The folder may be a link, which makes a subset of classes; what lies in it must lie in it.
    """
    found, home = list(folder.rglob("*")), os.path.realpath(folder)
    for path in found:
        if path.is_symlink() and (path.is_dir() or not Path(os.path.realpath(path)).is_relative_to(home)):
            raise DataError(f"{path}: a link to a folder or out of its class; put a copy in its place")
    files = [path for path in found if path.suffix.lower() in SUFFIXES]
    if not files:
        raise DataError(
            f"{folder}: holds no {', '.join(sorted(SUFFIXES))} files; add images, or remove the folder"
        )
    return sorted(files, key=lambda path: path.relative_to(folder).as_posix())


def _read(folder: Path, classes: list[str], size: int, workers: int) -> Split:
    files = [_files(folder / name) for name in classes]
    paths = [path for members in files for path in members]
    labels = torch.repeat_interleave(torch.tensor([len(members) for members in files]))
    images = np.empty((len(paths), 3, size, size), dtype=np.uint8)
    # Forked, since the other ways run the caller's script again in each process. The children
    # touch Pillow and NumPy only, no torch.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        decoded = pool.map(partial(decode, size=size), paths, chunksize=64)
        for i, image in enumerate(tqdm(decoded, desc=str(folder), total=len(paths), unit="image")):
            images[i] = image
    return Split(torch.from_numpy(images), labels)
