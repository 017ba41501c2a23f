"""Figures of the history: the numbers shown, what is said of failed runs, and what is drawn."""

import pandas as pd
import pytest

from unpacking_softmax.plots import logits_norm, logits_ranks
from unpacking_softmax.plots.logits_norm import norm_numbers
from unpacking_softmax.plots.logits_ranks import rank_numbers
from unpacking_softmax.plots.temperatures import most_lines, remarks, temperature_label
from views import identity, made_up_view

# n = 100 under the torch rule cuts at 100 x 2^-23 = 1.2e-5 of the largest.
ABOVE, BELOW = 1.3e-5, 1.1e-5


def run(temperature, seed, norms, centred=(1.0, BELOW, 0.0), softmax=(1.0, ABOVE, ABOVE)):
    return [
        {
            **identity(temperature, seed),
            "epoch": epoch,
            "n": 100,
            "logits_norm": norm,
            "logits_norm_rms": norm / 10,
            "singular_values": [2.0, 2 * ABOVE, 2 * BELOW],
            "singular_values_centred": list(centred),
            "singular_values_softmax": list(softmax),
        }
        for epoch, norm in enumerate(norms)
    ]


@pytest.fixture
def table():
    rows = run("1", 0, [4.0, 8.0]) + run("1", 1, [2.0, 12.0], centred=(1.0, ABOVE, 0.0))
    return pd.DataFrame(rows + run("10", 0, [3.0, 30.0]) + run("10", 1, [3.0]))


@pytest.fixture
def records():
    rows = [
        ("1", 1.0, 0, "trained", 0.90),
        ("1", 1.0, 1, "trained", 0.92),
        ("10", 10.0, 0, "trained", 0.85),
        ("10", 10.0, 1, "trained", 0.87),
    ]
    names = ["temperature", "temperature_value", "seed", "status", "test_accuracy"]
    return pd.DataFrame(rows, columns=names)


def test_epochs_without_evaluation_are_not_shown(table):
    rows = [{**identity("1", seed), "epoch": 7, "loss": 0.1} for seed in (0, 1)]
    longer = pd.concat([table, pd.DataFrame(rows)])
    pd.testing.assert_frame_equal(norm_numbers(longer), norm_numbers(table), check_dtype=False)
    for numbers in (rank_numbers(longer, "torch"), norm_numbers(longer)):
        assert 7 not in set(numbers["epoch"])


def test_norms_over_seeds(table):
    rows = norm_numbers(table).set_index(["temperature", "epoch"])
    assert rows.loc[("1", 1), "logits_norm_mean"] == 10
    assert rows.loc[("1", 1), "logits_norm_std"] == pytest.approx(8**0.5)
    assert rows.loc[("1", 1), "logits_norm_rms_mean"] == pytest.approx(1)
    assert list(rows["n"].unique()) == [100]
    # One of the two seeds at T = 10 stopped after initialisation.
    assert list(rows["seeds"]) == [2, 2, 2, 1]
    assert pd.isna(rows.loc[("10", 1), "logits_norm_std"])


def test_ranks_follow_the_rule_and_n(table):
    rows = rank_numbers(table, "torch").set_index(["temperature", "epoch"])
    assert (rows["rank_raw_mean"] == 2).all()
    assert (rows["rank_softmax_mean"] == 3).all()
    assert rows.loc[("1", 0), "rank_centred_mean"] == 1.5
    assert rows.loc[("10", 0), "rank_centred_mean"] == 1
    assert (rows["classes"] == 3).all()
    loose = rank_numbers(table, "1e-3")
    assert (loose["rank_softmax_mean"] == 1).all()


def test_remarks_name_failures_and_lower_accuracy(records):
    assert remarks(records, "1", 0.01) == {"10": "accuracy not matched: 5.0 points lower"}
    assert remarks(records, "1", 0.06) == {}
    records.loc[3, "status"] = "failed_to_train"
    # The other seed's 85 % lie 6 points below the baseline's 91 %.
    both = {"10": "1 of 2 failed to train;\naccuracy not matched: 6.0 points lower"}
    assert remarks(records, "1", 0.01) == both
    # What a failed seed scores says nothing of the others.
    records.loc[2:, "test_accuracy"] = [0.91, 0.1]
    assert remarks(records, "1", 0.01) == {"10": "1 of 2 failed to train"}
    records.loc[2, "status"] = "diverged"
    assert remarks(records, "1", 0.01) == {"10": "diverged, failed to train"}
    # A figure that leaves the baseline out has nothing to compare with.
    assert remarks(records[2:], "1", 0.01) == {"10": "diverged, failed to train"}


def test_room_is_for_the_longest_remark():
    assert most_lines({}) == 0
    assert most_lines({"10": "diverged"}) == 1
    assert most_lines({"10": "diverged", "30": "1 of 2 diverged;\naccuracy not matched"}) == 2


def test_matched_temperatures_show_their_value(records):
    assert temperature_label("10", records) == "T = 10"
    matched = records.assign(temperature="match-net", temperature_value=0.31415)
    assert temperature_label("match-net", matched) == "T = 0.314 (match-net)"


def test_norm_figure_draws_what_it_saves(table, records):
    figure = logits_norm.draw(norm_numbers(table), records, made_up_view())
    (axis,) = figure.axes
    assert axis.get_yscale() == "log"
    assert [list(line.get_ydata()) for line in axis.get_lines()] == [[3, 10], [3, 30]]
    assert list(axis.get_lines()[0].get_xdata()) == [0, 1]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["T = 1", "T = 10 (accuracy not matched: 5.0 points lower)"]
    # The right axis is the norm over the root of n = 100.
    figure.draw_without_rendering()
    (right,) = axis.child_axes
    assert right.get_ylim() == pytest.approx([y / 10 for y in axis.get_ylim()])
    assert axis.get_ylabel() == "logits norm $\\|M\\|_F$, n = 100 (log)"
    assert "Own data" in figure.get_suptitle()


@pytest.mark.parametrize("columns", [1, 2])
def test_rank_figure_has_a_panel_for_each_temperature(table, records, columns):
    numbers = rank_numbers(table, "torch")
    figure = logits_ranks.draw(numbers, records, made_up_view(binding={"columns": columns}))
    panels, rights = figure.axes[:2], figure.axes[2:]
    assert [axis.get_title(loc="left") for axis in panels] == ["T = 1", "T = 10"]
    assert panels[1].get_title(loc="right") == "accuracy not matched: 5.0 points lower"
    centred, raw, softmax, classes = panels[0].get_lines()
    assert [list(line.get_ydata()) for line in (centred, raw, softmax)] == [[1.5, 1.5], [2, 2], [3, 3]]
    assert classes.get_label() == "C = 3"
    assert list(rights[1].get_lines()[0].get_ydata()) == [3, 30]
    assert rights[1].get_ylabel() == r"logits norm $\|M\|_F$ (log)"
    assert rights[0].get_ylim() == rights[1].get_ylim()
