"""The effects of runs: hand-worked ranks, depths on a common bar, failed runs, matched accuracy."""

import numpy as np
import pandas as pd
import pytest

from probe_seeds import tried_twice
from unpacking_softmax.readings.effects import (
    accuracy_gaps,
    common_depth,
    effects,
    of_grid,
    of_trained,
    solution_ranks,
)

GRID = {
    "dataset": "own",
    "architecture": "net",
    "variant": "base",
    "temperatures": ["1", "100", "match-other"],
    "seeds": [0, 1],
    "baseline": "1",
}
READINGS = {"rank_rule": "torch", "depth_threshold": 0.99}


def run(temperature="1", seed=0, **values):
    names = {"dataset": "own", "architecture": "net", "variant": "base"}
    return {**names, "temperature": temperature, "seed": seed, **values}


def logits(sigma, matrix, temperature="1", seed=0, n=1000):
    values = {"point": "logits", "split": "train", "matrix": matrix, "n": n, "d": len(sigma)}
    return run(temperature, seed, **values, sigma=np.array(sigma))


def record(temperature, seed, accuracy, status="trained"):
    return run(temperature, seed, test_accuracy=accuracy, status=status)


def probe(temperature, seed, curve, source="own"):
    points = [f"relu{i}" for i in range(1, len(curve))] + ["logits"]
    return [
        run(temperature, seed, source=source, index=i, point=p, accuracy=a)
        for i, (p, a) in enumerate(zip(points, curve, strict=True), start=1)
    ]


def test_solution_rank_under_every_rule():
    # n = 1000: cuts over sigma_1 = 100 are 1000 x 1.19e-7 x 100 = 1.19e-2 (torch), 1e-3 (1e-8),
    # 1e-5 (1e-8 as printed), 0.1 (1e-3).
    raw = [100.0, 1.0, 0.05, 5e-3, 1e-4]
    spectra = pd.DataFrame([logits(raw, "raw"), logits([100.0, 1.0, 0.05, 0.0, 0.0], "class_centred")])
    found = solution_ranks(spectra, "torch").iloc[0]
    assert found["sr_raw_torch"] == 3
    assert found["sr_raw_1e-8"] == 4
    assert found["sr_raw_1e-8-absolute"] == 5
    assert found["sr_raw_1e-3"] == 2
    assert found["sr"] == found["sr_class_centred_torch"] == 3
    assert found["classes"] == 5
    assert found["cut"] == pytest.approx(1000 * 2.0**-23)


def test_only_logits_of_the_training_split_count():
    other = [
        {**logits([1.0, 1.0], "class_centred"), "split": "test"},
        {**logits([1.0, 1.0], "class_centred"), "point": "relu1"},
    ]
    spectra = pd.DataFrame([logits([1.0, 0.0], "class_centred"), logits([1.0, 1.0], "raw"), *other])
    assert solution_ranks(spectra, "torch")["sr"].tolist() == [1]


def test_common_bar_takes_away_the_gain_of_a_worse_network():
    # 99 % of 0.9 is 0.891: no hidden layer of the second network reaches it, its own bar of 0.5 all do.
    probes = pd.DataFrame(
        [*probe("1", 0, [0.5, 0.895, 0.9]), *probe("100", 0, [0.5, 0.5, 0.5]), *probe("1", 0, [0.9] * 3, "x")]
    )
    for given in (probes, tried_twice(probes)):
        found = common_depth(given, 0.9, 0.99).set_index("temperature")["kappa_n_common"]
        assert found.to_dict() == pytest.approx({"1": 2 / 3, "100": 1.0})


def frames(records, temperatures=("1", "100")):
    runs = [(t, s) for t in temperatures for s in (0, 1)]
    depth = [run(t, s, source="other", kappa_n=0.5, kappa_relu=0.5, rho=0.2, rho_logits=0.1) for t, s in runs]
    probes = [row for t, s in runs for row in probe(t, s, [0.5, 0.9, 0.9])]
    spectra = [logits([1.0, 1.0, 0.0], m, t, s) for t, s in runs for m in ("raw", "class_centred")]
    return [pd.DataFrame(rows) for rows in (depth, probes, spectra, records)]


def test_a_failed_run_has_no_numbers_and_does_not_move_the_bar():
    records = [
        record("1", 0, 0.9),
        record("1", 1, 0.1, "failed_to_train"),
        record("100", 0, 0.9),
        record("100", 1, 0.9),
    ]
    found = effects(*frames(records), GRID, READINGS).set_index(["temperature", "seed"])
    failed = found.loc[("1", 1)]
    assert failed[["kappa_n", "rho", "sr", "test_accuracy", "kappa_n_common"]].isna().all()
    # The bar is 0.99 x 0.9 of the seed that trained, not 0.99 x 0.5: layer 2 of 3.
    assert found.loc[("100", 0), "kappa_n_common"] == pytest.approx(2 / 3)
    assert found.loc[("100", 0), "sr"] == 2


def test_a_run_that_was_not_probed_has_its_rank():
    records = [record(t, s, 0.9) for t in ("1", "100") for s in (0, 1)]
    _, _, spectra, table = frames(records)
    found = effects(pd.DataFrame(), pd.DataFrame(), spectra, table, GRID, READINGS)
    assert found["sr"].tolist() == [2] * 4
    assert found["kappa_n"].isna().all()
    assert found["source"].isna().all()


def test_a_run_that_was_not_probed_has_its_rank_beside_runs_that_were():
    """As where a study probes some of its grids: the other grids' runs keep their ranks."""
    records = [record(t, s, 0.9) for t in ("1", "100") for s in (0, 1)]
    depth, probes, spectra, table = frames(records)
    others = [rows.assign(dataset="another") for rows in (depth, probes)]
    found = effects(*others, spectra, table, GRID, READINGS)
    assert found["sr"].tolist() == [2] * 4
    assert found["kappa_n_common"].isna().all()


def test_of_grid_leaves_out_other_runs():
    table = pd.DataFrame([run(), run("7"), run(seed=9), {**run(), "variant": "mse"}])
    assert len(of_grid(table, GRID)) == 1
    assert of_grid(pd.DataFrame(), GRID).empty


def test_failed_runs_are_shown_where_none_trained():
    records = [record("1", 0, 0.9), record("1", 1, 0.1, "diverged"), record("100", 0, 0.1, "failed_to_train")]
    rows = pd.DataFrame([{**run(r["temperature"], r["seed"]), "value": i} for i, r in enumerate(records)] * 2)
    assert of_trained(rows, pd.DataFrame(records))["value"].tolist() == [0, 2, 0, 2]


def test_accuracy_gaps_of_runs_that_trained():
    records = pd.DataFrame(
        [
            record("1", 0, 0.80),
            record("1", 1, 0.1, "diverged"),
            record("100", 0, 0.70),
            record("match-other", 0, 0.795),
        ]
    )
    assert accuracy_gaps(records, GRID, 0.01) == pytest.approx({"100": 0.1})
    assert accuracy_gaps(records[records["temperature"] != "1"], GRID, 0.01) == {}


def test_exactly_one_point_is_matched():
    """0.95 - 0.94 is a little more than 0.01 in binary."""
    records = pd.DataFrame([record("1", 0, 0.95), record("100", 0, 0.94), record("match-other", 0, 0.9399)])
    assert accuracy_gaps(records, GRID, 0.01) == pytest.approx({"match-other": 0.0101})
