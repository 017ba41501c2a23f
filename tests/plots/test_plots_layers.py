"""The layer plot's numbers, worked by hand on two temperatures and two seeds."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from unpacking_softmax.plots import style
from unpacking_softmax.plots.layers import (
    ID,
    OOD,
    RANK,
    _freest,
    depth_numbers,
    draw_layers,
    layer_numbers,
)

ACCURACY = {
    ("1", 0): (0.2, 0.5, 0.9),
    ("1", 1): (0.4, 0.5, 0.9),
    ("10", 0): (0.6, 0.8, 0.7),
    ("10", 1): (0.6, 0.8, 0.7),
}
GRID = {
    "name": "g", "dataset": "own", "architecture": "net", "variant": "base", "temperatures": ["1", "10"],
    "seeds": [0, 1], "baseline": "1", "labels": {"own": "Own data", "other": "Other data"},
}  # fmt: skip
SETTINGS = {
    "binding": {"grid": "g", "ood": "other"}, "grids": {"g": GRID}, "temperatures": ["1", "10"],
    "matched_within": 0.01,
}  # fmt: skip


def identity(temperature, seed):
    names = {"dataset": "own", "architecture": "net", "variant": "base"}
    return {**names, "temperature": temperature, "seed": seed}


@pytest.fixture
def study():
    probes, spectra, depth, records = [], [], [], []
    for (t, seed), curve in ACCURACY.items():
        own = identity(t, seed)
        for index, accuracy in enumerate(curve, start=1):
            point = {"point": f"p{index}", "index": index}
            probes.append({**own, **point, "source": "own", "accuracy": accuracy})
            probes.append({**own, **point, "source": "other", "accuracy": accuracy / 2})
            sigma = np.array([1.0, 1e-2, 1e-9])[: 4 - index]
            common = {"split": "train", "matrix": "raw", "n": 100, "d": len(sigma)}
            spectra.append({**own, **point, **common, "sigma": sigma})
        depth.append({**own, "source": "other", "index": 2 + seed, "kappa_n": (2 + seed) / 3, "rho": 0.25})
        status = "failed_to_train" if t == "10" else "trained"
        records.append({**own, "status": status, "test_accuracy": 0.9, "temperature_value": float(t)})
    return tuple(map(pd.DataFrame, (probes, spectra, depth, records)))


def test_numbers_are_means_and_deviations_over_seeds(study):
    numbers = layer_numbers(*study[:2], "other", "torch").set_index(["temperature", "series", "index"])
    first = numbers.loc[("1", ID, 1)]
    assert (first["mean"], first["std"], first["seeds"]) == pytest.approx((0.3, 0.2 / np.sqrt(2), 2))
    assert numbers.loc[("10", OOD, 2), "mean"] == pytest.approx(0.4)
    # The cut of torch's rule is 100 * 1.2e-7: 1e-9 counts as zero, 1e-2 does not.
    assert numbers.sort_index().loc[("1", RANK)]["mean"].tolist() == [2, 2, 1]


def test_depths_are_those_of_the_ood_set(study):
    depths = depth_numbers(study[2], "other").set_index("temperature")
    assert depths.loc["1", "index_mean"] == 2.5
    assert depths.loc["1", "kappa_n_std"] == pytest.approx(1 / 3 / np.sqrt(2))
    assert depth_numbers(study[2], "elsewhere").empty


@pytest.mark.parametrize("columns", [1, 2])
def test_a_panel_for_each_temperature_and_failures_are_named(study, columns):
    style.apply()
    probes, spectra, depth, records = study
    numbers, depths = layer_numbers(probes, spectra, "other", "torch"), depth_numbers(depth, "other")
    settings = {**SETTINGS, "binding": {**SETTINGS["binding"], "columns": columns}}
    figure = draw_layers(numbers, depths, records, settings)
    panels = [axis for axis in figure.axes if axis.get_title(loc="left")]
    assert [axis.get_title(loc="left") for axis in panels] == ["T = 1 (baseline)", "T = 10"]
    written = [{text.get_text() for text in axis.texts} for axis in panels]
    assert all({"ID", "OOD", "rank"} <= names for names in written)
    assert "failed to train" in written[1]
    assert "failed to train" not in written[0]
    assert "κ = 83 ± 24 %\nρ = 25.0 %" in written[0]
    assert "Own data, OOD: Other data; mean and s.d. over 2 seeds" in figure.get_suptitle().replace("\n", " ")
    assert figure.get_figwidth() == style.WIDTHS[columns]
    plt.close(figure)


def test_names_keep_clear_of_lines_and_of_each_other():
    flat = np.column_stack([np.linspace(0, 1, 5), np.full(5, 0.5)])
    other = flat + np.array([0, 0.12])  # just where a name above the line would stand
    x, y = _freest(flat, [flat, other], [])
    assert y < 0.5
    x2, y2 = _freest(flat, [flat, other], [(x, y)])
    assert np.hypot(x2 - x, y2 - y) > 0.08
