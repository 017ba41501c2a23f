"""Stored spectra as rows."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from unpacking_softmax.artefacts.errors import ArtefactError
from unpacking_softmax.measures.spectra import spectra_rows

TENSORS = {
    "stem.spectrum": np.array([3.0, 1.0]),
    "stem.mean": np.zeros(2),
    "logits.spectrum": np.array([9.0, 5.0, 1e-9]),
    "logits.spectrum_class_centred": np.array([7.0, 3.0, 0.0]),
    "logits.test_spectrum": np.array([6.0, 2.0, 0.0]),
    "logits.mean": np.zeros(3),
    "train.labels": np.zeros(50, dtype=np.int64),
    "test.labels": np.zeros(20, dtype=np.int64),
    "train.logits": np.zeros((50, 3), dtype=np.float32),
}


def write(path, tensors=TENSORS, metadata=None):
    save_file(tensors, path, metadata or {"points": "stem,logits"})
    return path


def test_one_row_for_each_point_matrix_and_split(tmp_path):
    rows = [r for r in spectra_rows(write(tmp_path / "a.safetensors")) if r["split"] != "subset"]
    described = [(r["point"], r["index"], r["split"], r["matrix"], r["n"], r["d"]) for r in rows]
    assert sorted(described) == [
        ("logits", 2, "test", "raw", 20, 3),
        ("logits", 2, "train", "class_centred", 50, 3),
        ("logits", 2, "train", "raw", 50, 3),
        ("stem", 1, "train", "raw", 50, 2),
    ]
    sigma = {(r["point"], r["split"], r["matrix"]): r["sigma"].tolist() for r in rows}
    assert sigma["stem", "train", "raw"] == [3.0, 1.0]
    assert sigma["logits", "train", "raw"] == [9.0, 5.0, 1e-9]
    assert sigma["logits", "train", "class_centred"] == [7.0, 3.0, 0.0]
    assert sigma["logits", "test", "raw"] == [6.0, 2.0, 0.0]


def test_parts_of_the_training_split_are_nested_and_read_by_svd(tmp_path):
    logits = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    path = write(tmp_path / "a.safetensors", {**TENSORS, "train.logits": logits})
    rows = {(r["n"], r["matrix"]): r for r in spectra_rows(path) if r["split"] == "subset"}
    assert sorted({n for n, _ in rows}) == [2, 4, 8, 16, 32]
    # Frobenius norms of nested parts grow; two samples have two singular values.
    norms = [np.linalg.norm(rows[n, "raw"]["sigma"]) for n in (2, 4, 8, 16, 32)]
    assert norms == sorted(norms)
    assert len(rows[2, "raw"]["sigma"]) == 2
    assert rows[32, "class_centred"]["sigma"][-1] == pytest.approx(0, abs=1e-6)


def test_logits_that_are_not_finite_have_no_spectrum(tmp_path):
    broken = np.full((64, 3), np.inf, dtype=np.float32)
    rows = spectra_rows(write(tmp_path / "a.safetensors", {**TENSORS, "train.logits": broken}))
    assert all(np.isnan(r["sigma"]).all() for r in rows if r["split"] == "subset")


def shortened(path):
    write(path)
    path.write_bytes(path.read_bytes()[:-8])


def missing(path):
    pass


def without_labels(path):
    write(path, {k: v for k, v in TENSORS.items() if k != "test.labels"})


def without_points(path):
    write(path, metadata={"other": ""})


def without_metadata(path):
    save_file(TENSORS, path)


@pytest.mark.parametrize("damage", [shortened, missing, without_labels, without_points, without_metadata])
def test_damaged_file_is_named(tmp_path, damage):
    path = tmp_path / "bad.safetensors"
    damage(path)
    with pytest.raises(ArtefactError, match=r"bad\.safetensors: .*delete it"):
        spectra_rows(path)
