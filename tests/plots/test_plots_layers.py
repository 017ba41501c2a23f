"""The layer plot's numbers, worked by hand on two temperatures and two seeds."""

import numpy as np
import pandas as pd
import pytest

from probe_seeds import tried_twice
from unpacking_softmax.plots import style
from unpacking_softmax.plots.layers import (
    ID,
    OOD,
    RANK,
    _freest,
    _room,
    depth_numbers,
    draw,
    layer_numbers,
    probe_numbers,
)
from views import identity, made_up_view

ACCURACY = {
    ("1", 0): (0.2, 0.5, 0.9),
    ("1", 1): (0.4, 0.5, 0.9),
    ("10", 0): (0.6, 0.8, 0.7),
    ("10", 1): (0.6, 0.8, 0.7),
}


def study(failed=()):
    """Tables of ACCURACY's runs; failed: those (temperature, seed) that did not train."""
    probes, spectra, depth, records = [], [], [], []
    for (t, seed), curve in ACCURACY.items():
        own = identity(t, seed)
        for index, accuracy in enumerate(curve, start=1):
            point = {"point": "logits" if index == 3 else f"p{index}", "index": index, "d": 7 - index}
            probes.append({**own, **point, "source": "own", "accuracy": accuracy})
            probes.append({**own, **point, "source": "other", "accuracy": accuracy / 2})
            raw, centred = [1.0, 1e-2, 1e-9], [1.0, 1e-9, 1e-9]
            for matrix, sigma in (("raw", raw), ("class_centred", centred)):
                common = {"split": "train", "matrix": matrix, "n": 100}
                spectra.append({**own, **point, **common, "sigma": np.array(sigma)})
        shares = {"kappa_n": (2 + seed) / 3, "rho": 0.25 + seed / 10}
        depth.append({**own, "source": "other", "index": 2 + seed, **shares})
        status = "failed_to_train" if (t, seed) in failed else "trained"
        records.append({**own, "status": status, "test_accuracy": 0.9, "temperature_value": float(t)})
    return tuple(map(pd.DataFrame, (probes, spectra, depth, records)))


def numbers_of(probes, spectra, depth, records):
    return layer_numbers(probes, spectra, records, made_up_view()), depth_numbers(depth, records, "other")


def test_numbers_are_means_and_deviations_over_seeds():
    numbers = numbers_of(*study())[0].set_index(["temperature", "series", "index"])
    first = numbers.loc[("1", ID, 1)]
    assert (first["mean"], first["std"], first["seeds"]) == pytest.approx((0.3, 0.2 / np.sqrt(2), 2))
    assert numbers.loc[("10", OOD, 2), "mean"] == pytest.approx(0.4)
    assert numbers.sort_index().loc[("1", OOD)]["d"].tolist() == [6, 5, 4]


def test_a_run_has_the_mean_of_its_probe_seeds():
    probes, *others = study()
    pd.testing.assert_frame_equal(numbers_of(tried_twice(probes), *others)[0], numbers_of(probes, *others)[0])


def test_rank_at_the_logits_is_the_solution_rank():
    numbers = numbers_of(*study())[0]
    rank = numbers[(numbers["series"] == RANK) & (numbers["temperature"] == "1")].sort_values("index")
    # The cut of torch's rule is 100 * 1.2e-7: 1e-9 counts as zero, 1e-2, of raw spectra only, does not.
    assert rank["mean"].tolist() == [2, 2, 1]


def test_depths_are_those_of_the_ood_set():
    _, _, depth, records = study()
    depths = depth_numbers(depth, records, "other").set_index("temperature")
    assert depths.loc["1", "index_mean"] == 2.5
    assert depths.loc["1", "kappa_n_std"] == pytest.approx(1 / 3 / np.sqrt(2))
    assert depth_numbers(depth, records, "elsewhere").empty


def test_failed_seeds_are_left_out_where_others_trained():
    numbers, depths = numbers_of(*study(failed=[("1", 1), ("10", 0), ("10", 1)]))
    first = numbers.set_index(["temperature", "series", "index"]).loc[("1", ID, 1)]
    assert (first["mean"], first["seeds"]) == (0.2, 1)  # of 0.2 and 0.4
    # Where none trained the curves are those of the failed runs, without kappa and rho.
    failed = numbers[numbers["temperature"] == "10"]
    assert failed["seeds"].eq(2).all()
    assert len(failed) == 9
    depth = depths.set_index("temperature")
    assert depth.index.tolist() == ["1"]
    assert depth.loc["1", ["index_mean", "rho_mean"]].tolist() == [2, 0.25]


