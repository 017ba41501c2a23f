"""Several probe seeds: what is read from their mean, and how much of the spread they make."""

import math

import numpy as np
import pandas as pd
import pytest

from unpacking_softmax.artefacts import tables, writing
from unpacking_softmax.readings.probes import (
    SPREAD,
    by_probe_seed,
    over_probe_seeds,
    probe_share,
    probe_spread,
)
from unpacking_softmax.readings.runs import depth_rows

IDENTITY = {"dataset": "own", "architecture": "net", "variant": "base", "temperature": "1"}
READINGS = {"depth_threshold": 0.99, "depth_reference": "model"}
# Two post-ReLU points and the logits; the bar is 0.99 x 0.8 = 0.792. Of three probe seeds one misses it
# at the second point, and their mean passes it there: (0.80 + 0.79 + 0.80) / 3 = 0.7967.
OWN = {0: [0.5, 0.80, 0.8], 1: [0.6, 0.79, 0.8], 2: [0.7, 0.80, 0.8]}
FAR = {0: [0.4, 0.3, 0.2], 1: [0.5, 0.2, 0.2], 2: [0.6, 0.1, 0.2]}


def rows(seed=0, own=OWN, far=FAR):
    """Rows of `probing.probe_rows` with the run's identity: by source and point, then probe seed."""
    return [
        {**IDENTITY, "seed": seed, "source": source, "point": f"p{index}", "index": index + 1,
         "probe_seed": probe, "accuracy": curves[probe][index], "train_accuracy": 0.9, "loss": 1.0 + probe,
         "model_accuracy": 0.8 if source == "own" else 0.1}
        for source, curves in (("own", own), ("far", far))
        for index in range(3)
        for probe in curves
    ]  # fmt: skip


def test_scores_are_averaged_over_probe_seeds():
    table = over_probe_seeds(pd.DataFrame(rows()))
    assert table["point"].tolist() == ["p0", "p1", "p2"] * 2
    assert table["accuracy"].tolist() == pytest.approx([0.6, 2.39 / 3, 0.8, 0.5, 0.2, 0.2])
    assert table["loss"].tolist() == [2.0] * 6
    assert "probe_seed" not in table


def test_one_probe_seed_is_left_as_it_is_to_the_bit():
    one = pd.DataFrame(rows(own={0: [0.1 + 0.2, 1 / 3, 0.8]}, far={0: [0.1, 0.7, 1 / 7]}))
    before = one.drop(columns="probe_seed")
    pd.testing.assert_frame_equal(over_probe_seeds(one), before, check_exact=True)
    assert over_probe_seeds(before) is before


def test_depth_and_drop_are_read_from_the_mean():
    (row,) = depth_rows(pd.DataFrame(rows()).sample(frac=1, random_state=0), "own", 0.99, "model")
    assert (row["index"], row["source"], row["model_accuracy"]) == (2, "far", 0.8)
    # Mean accuracies far away: 0.5, 0.2, 0.2.
    assert row["rho"] == pytest.approx(0.6)


def test_each_probe_seed_alone():
    found = by_probe_seed(pd.DataFrame(rows()), 0.99, "model")
    # The second seed never passes before the logits.
    assert found["kappa_n"].tolist() == pytest.approx([2 / 3, 1, 2 / 3])
    assert found["rho"].tolist() == pytest.approx([0.1 / 0.4, 0.3 / 0.5, 0.5 / 0.6])
    assert set(found["source"]) == {"far"}


def test_spread_of_a_run_is_that_of_its_probe_seeds():
    (run,) = probe_spread(pd.DataFrame(rows()), READINGS).to_dict("records")
    kappa = np.array([2 / 3, 1, 2 / 3])
    assert run["kappa_n_probe_mean"] == pytest.approx(7 / 9)
    assert run["kappa_n_probe_var"] == pytest.approx(kappa.var(ddof=1))
    assert (run["probe_seeds"], run["seed"]) == (3, 0)


def test_one_probe_seed_has_no_spread():
    one = pd.DataFrame([row for row in rows() if row["probe_seed"] == 0])
    for table in (one, one.drop(columns="probe_seed")):
        spread = probe_spread(table, READINGS)
        assert spread.empty
        assert all(math.isnan(value) for value in probe_share(spread, "rho"))
        assert set(SPREAD) <= set(spread)


def spread_of(values):
    """values: by run, those of its probe seeds."""
    table = pd.DataFrame({"rho_probe_mean": [np.mean(v) for v in values],
                          "rho_probe_var": [np.var(v, ddof=1) for v in values],
                          "probe_seeds": [len(v) for v in values]})  # fmt: skip
    return probe_share(table, "rho")


def test_share_is_that_of_a_one_way_analysis_of_variance():
    # By hand: variances 1 and 4, within 2.5; means 2 and 8, of variance 18, of which the probes make
    # 2.5 / 3: between 103 / 6.
    sd, share = spread_of([[1, 2, 3], [6, 8, 10]])
    assert sd == pytest.approx(math.sqrt(2.5))
    assert share == pytest.approx(2.5 / (2.5 + 103 / 6))


def test_share_of_runs_that_differ_by_their_probes_only_is_all():
    assert spread_of([[1, 2, 3], [3, 1, 2]]) == (1.0, 1.0)
    assert spread_of([[1, 1, 1], [2, 2, 2]]) == (0.0, 0.0)
    sd, share = spread_of([[1, 1], [1, 1]])
    assert sd == 0
    assert math.isnan(share)


def test_share_wants_two_runs():
    sd, share = spread_of([[1, 2, 3]])
    assert sd == 1
    assert math.isnan(share)


def test_shares_of_many_runs_find_what_they_were_drawn_with():
    """Runs of variance 4, probes of variance 1: a fifth of a single reading's spread is the probe's."""
    generator = np.random.default_rng(0)
    values = generator.normal(0, 2, (4000, 1)) + generator.normal(0, 1, (4000, 3))
    sd, share = spread_of(list(values))
    assert sd == pytest.approx(1, rel=0.02)
    assert share == pytest.approx(0.2, abs=0.01)


def test_tables_of_one_probe_seed_and_of_several_stand_beside_each_other(tmp_path):
    """A file of a version that knew no probe seeds is read as it is, its run without a spread."""
    old = [{k: v for k, v in row.items() if k != "probe_seed"} for row in rows(0) if row["probe_seed"] == 0]
    for name, given in (("old", old), ("new", rows(1))):
        (tmp_path / name).mkdir()
        extra = [{"d": 5, "n": 10, **row} for row in given]
        writing.write_table(pd.DataFrame(extra), tmp_path / name / "probes.parquet")
    both = tables.gather([tmp_path / name / "probes.parquet" for name in ("old", "new")])
    means = over_probe_seeds(both)
    assert means.groupby("seed").size().tolist() == [6, 6]
    first = means[means["seed"] == 0]
    assert first["accuracy"].tolist() == [row["accuracy"] for row in old]
    assert probe_spread(both, READINGS)["seed"].tolist() == [1]
    assert depth_rows(first, "own", 0.99, "model")[0]["rho"] == pytest.approx(0.25)
