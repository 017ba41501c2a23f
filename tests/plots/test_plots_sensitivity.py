"""The sensitivity figure's numbers, worked by hand on small spectra and probe curves."""

import numpy as np
import pandas as pd
import pytest

from probe_seeds import tried_twice
from unpacking_softmax.plots import style
from unpacking_softmax.plots.rank_sensitivity import (
    CUTS,
    THRESHOLDS,
    depth_curves,
    draw,
    rank_curves,
    rule_cuts,
    sample_curves,
    sensitivity_numbers,
    shared_names,
)
from views import identity, made_up_view


def study(failed=()):
    """Two temperatures, two seeds; sigma over sigma_1 is 1, 1e-2, 1e-4 raw and 1, 1e-2, 0 centred."""
    tables = {"spectra": [], "probes": [], "depth": [], "record": []}
    for t in ("1", "10"):
        for seed in (0, 1):
            own = identity(t, seed)
            for matrix, last in (("raw", 1e-4), ("class_centred", 0.0)):
                sigma = np.array([1.0, 1e-2, last]) * (10.0 if t == "10" else 1.0)
                point = {"point": "logits", "split": "train", "matrix": matrix, "n": 1000, "d": 3}
                tables["spectra"].append({**own, **point, "sigma": sigma})
            for i, accuracy in enumerate((0.5, 0.76, 0.795, 0.8), start=1):
                values = {"source": "own", "index": i, "accuracy": accuracy, "model_accuracy": 0.8}
                tables["probes"].append({**own, **values})
            tables["depth"].append({**own, "source": "other", "rho": 0.2 + seed / 10, "rho_logits": 0.6})
            status = "failed_to_train" if t in failed else "trained"
            tables["record"].append(
                {**own, "status": status, "test_accuracy": 0.8, "temperature_value": float(t)}
            )
    return {kind: pd.DataFrame(rows) for kind, rows in tables.items()}


def numbers_of(tables):
    return sensitivity_numbers(*(tables[k] for k in ("spectra", "probes", "depth", "record")), made_up_view())


def test_rank_by_cut_counts_singular_values_above_it():
    curves = rank_curves(study()["spectra"])
    one = curves[(curves["temperature"] == "1") & (curves["seed"] == 0)]
    raw, centred = (one[one["series"] == s].set_index("x")["value"] for s in ("raw", "class_centred"))
    assert raw[raw.index < 0.9e-4].eq(3).all()
    assert raw[(raw.index > 1.1e-4) & (raw.index < 0.9e-2)].eq(2).all()
    assert raw[raw.index > 1.1e-2].eq(1).all()
    assert centred.iloc[0] == 2
    assert len(raw) == len(CUTS)


def test_rank_by_samples_reads_parts_of_the_training_split():
    spectra = study()["spectra"]
    part = spectra[spectra["matrix"] == "class_centred"].assign(split="subset", n=10**6)
    curve = sample_curves(pd.concat([spectra, part]), "torch")
    # sigma_2 / sigma_1 = 1e-2 is over the cut 1.2e-7 n at n = 1,000, under it at n = 10^6
    assert curve.groupby("x")["value"].unique().map(list).to_dict() == {1e3: [2], 1e6: [1]}


def test_kappa_by_threshold():
    # Layers reach 0.625, 0.95, 0.99375 of the model's accuracy: kappa 2/4 to 95 %, 3/4 to 99.375 %, else 1.
    curve = depth_curves(study()["probes"], "model")
    curve = curve[(curve["temperature"] == "1") & (curve["seed"] == 0)].set_index("x")["value"]
    assert curve[curve.index < 0.949].eq(0.5).all()
    assert curve[(curve.index > 0.951) & (curve.index < 0.993)].eq(0.75).all()
    assert curve[curve.index > 0.995].eq(1.0).all()
    assert len(curve) == len(THRESHOLDS)


def test_kappa_is_read_from_the_mean_of_the_probe_seeds():
    probes = study()["probes"]
    twice = depth_curves(tried_twice(probes), "model")
    pd.testing.assert_frame_equal(twice, depth_curves(probes, "model"))