def test_the_probes_share_of_the_spread():
    """rho of four probes in two runs at T = 1: 0, 0.2 and 0.4, 0.6 of within-run variance 0.02 each; run
    means 0.1 and 0.5, of variance 0.08, of which the probes make 0.01. T = 10: one run trained."""
    drops = {("1", 0): (0.0, 0.2), ("1", 1): (0.4, 0.6), ("10", 0): (0.1, 0.1), ("10", 1): (0.9, 0.0)}
    rows = [
        {**identity(*run), "source": source, "point": f"p{index}", "index": index, "probe_seed": probe,
         "accuracy": {1: 1.0, 2: 1.0 - drop, 3: 1.0}[index], "model_accuracy": 1.0}
        for run, seeds in drops.items()
        for probe, drop in enumerate(seeds)
        for source in ("own", "other", "third")
        for index in (1, 2, 3)
    ]  # fmt: skip
    records = study(failed=[("10", 1)])[-1]
    found = probe_numbers(pd.DataFrame(rows), records, made_up_view()).set_index("temperature")
    assert found.loc["1", "rho_probe_sd"] == pytest.approx(0.02**0.5)
    assert found.loc["1", "rho_probe_share"] == pytest.approx(0.02 / (0.02 + 0.07))
    assert found.loc["10", "rho_probe_sd"] == 0
    assert found.loc[["1", "10"], "kappa_n_probe_sd"].tolist() == [0, 0]


def verticals(axis):
    return [line.get_xdata()[0] for line in axis.get_lines() if len(set(line.get_xdata())) == 1]


@pytest.mark.parametrize("columns", [1, 2])
def test_a_panel_for_each_temperature_and_failures_are_named(columns):
    tables = study(failed=[("10", 0), ("10", 1)])
    view = made_up_view(binding={"columns": columns})
    figure = draw(*numbers_of(*tables), tables[-1], view)
    panels = [axis for axis in figure.axes if axis.get_title(loc="left")]
    assert [axis.get_title(loc="left") for axis in panels] == ["T = 1 (baseline)", "T = 10"]
    written = [{text.get_text() for text in axis.texts} for axis in panels]
    assert all({"ID", "OOD", "rank"} <= names for names in written)
    assert "failed to train" in written[1]
    assert "failed to train" not in written[0]
    # rho is 25 and 35 %: a deviation of 10 / sqrt(2).
    assert "$\\kappa_N$ = 83 ± 24 %\nρ = 30.0 ± 7.1 %" in written[0]
    assert "$\\kappa_N$, ρ: –" in written[1]
    assert [verticals(axis) for axis in panels] == [[2.5], []]
    assert figure.get_suptitle().replace("\n", " ") == (
        "net on Own data, OOD: Other data "
        "rank rule: torch; at most 6 features of a layer; mean and s.d. over 2 seeds"
    )
    assert figure.get_figwidth() == style.WIDTHS[columns]


FLAT = np.column_stack([np.linspace(0, 1, 5), np.full(5, 0.5)])


def test_names_keep_clear_of_lines_and_of_each_other():
    other = FLAT + np.array([0, 0.12])  # just where a name above the line would stand
    room, x, y = _freest(FLAT, [other], [])
    assert (room, y) == pytest.approx((0.07, 0.43))
    name = (x - 0.05, x + 0.05, y - 0.025, y + 0.025)
    _, x2, y2 = _freest(FLAT, [other], [name])
    assert abs(x2 - x) >= 0.1 + 0.07 or abs(y2 - y) >= 0.05 + 0.07


def test_names_keep_clear_of_the_line_at_kappa():
    walls = [(x, x, 0.0, 1.0) for x in (0.25, 0.5)]
    _, x, _ = _freest(FLAT, [FLAT - 0.4], walls)
    assert x == 0.75
    assert _room(0.54, 0.57, FLAT, [FLAT - 0.4], walls) == 0


def test_a_name_stands_nearer_to_its_own_line():
    other = FLAT + np.array([0, 0.04])
    # 0.03 above the other line, 0.07 above its own: no nearer than 0.03, and strays by 0.04.
    assert _room(0.5, 0.57, FLAT, [other], []) == pytest.approx(-0.01)
    assert _freest(FLAT, [other], [])[2] == pytest.approx(0.43)
