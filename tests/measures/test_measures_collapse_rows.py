"""Rows of collapse.parquet from activations whose collapse is known in closed form."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from unpacking_softmax.artefacts.errors import ArtefactError
from unpacking_softmax.measures.collapse_rows import collapse_rows

CLASSES = 3
# A simplex ETF of three classes around (1, 1, 1): cosines -1/2 between centred means.
MEANS = (np.eye(3) - 1 / 3 + 1).astype(np.float32)
LABELS = np.repeat(np.arange(CLASSES), 4)


def tensors(point, spread=0.0):
    """What is kept at a point whose samples lie `spread` to either side of their class means, along one
    of the two directions between the classes."""
    within = np.diag([0.0, spread**2])
    return {
        f"{point}.class_means": MEANS,
        f"{point}.mean": MEANS.mean(0).astype(np.float64),
        f"{point}.class_variances": np.full(CLASSES, spread**2),
        f"{point}.within": within,
        f"{point}.between": np.array([1 / 3, 1 / 3]),  # Sigma_B = (I - 11^T/3) / 3
        f"{point}.within_trace": np.array(spread**2),
        f"{point}.between_trace": np.array(2 / 3),
    }


@pytest.fixture
def write(tmp_path):
    """Write the activations of one data set; `changes` replace tensors, None takes one away."""

    def write(name, values, **changes):
        path = tmp_path / f"{name}.safetensors"
        kept = {k: v for k, v in {**values, **changes}.items() if v is not None}
        save_file({k: np.array(v) for k, v in kept.items()}, path, {"points": "hidden,logits"})
        return path

    return write


@pytest.fixture
def own():
    return {
        **tensors("hidden", spread=0.5),
        **tensors("penultimate"),
        **tensors("logits"),
        "train.penultimate": MEANS[LABELS],
        "train.logits": MEANS[LABELS],
        "train.labels": LABELS,
        "head.weight": MEANS - 1,
        "head.bias": np.zeros(3, np.float32),
    }


@pytest.fixture
def other():
    return {f"{p}.mean": np.array([2.0, 1, 1]) for p in ("hidden", "logits", "penultimate")}


def by_measure(rows, point, source="own"):
    return {row["measure"]: row["value"] for row in rows if (row["point"], row["source"]) == (point, source)}


def test_full_collapse(write, own, other):
    rows = collapse_rows(write("own", own), [write("other", other)])
    found = by_measure(rows, "penultimate")
    assert found.pop("nc4") == 1
    assert found.pop("width") == 3
    zero = {
        "nc1_pinv",
        "nc1_quotient",
        "cdnv",
        "nc2_norm_cov",
        "nc2_angle",
        "nc2_coherence",
        "nc2_etf",
        "nc3",
    }
    assert found.keys() == zero
    assert list(found.values()) == pytest.approx([0] * len(zero), abs=1e-6)
    weights = by_measure(rows, "classifier")
    assert weights.keys() == {"nc2_norm_cov", "nc2_angle", "nc2_coherence", "nc2_etf"}
    assert list(weights.values()) == pytest.approx([0] * 4, abs=1e-6)
    assert by_measure(rows, "logits")["train_accuracy"] == 1


def test_measures_of_spread(write, own):
    """tr(Sw Sb^+)/C = (1/4)/(1/3)/3; tr Sw / tr Sb = (1/4)/(2/3); CDNV = (1/4)/||e1 - e2||^2 = 1/8."""
    found = by_measure(collapse_rows(write("own", own), []), "hidden")
    assert found["nc1_pinv"] == pytest.approx(0.25)
    assert found["nc1_quotient"] == pytest.approx(0.375)
    assert found["cdnv"] == pytest.approx(0.125)


def test_orthodev_at_every_point(write, own, other):
    """Class means are (5, 2, 2)/3 and permutations, mu_G = (1, 1, 1), the OOD mean (2, 1, 1).

    Inner products (14, 11, 11)/3 over lengths sqrt(33)/3 and sqrt(6); centred: (2, -1, -1)/3 over
    sqrt(6)/3 and 1.
    """
    rows = collapse_rows(write("own", own), [write("svhn", other)])
    for point in ("hidden", "logits", "penultimate"):
        found = by_measure(rows, point, "svhn")
        assert found["orthodev"] == pytest.approx(12 / np.sqrt(198), rel=1e-6)
        assert found["orthodev_centred"] == pytest.approx(4 / (3 * np.sqrt(6)), rel=1e-6)


def test_indices_follow_the_network(write, own):
    rows = collapse_rows(write("own", own), [])
    assert {(row["point"], row["index"]) for row in rows} == {
        ("hidden", 1),
        ("penultimate", 1),
        ("logits", 2),
        ("classifier", 2),
    }


def test_nc3_and_classifier_need_an_affine_head(write, own):
    rows = collapse_rows(write("own", own, **{"head.weight": None, "head.bias": None}), [])
    assert not by_measure(rows, "classifier")
    assert "nc3" not in by_measure(rows, "penultimate")


def test_accuracy_and_nc4_count_samples(write, own):
    """3 of 12 samples carry another class's logits: the network errs there, its features do not."""
    logits = MEANS[LABELS].copy()
    logits[:3] = MEANS[1]
    rows = collapse_rows(write("own", own, **{"train.logits": logits}), [])
    assert by_measure(rows, "logits")["train_accuracy"] == 0.75
    assert by_measure(rows, "penultimate")["nc4"] == 0.75


def test_dead_features_are_not_collapsed(write, own):
    """All class means equal: every measure of the simplex is undefined, none is 0."""
    dead = {
        "hidden.class_means": np.zeros_like(MEANS),
        "hidden.between": np.zeros(0),
        "hidden.within": np.zeros((0, 0)),
        "hidden.within_trace": np.array(0.0),
        "hidden.between_trace": np.array(0.0),
        "hidden.class_variances": np.zeros(3),
    }
    found = by_measure(collapse_rows(write("own", own, **dead), []), "hidden")
    assert all(np.isnan(value) for value in found.values()), found


def test_damaged_file_is_named(write, own, tmp_path):
    path = write("own", own, **{"hidden.within": None})
    with pytest.raises(ArtefactError, match=r"own\.safetensors: .*hidden\.within.*; delete it"):
        collapse_rows(path, [])
    path.write_bytes(b"not a tensor")
    with pytest.raises(ArtefactError, match=r"own\.safetensors: .*; delete it"):
        collapse_rows(path, [])
