"""Which folders of classes are a data set's two splits, or which images of one folder."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from unpacking_softmax.artefacts.errors import DataError
from unpacking_softmax.images.listing import subfolders

KEYS = ("train", "test")


def check_two_folders(dataset: str, root: Path, names: Sequence[str]) -> list[str]:
    """The classes of `root`/`names[0]` and `root`/`names[1]`, which are the training and the test split.

    Raises DataError where one is missing, cannot be read, has no classes, or others than the other.
    """
    folders = [root / name for name in names]
    classes = [subfolders(folder) for folder in folders]
    for key, folder, found in zip(KEYS, folders, classes, strict=True):
        if len(found) < 2:
            raise DataError(_no_classes(folder, found) + _offer(dataset, root, key, names))
        _check_spelling(folder, found)
    for folder, found, other in ((folders[1], *classes[::-1]), (folders[0], *classes)):
        missing = sorted(set(other) - set(found))
        if missing:
            raise DataError(
                f"{folder}: lacks {len(missing)} classes of the other split "
                f"({', '.join(missing[:5])}{', ...' if len(missing) > 5 else ''}); "
                "both splits need the same class folders"
            )
    return classes[0]


def check_one_folder(root: Path) -> list[str]:
    """The classes of a folder that is both splits. Raises DataError as `check_two_folders`."""
    classes = subfolders(root)
    if len(classes) < 2:
        raise DataError(_no_classes(root, classes))
    _check_spelling(root, classes)
    if set(classes) == set(KEYS):
        raise DataError(f"{root}: holds train and test and no classes; leave out the data set's `split`")
    return classes


def divided(
    images: Mapping[str, Sequence[Path]], root: Path, share: float, seed: int
) -> list[dict[str, list[Path]]]:
    """Two splits of one folder: of each class `share` (rounded, at least one image) for the test split.

    Which ones is decided by SHA-256 of the seed and the path, so that a further file moves few others and
    a further class none. Both splits keep the order of `images`.

    Where `too_few` finds nothing, both splits have images of each class.
    """
    train, test = {}, {}
    for name, paths in images.items():
        drawn = {path: f"{seed} {path.relative_to(root).as_posix()}".encode() for path in paths}
        order = sorted(paths, key=lambda path: hashlib.sha256(drawn[path]).digest())
        chosen = set(order[: _tested(share, len(paths))])
        train[name] = [path for path in paths if path not in chosen]
        test[name] = [path for path in paths if path in chosen]
    return [train, test]


def too_few(images: Mapping[str, Sequence[Path]], root: Path, share: float) -> list[str]:
    """A line for each class with images of which `divided` would leave none to train on."""
    return [
        f"{root / name}: {len(paths)} images are too few for a test split of {share:g}; add some, "
        "or remove the folder"
        for name, paths in images.items()
        if paths and _tested(share, len(paths)) >= len(paths)
    ]


def _tested(share: float, count: int) -> int:
    return max(1, round(share * count))


def _no_classes(folder: Path, classes: Sequence[str]) -> str:
    fault = f"has one class, {classes[0]}" if classes else "missing or without subfolders"
    return f"{folder}: {fault}; put a folder of images for each class there, two or more"


def _check_spelling(folder: Path, classes: Sequence[str]) -> None:
    spelled: dict[str, str] = {}
    for name in classes:
        other = spelled.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if other != name:
            raise DataError(f"{folder}: the classes {other} and {name} are spelt alike; merge or rename them")


def _offer(dataset: str, root: Path, key: str, names: Sequence[str]) -> str:
    """Another way to a split that is not where the study says: the end of a message, or nothing."""
    there = subfolders(root)
    others = [name for name in there if name not in names and len(subfolders(root / name)) > 1]
    if others:
        return f", or say `{key}: {others[0]}` in datasets.{dataset}, which is there"
    if key == "test" and names[0] in there:
        return (
            f", or let every fifth image be a test image: `root: {root / names[0]}` and "
            f"`split: {{test: 0.2, seed: 0}}` in datasets.{dataset}"
        )
    if len(there) > 1 and not set(there) & set(names):
        classes = f"{there[0]}, {there[1]}{', ...' if there[2:] else ''}"
        return (
            f", or, if {classes} are the classes, let every fifth image be a test image: "
            f"`split: {{test: 0.2, seed: 0}}` in datasets.{dataset}"
        )
    return ""
