"""Rows of detection.parquet from features whose detection is known."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.measures.detection_rows import detection_rows

SETTINGS = {
    "neco_dimension": 2,
    "neco_standardise": False,
    "neco_max_logit": False,
    "neco_sweep": [1, 2, 6, 64, 512],
    "knn_neighbours": 3,
}
WEIGHT = np.eye(2, 6, dtype=np.float32) * 10


def features(axes, n, seed, lengths=1.0):
    """(n, 6) float32, close to +- one of two axes: `lengths` along them, 0.01 in all others."""
    rng = np.random.default_rng(seed)
    x = 0.01 * rng.standard_normal((n, 6))
    x[np.arange(n), np.resize(axes, n)] += lengths * np.resize([1, 1, -1, -1], n)
    return x.astype(np.float32)


@pytest.fixture
def write(tmp_path):
    def write(name, test, train=None, **changes):
        path = tmp_path / f"{name}.safetensors"
        kept = {"test.penultimate": test, "test.logits": test @ WEIGHT.T}
        if train is not None:
            kept |= {"train.penultimate": train, "train.logits": train @ WEIGHT.T}
            kept |= {"head.weight": WEIGHT, "head.bias": np.zeros(2, np.float32)}
        kept = {k: v for k, v in {**kept, **changes}.items() if v is not None}
        save_file({k: np.ascontiguousarray(v) for k, v in kept.items()}, path, {"points": "a,logits"})
        return path

    return write


@pytest.fixture
def own(write):
    return write("own", features([0, 1], 40, 1), features([0, 1], 80, 2))


def table(rows):
    return {(row["source"], row["score"], row["dimension"]): row for row in rows}


def one(rows, source, score):
    (row,) = (r for r in rows if (r["source"], r["score"]) == (source, score))
    return row


def test_strangers_outside_the_subspace_are_told_apart(own, write):
    outside, inside = write("outside", features([4, 5], 30, 3)), write("inside", features([0, 1], 30, 4))
    rows = detection_rows(own, [outside, inside], SETTINGS)
    for score in ("neco", "neco_variance", "knn", "vim"):
        row = one(rows, "outside", score)
        assert (row["auroc"], row["fpr95"], row["fpr95_openood"]) == (1, 0, 0), score
        assert 0.3 < one(rows, "inside", score)["auroc"] < 0.7, score


def test_energy_and_max_logit_see_length(own, write):
    """OOD features of the ID directions, longer: half have a larger logit than any ID sample, and half
    (those away from both classes) a smaller one than the ID samples that have a class: AUROC below 1/2,
    above 1/4."""
    rows = detection_rows(own, [write("long", features([0, 1], 400, 5, lengths=3.0))], SETTINGS)
    assert 0.25 < one(rows, "long", "max_logit")["auroc"] < 0.5
    assert 0.25 < one(rows, "long", "energy")["auroc"] < 0.5


def test_dimensions_are_clipped_to_the_features_each_once(own, write):
    rows = detection_rows(own, [write("other", features([4, 5], 30, 3))], SETTINGS)
    assert [r["dimension"] for r in rows if r["score"] == "neco_sweep"] == [1, 2, 6]
    assert one(rows, "other", "neco")["dimension"] == 2
    assert one(rows, "other", "neco_variance")["dimension"] == 2  # two axes hold nearly all
    assert one(rows, "other", "vim")["dimension"] == 3  # 6 // 2
    far = detection_rows(own, [write("other", features([4], 9, 3))], {**SETTINGS, "neco_dimension": 100})
    assert one(far, "other", "neco")["dimension"] == 6


def test_headline_is_the_sweep_at_its_dimension(own, write):
    rows = detection_rows(own, [write("other", features([1, 4], 30, 3))], SETTINGS)
    found = table(rows)
    for metric in ("auroc", "fpr95", "fpr95_openood"):
        assert found["other", "neco", 2][metric] == found["other", "neco_sweep", 2][metric]
    # The OOD half on an ID axis ties with ID, the other half is caught.
    assert found["other", "neco", 2]["auroc"] == pytest.approx(0.75, abs=0.1)


def test_max_logit_multiplies_neco(own, write):
    """Stubs along an ID axis: their direction is ID, their logit is a tenth."""
    short = np.abs(features([0, 1], 30, 6, lengths=0.1))
    strangers = write("short", short)
    plain = one(detection_rows(own, [strangers], SETTINGS), "short", "neco")
    times = detection_rows(own, [strangers], {**SETTINGS, "neco_max_logit": True})
    logits = {"own": features([0, 1], 40, 1) @ WEIGHT.T, "short": short @ WEIGHT.T}
    # With the ratio at nearly 1, the largest logit alone decides.
    wins = (logits["own"].max(1)[:, None] > logits["short"].max(1)).mean()
    assert one(times, "short", "neco")["auroc"] == pytest.approx(wins, abs=0.03)
    assert one(times, "short", "neco")["auroc"] != plain["auroc"]


def test_vim_needs_an_affine_head(write):
    own = write("own", features([0, 1], 9, 1), features([0, 1], 9, 2), **{"head.weight": None})
    rows = detection_rows(own, [write("other", features([4], 9, 3))], SETTINGS)
    assert "vim" not in {row["score"] for row in rows}
    assert len({row["score"] for row in rows}) == 7


def test_diverged_run_has_rows_without_numbers(write):
    broken = features([0, 1], 40, 1) * np.float32(np.nan)
    own = write("own", broken, broken)
    rows = detection_rows(own, [write("other", broken)], SETTINGS)
    assert {row["score"] for row in rows} >= {"neco", "neco_sweep", "msp", "knn", "vim"}
    assert all(np.isnan(row[metric]) for row in rows for metric in ("auroc", "fpr95", "fpr95_openood"))


def test_too_many_neighbours(own, write):
    with pytest.raises(StudyError, match=r"knn_neighbours = 81 is more than the 80 training images"):
        detection_rows(own, [write("other", features([4], 9, 3))], {**SETTINGS, "knn_neighbours": 81})
