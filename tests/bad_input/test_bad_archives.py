"""Archives that are damaged or hostile: one line, and nothing is written outside or left half-written."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest
from torchvision.datasets import CIFAR10

from unpacking_softmax.artefacts.errors import DataError, OutputError, StudyError
from unpacking_softmax.images import archives

FOLDER = "cifar-10-batches-py"
GOOD = [(f"{FOLDER}/test_batch", b"pixels"), (f"{FOLDER}/batches.meta", b"names")]


def member(name: str, data: bytes = b"evil", **changes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in changes.items():
        setattr(info, key, value)
    return info, data


def packed(*members, good=GOOD) -> bytes:
    """A .tar.gz of the sound files and these members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for info, data in [*(member(*entry) for entry in good), *members]:
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def of_type(kind: bytes, name: str = f"{FOLDER}/data_batch_1", target: str = "") -> bytes:
    return packed(member(name, b"", type=kind, linkname=target))


def negative_size() -> bytes:
    """A member said to hold -512 bytes: old versions of tarfile go round in circles on it."""
    info = tarfile.TarInfo(f"{FOLDER}/data_batch_1")
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[124:136] = b"\xff" * 10 + b"\xfe\x00"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return gzip.compress(bytes(block) + bytes(10_240))


HOSTILE = {
    "absolute path": packed(member("/tmp/unpacking-softmax-evil")),
    "absolute path below the folder's name": packed(member(f"/{FOLDER}/data_batch_1")),
    "out by ..": packed(member("../evil")),
    "out by .. from inside": packed(member(f"{FOLDER}/../../evil")),
    ".. itself": packed(member(f"{FOLDER}/..")),
    "beside the folder": packed(member("evil")),
    "in another folder": packed(member("cifar-100-python/train")),
    "in a folder of the folder": packed(member(f"{FOLDER}/deep/evil")),
    "hidden file": packed(member(f"{FOLDER}/.evil")),
    "name with a backslash": packed(member(f"{FOLDER}/..\\evil")),
    "name with a newline": packed(member(f"{FOLDER}/evil\n")),
    "name too long": packed(member(f"{FOLDER}/{'e' * 300}")),
    "symbolic link": of_type(tarfile.SYMTYPE, target="/etc/passwd"),
    "symbolic link out of the folder": of_type(tarfile.SYMTYPE, target="../../evil"),
    "symbolic link in place of the folder": of_type(tarfile.SYMTYPE, FOLDER, "/tmp"),
    "hard link": of_type(tarfile.LNKTYPE, target=f"{FOLDER}/test_batch"),
    "hard link out of the folder": of_type(tarfile.LNKTYPE, target="/etc/passwd"),
    "character device": of_type(tarfile.CHRTYPE),
    "block device": of_type(tarfile.BLKTYPE),
    "pipe": of_type(tarfile.FIFOTYPE),
    "folder by another name": of_type(tarfile.DIRTYPE, "evil"),
    "negative size": negative_size(),
}
WHOLE = packed()
DAMAGED = {
    "empty file": b"",
    "no archive": b"<html>404</html>",
    "gzip of no archive": gzip.compress(b"hello" * 1000),
    "not compressed": gzip.decompress(WHOLE),
    "one byte short": WHOLE[:-1],
    "half": WHOLE[: len(WHOLE) // 2],
    "flipped bit": WHOLE[:60] + bytes([WHOLE[60] ^ 1]) + WHOLE[61:],
    "wrong checksum": WHOLE[:-8] + b"\0\0\0\0" + WHOLE[-4:],
}


def unpack(tmp_path: Path, data: bytes) -> Path:
    (tmp_path / "root").mkdir()
    archive = tmp_path / "root" / "cifar.tar.gz"
    archive.write_bytes(data)
    archives.unpack(archive, tmp_path / "root" / FOLDER)
    return tmp_path / "root" / FOLDER


def all_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("case", [*HOSTILE, *DAMAGED])
def test_bad_archive_is_one_line_and_leaves_nothing(tmp_path, case):
    with pytest.raises(DataError) as caught:
        unpack(tmp_path, {**HOSTILE, **DAMAGED}[case])
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/root/cifar.tar.gz: cannot be unpacked (")
    assert message.endswith("); delete it, so that it is downloaded again")
    assert "\n" not in message
    if case in HOSTILE:
        assert f"is no plain file in {FOLDER}" in message
    assert all_files(tmp_path) == {"root", "root/cifar.tar.gz"}
    assert not Path("/tmp/unpacking-softmax-evil").exists()


def test_bomb_is_refused_before_it_is_unpacked(tmp_path):
    """A sparse member: 512 bytes in the archive, a tebibyte on the disk."""
    info = tarfile.TarInfo(f"{FOLDER}/data_batch_1")
    info.size = 1 << 40
    data = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(DataError, match=r"more than 1024 MiB"):
        unpack(tmp_path, data)
    assert all_files(tmp_path) == {"root", "root/cifar.tar.gz"}


def test_sound_archive_gives_its_files_and_nothing_of_their_modes(tmp_path):
    folder = unpack(
        tmp_path,
        packed(member(f"{FOLDER}/file.txt~", mode=0o4777), member(f"{FOLDER}", b"", type=tarfile.DIRTYPE)),
    )
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "test_batch": b"pixels",
        "batches.meta": b"names",
        "file.txt~": b"evil",
    }
    assert all(path.stat().st_mode & 0o7111 == 0 for path in folder.iterdir())
    assert all_files(tmp_path / "root") == {
        "cifar.tar.gz",
        FOLDER,
        *(f"{FOLDER}/{p.name}" for p in folder.iterdir()),
    }


# --- The way to an archive -------------------------------------------------------------------------------
URLS = {
    "a mirror that is not there": ("file:///nowhere", "cannot be downloaded"),
    "a folder for the file": ("{mirror}", "cannot be downloaded"),
    "half an address": ("https://[", "cannot be downloaded"),
    "a port that is no number": ("https://127.0.0.1:port", "cannot be downloaded"),
    "nobody answers": ("https://127.0.0.1:9", "cannot be downloaded"),
}


@pytest.mark.parametrize("case", URLS)
def test_missing_archive_says_where_to_put_it(tmp_path, case):
    url, said = URLS[case]
    (tmp_path / CIFAR10.filename).mkdir()
    with pytest.raises(DataError) as caught:
        archives.prepare(
            "d", name="CIFAR10", root=str(tmp_path / "root"), url=url.format(mirror=tmp_path.as_uri())
        )
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/root/{CIFAR10.filename}: missing, and ")
    assert said in message
    assert "put the file there yourself, or set the data set's `url` to a mirror's folder" in message
    assert "\n" not in message
    assert list((tmp_path / "root").iterdir()) == []


@pytest.mark.parametrize("url", ["http://x", "ftp://x", "/home/me/mirror", "mirror", "data:,x", "HTTPS//x"])
def test_other_addresses_are_refused(tmp_path, url):
    with pytest.raises(StudyError, match="must begin with https:// or file://"):
        archives.prepare("d", name="SVHN", root=str(tmp_path), url=url)


def test_folder_in_the_place_of_an_archive(tmp_path):
    (tmp_path / "train_32x32.mat").mkdir()
    with pytest.raises(DataError, match=r"train_32x32\.mat: MD5 must be .*; replace it, or delete it"):
        archives.prepare("d", name="SVHN", root=str(tmp_path))


def test_file_in_the_place_of_the_root(tmp_path):
    (tmp_path / "root").touch()
    with pytest.raises(OutputError, match=r"root/train_32x32\.mat: cannot be written .*a folder should"):
        archives.prepare("d", name="SVHN", root=str(tmp_path / "root"), url=tmp_path.as_uri())


def test_nearest_archive(tmp_path):
    with pytest.raises(StudyError, match=r"did you mean 'CIFAR100'"):
        archives.prepare("d", name="cifar-100", root=str(tmp_path))
