"""Readings of stored tables, on tables worked by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from unpacking_softmax.readings.runs import depth_rows, over_seeds, ranks, unmatched


def probes(**curves):
    """Rows as `probing.probe_rows` gives them, shuffled; the network is right on 80 % of `own`."""
    rows = [
        {
            "source": source,
            "index": index,
            "accuracy": accuracy,
            "model_accuracy": 0.8 if source == "own" else 0.1,
        }
        for source, curve in curves.items()
        for index, accuracy in enumerate(curve, start=1)
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=0)


# Four post-ReLU points and the logits; 0.8 x 0.99 = 0.792 is first reached at the third.
OWN = [0.5, 0.7, 0.795, 0.81, 0.8]


def test_depth_and_drop_of_each_ood_set():
    table = probes(own=OWN, far=[0.2, 0.5, 0.4, 0.3, 0.25], near=[0.4, 0.5, 0.6, 0.7, 0.8])
    rows = {row["source"]: row for row in depth_rows(table, "own", 0.99, "model")}
    assert set(rows) == {"far", "near"}
    for row in rows.values():
        assert (row["index"], row["reached"], row["model_accuracy"]) == (3, True, 0.8)
        assert row["kappa_n"] == pytest.approx(3 / 5)
        assert row["kappa_relu"] == pytest.approx(2 / 3)
    assert rows["far"]["rho"] == pytest.approx((0.5 - 0.3) / 0.5)
    assert rows["far"]["rho_logits"] == pytest.approx((0.5 - 0.25) / 0.5)
    assert rows["near"]["rho"] == 0
    assert rows["near"]["rho_logits"] == pytest.approx((0.7 - 0.8) / 0.7)


def test_reference_and_threshold_move_the_bar():
    """Last post-ReLU probe: 0.81 x 0.99 = 0.8019, reached at the fourth; 0.8 x 0.85 = 0.68 at the second."""
    table = probes(own=OWN, far=[0.2] * 5)
    (row,) = depth_rows(table, "own", 0.99, "last-probe")
    assert (row["index"], row["kappa_relu"]) == (4, 1.0)
    (row,) = depth_rows(table, "own", 0.85, "model")
    assert row["index"] == 2


def test_logits_never_count_as_a_probe():
    """Only the logits' probe passes: the depth is N, not reached."""
    (row,) = depth_rows(probes(own=[0.1, 0.2, 0.3, 0.4, 0.8]), "own", 0.99, "model")
    assert (row["index"], row["kappa_n"], row["kappa_relu"], row["reached"]) == (5, 1.0, 1.0, False)


def test_without_ood_there_is_depth_but_no_drop():
    (row,) = depth_rows(probes(own=OWN), "own", 0.99, "model")
    assert row["source"] is None
    assert row["index"] == 3
    assert math.isnan(row["rho"])
    assert math.isnan(row["rho_logits"])


def test_ranks_read_each_row_by_its_own_size():
    """torch: max(n, d) x 2^-23 x sigma_1. 1000 x 1.19e-7 x 2 = 2.4e-4, and 2e6 x 1.19e-7 x 1 = 0.24."""
    spectra = pd.DataFrame(
        {
            "point": ["a", "b"],
            "n": [1000, 2_000_000],
            "d": [4, 4],
            "sigma": [np.array([2.0, 1e-3, 1e-4, 0.0]), np.array([1.0, 0.3, 0.2, 0.1])],
        },
        index=[7, 3],
    )
    table = ranks(spectra, "torch")
    assert table["point"].tolist() == ["a", "b"]
    assert table["rank"].tolist() == [2, 2]
    assert table["cut"].tolist() == pytest.approx([2000 * 2**-23, 2e6 * 2**-23])
    assert "sigma" not in table
    assert "sigma" in spectra
    assert ranks(spectra, "1e-3")["rank"].tolist() == [1, 4]


def test_a_diverged_spectrum_has_no_rank():
    spectra = pd.DataFrame({"n": [5], "d": [2], "sigma": [np.array([np.nan, np.nan])]})
    assert ranks(spectra, "torch")["rank"].isna().all()


def test_unmatched_compares_means_over_seeds():
    """Baseline 0.8: 0.795 is within one per cent, 0.78 is not; better is never unmatched."""
    records = pd.DataFrame(
        [("1", 0.75), ("1", 0.85), ("10", 0.79), ("10", 0.8), ("30", 0.76), ("30", 0.8), ("0.5", 0.9)],
        columns=["temperature", "test_accuracy"],
    )
    assert unmatched(records, "1", 0.01) == pytest.approx({"30": 0.02})
    assert unmatched(records, "1", 0.05) == {}


def test_over_seeds_has_sample_deviations():
    """1, 2, 3: mean 2, deviation 1 (not sqrt(2/3)). Of 2 and 4: sqrt 2. One seed: none."""
    table = pd.DataFrame(
        [("b", 0, 1.0, 2.0), ("b", 1, 2.0, 4.0), ("b", 2, 3.0, np.nan), ("a", 0, 5.0, 7.0)],
        columns=["point", "seed", "x", "y"],
    )
    result = over_seeds(table, ["point"], ["x", "y"])
    assert result["point"].tolist() == ["b", "a"]
    assert result["seeds"].tolist() == [3, 1]
    assert result["x_mean"].tolist() == [2.0, 5.0]
    assert result["y_mean"].tolist() == [3.0, 7.0]
    assert result["x_std"].tolist() == pytest.approx([1.0, np.nan], nan_ok=True)
    assert result["y_std"].tolist() == pytest.approx([math.sqrt(2), np.nan], nan_ok=True)


def test_over_seeds_keeps_groups_without_a_name():
    """A run without an OOD set has source None."""
    table = pd.DataFrame({"source": [None, None, "far"], "seed": [0, 1, 0], "x": [1.0, 3.0, 5.0]})
    result = over_seeds(table, ["source"], ["x"])
    assert sorted(result["x_mean"]) == [2.0, 5.0]
