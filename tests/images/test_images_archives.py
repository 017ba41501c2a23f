import hashlib
import pickle
import tarfile

import numpy as np
import pytest
import torch
from scipy.io import savemat
from torchvision.datasets import CIFAR10, CIFAR100, SVHN

from unpacking_softmax.artefacts.errors import DataError, StudyError
from unpacking_softmax.images import archives


def md5(path):
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """Tiny archives in the published layout, their hashes in place of the pinned ones."""
    folder = tmp_path / "mirror"
    _cifar(folder, monkeypatch, CIFAR10, ["data_batch_1", "data_batch_2"], "test_batch", "labels")
    _cifar(folder, monkeypatch, CIFAR100, ["train"], "test", "fine_labels")
    rng = np.random.default_rng(1)
    splits = {}
    for split in ("train", "test"):
        file = f"{split}_32x32.mat"
        pixels = rng.integers(0, 256, (32, 32, 3, 4), dtype=np.uint8)
        savemat(folder / file, {"X": pixels, "y": np.array([[1], [10], [3], [9]])})
        splits[split] = [f"http://publisher.invalid/{file}", file, md5(folder / file)]
    monkeypatch.setattr(SVHN, "split_list", splits)
    return folder


def _cifar(folder, monkeypatch, kind, train, test, key):
    inside = folder / kind.base_folder
    inside.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for file in (*train, test):
        pixels = rng.integers(0, 256, (3, 3072), dtype=np.uint8)
        (inside / file).write_bytes(pickle.dumps({"data": pixels, key: [2, 0, 1]}))
    names = {kind.meta["key"]: ["cat", "dog", "elk"]}
    (inside / kind.meta["filename"]).write_bytes(pickle.dumps(names))
    with tarfile.open(folder / kind.filename, "w:gz") as tar:
        tar.add(inside, kind.base_folder)
    monkeypatch.setattr(kind, "train_list", [[file, md5(inside / file)] for file in train])
    monkeypatch.setattr(kind, "test_list", [[test, md5(inside / test)]])
    monkeypatch.setattr(kind, "meta", {**kind.meta, "md5": md5(inside / kind.meta["filename"])})
    monkeypatch.setattr(kind, "tgz_md5", md5(folder / kind.filename))


def read(tmp_path, mirror, name="CIFAR10"):
    return archives.prepare("d", name=name, root=str(tmp_path / "root"), url=mirror.as_uri())


