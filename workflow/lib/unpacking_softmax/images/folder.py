"""Images in folders: root / split / class / ... / image file."""

import hashlib
import logging
import multiprocessing
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from unpacking_softmax.artefacts.errors import DataError
from unpacking_softmax.artefacts.joblog import tell
from unpacking_softmax.images.dataset import Dataset, Split
from unpacking_softmax.images.decode import decode, holds_more
from unpacking_softmax.images.listing import Listing, list_classes, subfolders
from unpacking_softmax.images.overview import overview
from unpacking_softmax.images.splits import KEYS, check_one_folder, check_two_folders, divided, too_few

SHOWN = 20  # files that a message names


@dataclass(frozen=True)
class _Read:
    """A split, and of its files: their hashes, those with further frames, what is wrong with the rest."""

    split: Split
    hashes: dict[Path, bytes]
    more: list[Path]
    faults: list[str]


def prepare(
    dataset: str,
    *,
    root: str,
    size: int,
    train: str = "train",
    test: str = "test",
    split: Mapping | None = None,
    workers: int = 1,
) -> Dataset:
    """Decode two folders of classes to images of `size` x `size` pixels (see `decode`).

    The result depends on the relative paths and the contents of the files alone, not on `workers`
    (processes) nor on the order of the file system. The log says what was not read, and ends with
    the data set's `overview`.

    split: `{"test": share, "seed": seed}` where the classes lie in `root` itself (`splits.divided`).

    Raises:
        DataError: a folder is missing or cannot be read, there are fewer than two classes, two are spelt
            alike, or those of the two splits differ; or, all named at once: classes are empty, links lead
            out of their class, files are no readable images, images lie beside the classes.
    """
    base, beside = Path(root), []
    if split is None:
        classes = check_two_folders(dataset, base, (train, test))
        found = [list_classes(base / name) for name in (train, test)]
        images = [listing.images for listing in found]
        beside = [base / name for name in subfolders(base) if name not in (train, test)]
    else:
        classes = check_one_folder(base)
        found = [list_classes(base)]
        found[0].faults += too_few(found[0].images, base, split["test"])
        images = divided(found[0].images, base, split["test"], split["seed"])
    read = [_read(part, size, workers, f"{base} ({key})") for part, key in zip(images, KEYS, strict=True)]
    _refuse(base, [fault for part in (*found, *read) for fault in part.faults])
    # Not `root`: a folder that has moved gives the same file, from which nothing is stale.
    source = f"image files, {size} x {size} pixels"
    data = Dataset.from_splits(dataset, read[0].split, read[1].split, tuple(classes), source)
    _report(data, found, beside, read)
    return data


def _read(images: Mapping[str, Sequence[Path]], size: int, workers: int, name: str) -> _Read:
    paths = [path for members in images.values() for path in members]
    labels = torch.repeat_interleave(torch.tensor([len(members) for members in images.values()]))
    pixels = np.empty((len(paths), 3, size, size), dtype=np.uint8)
    read = _Read(Split(torch.from_numpy(pixels), labels), {}, [], [])
    # Forked, since the other ways run the caller's script again in each process. The children
    # touch Pillow and NumPy only, no torch.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("fork")) as pool:
        done = pool.map(partial(_attempt, size=size), paths, chunksize=64)
        for i, image in enumerate(tqdm(done, desc=name, total=len(paths), unit="image")):
            if isinstance(image, str):
                read.faults.append(image)
                continue
            pixels[i], read.hashes[paths[i]], more = image
            if more:
                read.more.append(paths[i])
    return read


def _attempt(path: Path, size: int) -> tuple[np.ndarray, bytes, bool] | str:
    """Pixels, the file's hash, and whether it holds further frames; or what is wrong with it."""
    try:
        pixels = decode(path, size)
    except DataError as error:
        return str(error)
    with open(path, "rb") as file:
        return pixels, hashlib.file_digest(file, "sha256").digest(), holds_more(path)


def _refuse(root: Path, faults: Sequence[str]) -> None:
    """Raise DataError with the faults, each on a line of its own, where there are any."""
    if len(faults) == 1:
        raise DataError(faults[0])
    if faults:
        rest = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
        lines = [f"{root}: {len(faults)} things must be mended", *faults[:SHOWN], *rest]
        raise DataError("\n  ".join(lines))


def _report(data: Dataset, found: Sequence[Listing], beside: Sequence[Path], read: Sequence[_Read]) -> None:
    """Log what was read in a way that might surprise, what was not, and at last the overview."""
    others = [path for listing in found for path in listing.others]
    litter = sum(listing.litter for listing in found)
    more = [path for part in read for path in part.more]
    trained = {digest: path for path, digest in read[0].hashes.items()}
    shared = [path for path, digest in read[1].hashes.items() if digest in trained]
    _name("beside the two splits, not read", beside)
    _name("classes with images in several folders, taken together", [p for f in found for p in f.mixed])
    _name("of several frames or pages the first was read", more)
    _name("no images or hidden, skipped", others)
    _name("in the training split too, byte for byte", shared)
    kinds = Counter(path.suffix.lower() or "without suffix" for path in others).most_common()
    skipped = f" ({', '.join(f'{count} {kind}' for kind, count in kinds)})" if kinds else ""
    line = f"{overview(data)}; {len(others)} files skipped{skipped}"
    line += f" and {litter} that systems leave behind" if litter else ""
    line += f"; {len(shared)} found in both splits"
    (tell if others or more or shared else logging.info)(line)


def _name(what: str, paths: Sequence[Path]) -> None:
    if paths:
        rest = f", and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
        logging.warning("%s: %s%s", what, ", ".join(map(str, paths[:SHOWN])), rest)
