"""Numbers and drawings of the trade-off and of NECO's dimensions, from made-up tables."""

import numpy as np
import pandas as pd
import pytest

from made_up_detection import AUROC, made_up_detection, made_up_records
from probe_seeds import tried_twice
from unpacking_softmax.plots import neco_dimensions, trade_off
from unpacking_softmax.plots.neco_dimensions import dimension_numbers
from unpacking_softmax.plots.trade_off import correlations, trade_off_numbers
from views import identity, made_up_grid, made_up_view

VIEW = made_up_view(made_up_grid(temperatures=["1", "10", "100"]))


@pytest.fixture
def records():
    return made_up_records()


@pytest.fixture
def detection():
    return made_up_detection()


@pytest.fixture
def probes():
    """Accuracy on `other`: 1 - AUROC at the last hidden layer; elsewhere, and on `own`, another."""
    rows = []
    for (t, seed), auroc in AUROC.items():
        for source in ("other", "own"):
            for index, point in enumerate(("a", "b", "logits"), start=1):
                right = source == "other" and point == "b"
                accuracy = 1 - auroc if right else 0.01 * index
                rows.append({**identity(t, seed), "source": source, "point": point, "index": index})
                rows[-1]["accuracy"] = accuracy
    return pd.DataFrame(rows)


def test_trade_off_pairs_the_right_numbers(probes, detection, records):
    """A point a run, at the mean of its probe seeds."""
    numbers = trade_off_numbers(tried_twice(probes), detection, records, VIEW)
    assert len(numbers) == 6
    found = numbers.set_index(["temperature", "seed"])
    for run, auroc in AUROC.items():
        assert found.loc[run, "auroc"] == pytest.approx(auroc)
        assert found.loc[run, "fpr95"] == pytest.approx(1 - auroc)
        assert found.loc[run, "ood_accuracy"] == pytest.approx(1 - auroc)
    assert found["matched"].to_dict() == {run: run[0] != "10" for run in AUROC}


def test_correlations_leave_failed_runs_out(probes, detection, records):
    numbers = trade_off_numbers(probes, detection, records, VIEW)
    found = correlations(numbers).set_index(["metric", "runs"])
    assert found.loc[("auroc", "all"), "n"] == 4
    assert found.loc[("auroc", "matched"), "n"] == 2
    assert found.loc[("auroc", "all"), "spearman"] == pytest.approx(-1)
    assert found.loc[("fpr95", "all"), "spearman"] == pytest.approx(1)
    assert np.isnan(found.loc[("auroc", "matched"), "spearman"])


def test_trade_off_says_what_it_shows(probes, detection, records):
    numbers = trade_off_numbers(probes, detection, records, VIEW)
    figure = trade_off.draw(numbers, correlations(numbers), VIEW)
    title = figure.axes[0].get_title("left")
    assert title == "Spearman r = −1.00 [−1.00, −1.00], n = 4\naccuracy matched: r = not defined, n = 2"
    lines = figure.axes[0].get_lines()
    assert sorted(line.get_marker() for line in lines) == ["o"] * 4 + ["x"] * 2
    hollow = [line.get_xdata()[0] for line in lines if line.get_markerfacecolor() == "none"]
    assert sorted(hollow) == pytest.approx([10, 20])
    assert "probed on Other data, detecting Third data" in figure.get_suptitle()
    keys = [text.get_text() for text in figure.legends[0].get_texts()]
    assert keys == [
        "net on Own data",
        "accuracy not matched",
        "failed to train (in no correlation)",
    ]


def test_dimension_numbers(detection, records):
    numbers = dimension_numbers(detection, records, VIEW)
    assert set(numbers["temperature"]) == {"1", "10"}
    rows = numbers[numbers["temperature"] == "1"].set_index(["score", "dimension"])["auroc_mean"]
    assert rows.drop(("msp", np.nan)).to_dict() == pytest.approx(
        {("neco", 4): 0.65, ("neco_variance", 2.5): 0.6, ("neco_sweep", 2): 0.55, ("neco_sweep", 4): 0.65}
    )
    assert rows[("msp", np.nan)] == pytest.approx(0.45)


def test_dimensions_are_drawn_with_other_scores_beside(detection, records):
    figure = neco_dimensions.draw(dimension_numbers(detection, records, VIEW), records, VIEW)
    sweep, marks = figure.axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in sweep.get_lines()}
    assert drawn["T = 1"] == [pytest.approx([2, 55]), pytest.approx([4, 65])]
    assert drawn["T = 100 (failed to train)"] == []
    assert [label.get_text() for label in marks.get_xticklabels()] == [
        "MSP",
        "MaxLogit",
        "Energy",
        "KNN",
        "ViM",
    ]
    first = next(line for line in marks.get_lines() if line.get_marker() == "_")
    assert first.get_ydata()[0] == pytest.approx(45)
