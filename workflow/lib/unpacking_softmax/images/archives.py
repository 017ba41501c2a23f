"""CIFAR-10, CIFAR-100 and SVHN from their published archives.

CIFAR archives hold pickles, which run code when they are read. So every file is compared with the
MD5 that torchvision pins before anything in it is read, and downloads use https or file:// alone.
An archive gives the contents of its files and nothing else: no links, owners, modes or folders.
"""

import re
import shutil
import tarfile
import tempfile
import urllib.request
import zlib
from functools import partial
from http.client import HTTPException
from pathlib import Path

import numpy as np
import torch
from torchvision.datasets import CIFAR10, CIFAR100, SVHN
from torchvision.datasets.utils import calculate_md5
from tqdm import tqdm

from unpacking_softmax.artefacts.errors import DataError, StudyError, did_you_mean
from unpacking_softmax.artefacts.files import refusal, replacing, reporting
from unpacking_softmax.images.dataset import Dataset, Split

SCHEMES = ("https://", "file://")
SECONDS = 60  # without an answer before a download is given up
FILE = re.compile(r"\w[\w.~-]{0,99}", re.ASCII)  # what files in archives may be called
UNPACKED_LIMIT = 1 << 30  # bytes; the published archives hold less than a fifth
# What a damaged archive raises; which one depends on where the damage is.
DAMAGED = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError, RecursionError, MemoryError)
MIRROR = "set the data set's `url` to a mirror's folder (https:// or file://)"


def prepare(dataset: str, *, name: str, root: str, url: str | None = None) -> Dataset:
    """Read CIFAR10, CIFAR100 or SVHN (train and test split) from `root`, downloaded if absent.

    Args:
        dataset: name of the result.
        name: CIFAR10, CIFAR100 or SVHN.
        root: folder that holds the archives as published (for CIFAR, or their unpacked folder).
        url: folder to download them from, a mirror; None: the publisher's.

    Raises:
        StudyError: unknown `name`, or a `url` that is not https:// or file://.
        DataError: a file is missing and cannot be downloaded, or has the wrong hash.
    """
    if name not in READERS:
        known = f"must be one of {', '.join(READERS)}"
        raise StudyError(f"data set {dataset}: name is {name}, {known}{did_you_mean(name, READERS)}")
    if url is not None and not url.startswith(SCHEMES):
        raise StudyError(f"data set {dataset}: url is {url}, must begin with https:// or file://")
    train, test, classes = READERS[name](Path(root), url)
    return Dataset.from_splits(dataset, train, test, classes, f"{name}, the published archive")


def _cifar(kind: type[CIFAR10], root: Path, url: str | None) -> tuple[Split, Split, tuple]:
    folder = root / kind.base_folder
    if not folder.exists():
        unpack(_fetch(root / kind.filename, url or _folder(kind.url), kind.tgz_md5), folder)
    meta = (kind.meta["filename"], kind.meta["md5"])
    for file, md5 in (*kind.train_list, *kind.test_list, meta):
        _check(folder / file, md5, f"delete {folder}, so that the archive is unpacked again")
    train, test = (kind(root, train=train) for train in (True, False))
    splits = [
        Split(
            torch.from_numpy(np.ascontiguousarray(part.data.transpose(0, 3, 1, 2))),
            torch.tensor(part.targets),
        )
        for part in (train, test)
    ]
    return *splits, tuple(train.classes)


def _svhn(root: Path, url: str | None) -> tuple[Split, Split, tuple]:
    splits = []
    for split in ("train", "test"):
        published, file, md5 = SVHN.split_list[split]
        _fetch(root / file, url or _folder(published), md5)
        part = SVHN(root, split)
        images = torch.from_numpy(np.ascontiguousarray(part.data))
        splits.append(Split(images, torch.from_numpy(part.labels)))
    return *splits, tuple("0123456789")


READERS = {
    "CIFAR10": partial(_cifar, CIFAR10),
    "CIFAR100": partial(_cifar, CIFAR100),
    "SVHN": _svhn,
}


def _folder(url: str) -> str:
    """The folder of a published file, over https."""
    return url.replace("http://", "https://").rsplit("/", 1)[0]


def _fetch(path: Path, url: str, md5: str) -> Path:
    """Make sure that `path` is there and has the right hash; download it from folder `url`."""
    if path.exists():
        _check(path, md5, f"replace it, or delete it and {MIRROR}")
        return path
    address = f"{url.rstrip('/')}/{path.name}"
    with replacing(path) as draft:
        try:
            _download(address, draft)
        except (OSError, HTTPException, ValueError) as error:
            if refusal(error):
                raise  # `replacing` knows what to say
            raise DataError(
                f"{path}: missing, and {address} cannot be downloaded ({error}); "
                f"put the file there yourself, or {MIRROR}"
            ) from error
        _check(draft, md5, f"put the published file at {path}, or {MIRROR}", address)
    return path


def _download(address: str, path: Path) -> None:
    with urllib.request.urlopen(address, timeout=SECONDS) as response, open(path, "wb") as file:
        if not response.url.startswith(SCHEMES):
            raise OSError(f"redirected to {response.url}, not https")
        total = int(response.headers.get("Content-Length", 0)) or None
        with tqdm(desc=path.name, total=total, unit="B", unit_scale=True) as progress:
            while chunk := response.read(1 << 20):
                file.write(chunk)
                progress.update(len(chunk))


def _check(path: Path, md5: str, remedy: str, name: str | None = None) -> None:
    """Compare the hash of `path`; the message calls it `name`, if that is another."""
    found = calculate_md5(path) if path.is_file() else "none, the file is missing"
    if found != md5:
        raise DataError(f"{name or path}: MD5 must be {md5}, is {found}; {remedy}")


def unpack(archive: Path, folder: Path) -> None:
    """Copy the files of a .tar.gz that lie in its folder `folder.name`; `folder` appears only when complete.

    Raises DataError where the archive is damaged or holds anything but plain files in that folder,
    OutputError where they cannot be written.
    """
    prefix = f".{folder.name}."
    with reporting(folder), tempfile.TemporaryDirectory(dir=folder.parent, prefix=prefix) as parent:
        draft = Path(parent, folder.name)
        draft.mkdir()
        try:
            with tarfile.open(archive, "r:gz") as tar:
                _copy(tar, draft)
        except DAMAGED as error:
            if refusal(error):
                raise
            remedy = "delete it, so that it is downloaded again"
            raise DataError(f"{archive}: cannot be unpacked ({error}); {remedy}") from error
        try:
            draft.rename(folder)
        except OSError:
            # Where it is there, another data set's job was faster; its files are checked as ours would be.
            if not folder.is_dir():
                raise


def _copy(tar: tarfile.TarFile, draft: Path) -> None:
    total = 0
    for member in tar:
        if member.isdir() and member.name == draft.name:
            continue
        folder, _, file = member.name.partition("/")
        if not (member.isreg() and folder == draft.name and FILE.fullmatch(file) and member.size >= 0):
            raise ValueError(f"{member.name!r} is no plain file in {draft.name}")
        total += member.size
        if total > UNPACKED_LIMIT:
            raise ValueError(f"more than {UNPACKED_LIMIT >> 20} MiB")
        with tar.extractfile(member) as source, open(draft / file, "wb") as target:
            shutil.copyfileobj(source, target)
    while tar.fileobj.read(1 << 20):
        pass  # tarfile stops at the last member; gzip's checksum comes after it