def test_named_rules_cut_where_their_formulas_say():
    cuts = rule_cuts(study()["spectra"]).set_index(["temperature", "series", "rule"])["x"]
    for temperature in ("1", "10"):
        assert cuts[temperature, "raw", "torch"] == pytest.approx(1000 * 2.0**-23)
        assert cuts[temperature, "raw", "1e-8"] == pytest.approx(1e-5)
        assert cuts[temperature, "raw", "1e-3"] == pytest.approx(1e-3)
    # The absolute rule cuts a network of ten times the norm at a tenth of the relative height.
    assert cuts["1", "raw", "1e-8-absolute"] == pytest.approx(1e-5)
    assert cuts["10", "raw", "1e-8-absolute"] == pytest.approx(1e-6)


def test_numbers_are_mean_and_deviation_over_seeds():
    numbers = numbers_of(study()).set_index(["temperature", "series"])
    rho = numbers.loc[("1", "rho")]
    assert (rho["mean"], rho["seeds"]) == pytest.approx((0.25, 2))
    assert rho["std"] == pytest.approx(0.1 / np.sqrt(2))
    assert numbers.loc[("1", "rho_logits"), "mean"] == pytest.approx(0.6)


def test_failed_runs_are_named_not_drawn():
    tables = study(failed=("10",))
    numbers = numbers_of(tables)
    assert set(numbers["temperature"]) == {"1"}
    figure = draw(numbers, rule_cuts(tables["spectra"]), tables["record"], made_up_view())
    names = [text.get_text() for text in figure.axes[5].get_legend().get_texts()]
    assert names == ["T = 1", "T = 10 (failed to train)"]
    handles = figure.axes[5].get_legend().legend_handles
    assert [handle.get_linestyle() for handle in handles] == ["-", "None"]


def test_rules_that_cut_near_each_other_share_a_name():
    # 0.08 decades apart, and 0.92.
    places = pd.Series({"1e-8": 1e-4, "1e-3": 1e-3, "torch": 1.2e-3})
    assert shared_names(places) == [("1e-8", 1e-4), ("1e-3, torch", 1e-3)]
    assert shared_names(places.iloc[[0, 2]]) == [("1e-8", 1e-4), ("torch", 1.2e-3)]


@pytest.mark.parametrize(("factor", "drawn"), [(0.1, 2), (1e3, 0)])
def test_the_absolute_rule_is_explained_where_it_is_drawn(factor, drawn):
    """sigma_1 of 0.1 and 1: it cuts at 1e-4 and 1e-5 of it, inside the axis; of 1e3 and 1e4: outside."""
    tables = study()
    tables["spectra"]["sigma"] *= factor
    figure = draw(numbers_of(tables), rule_cuts(tables["spectra"]), tables["record"], made_up_view())
    axis = figure.axes[0]
    assert sum(line.get_marker() == "X" for line in axis.get_lines()) == drawn
    assert ("✕" in axis.get_xlabel()) == bool(drawn)


def test_the_counts_of_samples_are_named_alone():
    """The log axis named 2 x 10^3, 3 x 10^3, ... beside them, each over the next."""
    tables = study()
    part = tables["spectra"].assign(split="subset", n=250)
    tables["spectra"] = pd.concat([tables["spectra"], part], ignore_index=True)
    figure = draw(numbers_of(tables), rule_cuts(tables["spectra"]), tables["record"], made_up_view())
    axis = figure.axes[2]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["250", "1,000"]
    assert not len(axis.xaxis.get_minorticklocs())


@pytest.mark.parametrize("columns", [1, 2])
def test_five_panels_and_the_legend(columns):
    tables = study()
    view = made_up_view(binding={"columns": columns})
    figure = draw(numbers_of(tables), rule_cuts(tables["spectra"]), tables["record"], view)
    assert [axis.axison for axis in figure.axes] == [True] * 5 + [False]
    assert figure.get_figwidth() == style.WIDTHS[columns]
