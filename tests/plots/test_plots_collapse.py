"""Numbers and drawings of OrthoDev by layer and of neural collapse, from made-up tables."""

import pandas as pd
import pytest

from unpacking_softmax.plots import neural_collapse, orthodev_layers
from unpacking_softmax.plots.neural_collapse import COLLAPSE, collapse_numbers
from unpacking_softmax.plots.orthodev_layers import orthodev_numbers
from views import identity, made_up_grid, made_up_view

TEMPERATURES = ["1", "10", "100"]
FIRST = made_up_grid("first", temperatures=TEMPERATURES)
SECOND = made_up_grid("second", temperatures=TEMPERATURES, architecture="other", variant="mse")
# The binding's order is not the alphabet's.
VIEW = made_up_view(FIRST, SECOND, binding={"grids": ["second", "first"]})


def runs():
    """Identities of the runs of both grids."""
    return [identity(t, seed, grid) for grid in (FIRST, SECOND) for t in TEMPERATURES for seed in (0, 1)]


@pytest.fixture
def records():
    """T = 100 of `other` fails; T = 10 of `net` loses 2 points; one seed of T = 1 is not at 100 %."""
    rows = []
    for run in runs():
        failed = run["architecture"] == "other" and run["temperature"] == "100"
        low = run["architecture"] == "net" and run["temperature"] == "10"
        early = run["architecture"] == "net" and run["temperature"] == "1" and run["seed"] == 1
        rows.append(
            {
                **run,
                "temperature_value": float(run["temperature"]),
                "status": "failed_to_train" if failed else "trained",
                "train_accuracy": 0.99 if early else 1.0,
                "test_accuracy": 0.88 if low else 0.9,
            }
        )
    return pd.DataFrame(rows)


@pytest.fixture
def collapse():
    """OrthoDev: layer / 10 + seed / 100. NC: the same everywhere, but nc4 of agreement 0.75."""
    rows = []
    for run in runs():
        for index, point in ((1, "hidden"), (2, "logits"), (1, "penultimate")):
            value = index / 10 + run["seed"] / 100 + (5 if point == "penultimate" else 0)
            for source, factor in (("other", 1), ("third", 3)):
                row = {"point": point, "index": index, "measure": "orthodev", "source": source}
                rows.append({**run, **row, "value": value * factor})
        for point in ("hidden", "penultimate"):
            for measure in COLLAPSE:
                value = 0.75 if measure == "nc4" else 0.1 * (1 + run["seed"])
                row = {"point": point, "index": 1, "measure": measure, "source": "own"}
                rows.append({**run, **row, "value": value * (1 if point == "penultimate" else 9)})
    return pd.DataFrame(rows)


def test_orthodev_is_of_the_bound_data_at_the_networks_points(collapse, records):
    numbers = orthodev_numbers(collapse, records, VIEW)
    assert set(numbers["point"]) == {"hidden", "logits"}
    assert numbers["grid"].unique().tolist() == ["second", "first"]
    for index, mean in ((1, 0.105), (2, 0.205)):
        rows = numbers[numbers["index"] == index]
        assert rows["value_mean"].tolist() == pytest.approx([mean] * 5)
        assert rows["value_std"].tolist() == pytest.approx([0.01 / 2**0.5] * 5)
    assert set(numbers["seeds"]) == {2}


def test_failed_runs_have_no_orthodev(collapse, records):
    numbers = orthodev_numbers(collapse, records, VIEW)
    shown = set(map(tuple, numbers[["grid", "temperature"]].to_numpy()))
    assert shown == {("second", "1"), ("second", "10"), ("first", "1"), ("first", "10"), ("first", "100")}


def texts(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def test_orthodev_panels(collapse, records):
    figure = orthodev_layers.draw(orthodev_numbers(collapse, records, VIEW), records, VIEW)
    second, first = figure.axes
    assert first.get_title("left") == "net on Own data"
    assert second.get_title("left") == "other (mse) on Own data"
    assert texts(first) == ["T = 1", "T = 10 (accuracy not matched: 2.0 points lower)", "T = 100"]
    assert texts(second) == ["T = 1", "T = 10", "T = 100 (failed to train)"]
    drawn = {line.get_label(): list(line.get_ydata()) for line in second.get_lines()}
    assert drawn["T = 1"] == pytest.approx([0.105, 0.205])
    assert drawn["T = 100 (failed to train)"] == []
    (plain, _, undrawn) = second.get_legend().legend_handles
    assert (plain.get_linestyle(), plain.get_marker()) == ("-", "o")
    assert (undrawn.get_linestyle(), undrawn.get_marker()) == ("None", "None")
    assert [label.get_text() for label in first.get_xticklabels()] == ["1", "logits"]


def test_neural_collapse_numbers(collapse, records):
    numbers = collapse_numbers(collapse, records, VIEW)
    assert len(numbers) == 5 * len(COLLAPSE)
    nc1 = numbers[numbers["measure"] == "nc1_pinv"]
    assert nc1["value_mean"].tolist() == pytest.approx([0.15] * 5)  # not the hidden layer's
    assert set(numbers.loc[numbers["measure"] == "nc4", "value_mean"]) == {0.25}
    flags = nc1.set_index(["grid", "temperature"])
    assert flags["terminal"].to_dict() == {
        ("second", "1"): True,
        ("second", "10"): True,
        ("first", "1"): False,  # one of its seeds is not
        ("first", "10"): True,
        ("first", "100"): True,
    }
    assert flags.loc[("first", "1"), "train_accuracy"] == 0.99
    assert flags.index[~flags["matched"]].tolist() == [("first", "10")]


def test_neural_collapse_flags_what_it_shows(collapse, records):
    figure = neural_collapse.draw(collapse_numbers(collapse, records, VIEW), records, VIEW)
    assert len(figure.axes) == len(COLLAPSE)
    keys = [text.get_text() for text in figure.legends[0].get_texts()]
    assert keys[:2] == ["other (mse) on Own data", "net on Own data"]
    assert [key.split(" ")[0] for key in keys[2:]] == ["train", "test", "every"]
    axis = figure.axes[0]
    hollow = [
        x for line in axis.get_lines() if line.get_markerfacecolor() == "white" for x in line.get_xdata()
    ]
    rings = [x for line in axis.get_lines() if line.get_markerfacecolor() == "none" for x in line.get_xdata()]
    crosses = [x for line in axis.get_lines() if line.get_marker() == "x" for x in line.get_xdata()]
    assert (hollow, rings, crosses) == ([1.0], [10.0], [100.0])


def test_study_in_which_nothing_trains_is_drawn(collapse, records):
    records = records.assign(status="diverged", train_accuracy=float("nan"))
    numbers = orthodev_numbers(collapse, records, VIEW)
    assert numbers.empty
    figure = orthodev_layers.draw(numbers, records, VIEW)
    assert texts(figure.axes[0]) == [f"T = {t} (diverged)" for t in TEMPERATURES]
    figure = neural_collapse.draw(collapse_numbers(collapse, records, VIEW), records, VIEW)
    assert "every run of a grid failed to train" in [t.get_text() for t in figure.legends[0].get_texts()]
