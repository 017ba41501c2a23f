"""What a machine may lack: room on the disk, the right to write, a GPU that was asked for."""

import errno
import json
import os
import subprocess

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import writing
from unpacking_softmax.artefacts.errors import OutputError, ResourceError
from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.images import archives, dataset
from unpacking_softmax.machine.arithmetic import DEVICE, pick_device
from unpacking_softmax.networks.door import new_network, save_weights
from unpacking_softmax.plots import style

MEGABYTE = 1 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A disk with room for little."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def write_archive(path, _):
    source = path.parent.parent / "cifar.tar.gz"
    subprocess.run(["tar", "czf", source, "-C", source.parent, "big"], check=True)
    archives.unpack(source, path)


def write_figure(path, _):
    mpl.use("agg")
    figure = Figure(figsize=(20, 20))
    figure.add_subplot().imshow(np.random.default_rng(0).random((500, 500)))
    numbers = pd.DataFrame({"x": [1]})
    output = {suffix: path.with_suffix(f".{suffix}") for suffix in ("pdf", "png", "csv")}
    style.save(style.Drawn(figure, numbers), output)


def write_table(path, _):
    rng = np.random.default_rng(0)
    writing.write_rows([{"sigma": rng.random(1000)} for _ in range(100)], {"seed": 0}, path)


WRITERS = {
    "tiny.safetensors": lambda path, data: dataset.save(data(size=32), path),
    "model.safetensors": lambda path, data: save_weights(
        new_network({"network": "resnet8", "variant": {}, "width": None, "depth": None, "seed": 0}, data()),
        path,
    ),
    "spectra.parquet": write_table,
    "run.json": lambda path, _: writing.write_json({"x": "x" * MEGABYTE}, path),
    "fig1.pdf": write_figure,
    "big": write_archive,
}


@pytest.mark.parametrize("name", WRITERS)
def test_full_disk_is_one_line_and_the_old_file_stays(small_disk, make_data, name):
    path = small_disk / name
    (small_disk.parent / "big").mkdir()
    (small_disk.parent / "big" / "batch").write_bytes(os.urandom(MEGABYTE))
    if name != "big":
        path.write_text("old")
    with pytest.raises(OutputError) as caught:
        WRITERS[name](path, make_data)
    said = f"{path}: cannot be written (No space left on device); make room and start again; "
    assert str(caught.value) == f"{said}what is finished is kept"
    assert [p.read_text() for p in small_disk.iterdir()] == (["old"] if name != "big" else [])


def test_disk_that_is_full_where_nothing_can_be_mounted(tmp_path):
    """The kernel's own full disk."""

    def write():
        with replacing(tmp_path / "table.csv") as draft:
            draft.symlink_to("/dev/full")
            draft.write_text("numbers")

    with pytest.raises(OutputError, match=r"table\.csv: cannot be written \(No space left on device\)"):
        write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("EDQUOT", "make room"),
        ("EROFS", "write elsewhere"),
        ("EACCES", "get the right to write there"),
        ("EFBIG", "raise the limit on the size of files"),
        ("ENAMETOOLONG", "shorten the names in the study"),
    ],
)
def test_other_refusals_of_the_system(tmp_path, code, remedy):
    number = getattr(errno, code)
    with pytest.raises(OutputError) as caught, replacing(tmp_path / "run.json"):
        raise OSError(number, os.strerror(number))
    said = f"run.json: cannot be written ({os.strerror(number)}); {remedy}"
    assert said in str(caught.value)


def test_errors_of_another_kind_are_left_alone(tmp_path):
    with pytest.raises(ConnectionResetError), replacing(tmp_path / "run.json"):
        raise ConnectionResetError(104, "Connection reset by peer")


def test_file_where_a_folder_should_be(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(
        OutputError, match=r"out/a/run\.json: cannot be written \(Not a directory\); remove the file"
    ):
        writing.write_json(json.loads("{}"), tmp_path / "out" / "a" / "run.json")


def test_gpu_that_was_asked_for_is_not_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert pick_device().type == "cpu"
    monkeypatch.setenv(DEVICE, "cuda")
    with pytest.raises(ResourceError) as caught:
        pick_device()
    message = str(caught.value)
    assert message.startswith(f"{DEVICE}=cuda, but torch finds no CUDA device (CUDA_VISIBLE_DEVICES: 3); ask")
    assert "\n" not in message
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device().type == "cuda"


@pytest.mark.parametrize("asked", ["gpu", "CUDA", "cuda:1", "cpu"])
def test_device_that_is_no_device(monkeypatch, asked):
    monkeypatch.setenv(DEVICE, asked)
    with pytest.raises(ResourceError, match=f"{DEVICE}={asked}: must be cuda, or unset"):
        pick_device()