@pytest.mark.parametrize(("name", "train"), [("CIFAR10", 6), ("CIFAR100", 3)])
def test_cifar_from_a_mirror(tmp_path, mirror, name, train):
    data = read(tmp_path, mirror, name)
    assert data.train.images.shape == (train, 3, 32, 32)
    assert data.train.labels.tolist() == [2, 0, 1] * (train // 3)
    assert data.classes == ("cat", "dog", "elk")
    # A row holds the red plane, then green, then blue, each row by row.
    first = np.random.default_rng(0).integers(0, 256, (3, 3072), dtype=np.uint8)[0]
    assert torch.equal(data.train.images[0].flatten(), torch.from_numpy(first))


def test_two_data_sets_unpack_one_archive_at_once(tmp_path, mirror, monkeypatch):
    """The other one's folder appears while this one copies: it is taken, and nothing else is left."""
    copy, others = archives._copy, []

    def copy_while_another_does(tar, draft):
        copy(tar, draft)
        monkeypatch.setattr(archives, "_copy", copy)
        others.append(read(tmp_path, mirror))

    monkeypatch.setattr(archives, "_copy", copy_while_another_does)
    own = read(tmp_path, mirror)
    assert own.sha256 == others[0].sha256
    assert {path.name for path in (tmp_path / "root").iterdir()} == {CIFAR10.filename, CIFAR10.base_folder}


def test_svhn_from_a_mirror(tmp_path, mirror):
    data = read(tmp_path, mirror, "SVHN")
    assert data.test.labels.tolist() == [1, 0, 3, 9]  # published as 1 to 10, ten for zero
    pixels = np.random.default_rng(1).integers(0, 256, (32, 32, 3, 4), dtype=np.uint8)
    expected = torch.from_numpy(pixels.transpose(3, 2, 0, 1).copy())
    assert torch.equal(data.train.images, expected)


def test_second_reading_needs_no_mirror(tmp_path, mirror):
    for name in ("CIFAR10", "SVHN"):
        first = read(tmp_path, mirror, name)
        assert read(tmp_path, tmp_path / "gone", name).sha256 == first.sha256


def test_missing_file_says_where_to_put_it(tmp_path, mirror):
    for name, file in (("CIFAR10", "cifar-10-python.tar.gz"), ("SVHN", "train_32x32.mat")):
        with pytest.raises(DataError, match=rf"root/{file}: missing.*put the file.*`url`"):
            read(tmp_path, tmp_path / "gone", name)


class Trap:
    """Unpickling it leaves a mark."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return open, (str(self.mark), "w")


def test_changed_archive_is_refused_and_leaves_nothing(tmp_path, mirror):
    archive = mirror / CIFAR10.filename
    archive.write_bytes(archive.read_bytes()[:-1])
    with pytest.raises(DataError, match=r"cifar-10-python\.tar\.gz: MD5 must be .* mirror"):
        read(tmp_path, mirror)
    assert list((tmp_path / "root").iterdir()) == []


@pytest.mark.parametrize("file", ["data_batch_2", "test_batch", "batches.meta"])
def test_changed_pickle_is_refused_before_it_is_read(tmp_path, mirror, file):
    read(tmp_path, mirror)
    mark = tmp_path / "ran"
    changed = tmp_path / "root" / CIFAR10.base_folder / file
    changed.write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(DataError, match=rf"{file}: MD5 must be .*unpacked again"):
        read(tmp_path, mirror)
    assert not mark.exists()


def test_archive_put_there_by_hand_with_the_wrong_hash(tmp_path, mirror):
    (tmp_path / "root").mkdir()
    for name, file in (("CIFAR10", CIFAR10.filename), ("SVHN", "train_32x32.mat")):
        (tmp_path / "root" / file).write_bytes(b"another file")
        with pytest.raises(DataError, match=rf"root/{file}: MD5 must be .*replace it"):
            read(tmp_path, mirror, name)


def test_missing_member_of_the_unpacked_folder(tmp_path, mirror):
    read(tmp_path, mirror)
    (tmp_path / "root" / CIFAR10.base_folder / "data_batch_1").unlink()
    with pytest.raises(DataError, match=r"data_batch_1: .*missing; delete .*cifar-10-batches-py"):
        read(tmp_path, mirror)


def test_only_https_and_files(tmp_path):
    with pytest.raises(StudyError, match="must begin with https://"):
        archives.prepare("d", name="SVHN", root=str(tmp_path), url="http://mirror.invalid/x")


def test_published_addresses_become_https():
    for kind in (CIFAR10, CIFAR100):
        assert archives._folder(kind.url) == "https://www.cs.toronto.edu/~kriz"
    assert archives._folder(SVHN.split_list["train"][0]).startswith("https://")


def test_redirection_away_from_https_is_refused(tmp_path, monkeypatch):
    class Answer:
        url = "http://elsewhere.invalid/x"

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return False

    monkeypatch.setattr(archives.urllib.request, "urlopen", lambda *_, **__: Answer())
    with pytest.raises(DataError, match=r"redirected to http://elsewhere\.invalid/x"):
        archives.prepare("d", name="CIFAR10", root=str(tmp_path), url="https://m.invalid")


def test_unknown_name(tmp_path):
    with pytest.raises(StudyError, match="MNIST, must be one of CIFAR10, CIFAR100, SVHN"):
        archives.prepare("d", name="MNIST", root=str(tmp_path))
