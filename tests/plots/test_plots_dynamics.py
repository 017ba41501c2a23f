"""Figures of snapshots: the numbers they show, from tables small enough to work by hand."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from unpacking_softmax.plots import alignment as alignment_figure
from unpacking_softmax.plots import gradients as gradients_figure
from unpacking_softmax.plots import heat_maps, orthodev_epochs
from unpacking_softmax.plots.alignment import ALIGNMENT, RANK, alignment_numbers
from unpacking_softmax.plots.epochs import nearest
from unpacking_softmax.plots.gradients import END, gradient_numbers
from unpacking_softmax.plots.heat_maps import heat_map_numbers, tiles
from unpacking_softmax.plots.orthodev_epochs import orthodev_numbers
from views import identity, made_up_grid, made_up_view

EPOCHS = (0, 1, 8, 13, 40)
LAYERS = ("hidden1", "hidden2", "logits")


def runs():
    """(identity, epoch, point, index) of every row: two temperatures, two seeds; a run ends at 8."""
    for temperature in ("1", "100"):
        for seed in (0, 1):
            name = identity(temperature, seed)
            for epoch in EPOCHS[:3] if (temperature, seed) == ("100", 1) else EPOCHS:
                for index, point in enumerate(LAYERS, start=1):
                    yield name, epoch, point, index


@pytest.fixture
def alignment():
    """Cosines of layer i: 0.1 i, at the diagonal; 0.3 more at T = 100."""
    rows = []
    for name, epoch, point, index in runs():
        k = 2 if point == "logits" else 3
        matrix = (0.1 * index + 0.3 * (name["temperature"] == "100")) * np.eye(k, 3)
        row = {"max": matrix.max(), "mean_row_max": matrix.max(1).mean(), "rows": k, "columns": 3}
        rows.append({**name, "epoch": epoch, "point": point, "index": index, **row, "matrix": matrix.ravel()})
    return pd.DataFrame(rows)


@pytest.fixture
def evolution():
    """Singular values 2 + seed, 1, 1, 1e-9 of the last hidden layer; OrthoDev 0.2 + 0.2 seed."""
    rows = []
    for name, epoch, point, index in runs():
        sigma = [2.0 + name["seed"], 1.0, 1.0, 1e-9] if point == "hidden2" else [50.0] * 4
        common = {**name, "epoch": epoch, "n": 100, "d": 4, "norm": 1.0}
        nothing = {"orthodev": np.nan, "orthodev_centred": np.nan}
        places = [(point, index), ("penultimate", 2)] if point == "hidden2" else [(point, index)]
        for place, number in places:
            where = {**common, "point": place, "index": number}
            value = 0.2 + 0.2 * name["seed"] if place == "penultimate" else 0.9
            rows.append({**where, "source": "own", "sigma": sigma, **nothing})
            for source, found in (("other", value), ("noise", 0.7)):
                measured = {"orthodev": found, "orthodev_centred": found / 2}
                rows.append({**where, "source": source, "sigma": None, **measured})
    return pd.DataFrame(rows)


@pytest.fixture
def gradients():
    """Ranks by layer: inputs 5, 4, 3; gradients 4, 3, 2; one less, each, for seed 1 of T = 1."""
    rows = []
    for name, epoch, point, index in runs():
        rank = 5 - index - (name["temperature"] == "1" and name["seed"] == 1)
        shape = {"n": 6, "d": 5, "input_n": 100, "input_d": 5}
        sigma = {"sigma": [1.0] * rank + [1e-8], "sigma_input": [1.0] * (rank + 1) + [1e-8]}
        rows.append({**name, "epoch": epoch, "point": point, "index": index, **shape, **sigma})
    return pd.DataFrame(rows)


@pytest.fixture
def records():
    rows = [
        {"temperature": t, "seed": s, "status": status, "test_accuracy": a, "temperature_value": float(t)}
        for t, s, status, a in (
            ("1", 0, "trained", 0.9),
            ("1", 1, "trained", 0.9),
            ("100", 0, "trained", 0.8),
            ("100", 1, "diverged", 0.7),
        )
    ]
    return pd.DataFrame(rows)


def made_up(columns=2, temperatures=("1", "100")):
    grid = made_up_grid(temperatures=["1", "100"])
    return made_up_view(grid, temperatures=temperatures, binding={"columns": columns})


def texts(figure):
    """Everything written in a figure."""
    return " | ".join(t.get_text() for t in figure.findobj(plt.Text) if t.get_text())


def chosen(numbers, **where):
    for column, value in where.items():
        numbers = numbers[numbers[column] == value]
    return numbers


# --- Figure 3 --------------------------------------------------------------------------------------------


def test_alignment_is_averaged_over_layers_then_seeds(alignment, evolution):
    numbers = alignment_numbers(alignment, evolution, "torch")
    first = chosen(numbers, temperature="1", series=ALIGNMENT)
    np.testing.assert_allclose(first["mean"], 0.2)  # of 0.1, 0.2, 0.3
    np.testing.assert_allclose(first["std"], 0, atol=1e-12)
    assert first["epoch"].tolist() == list(EPOCHS)
    second = chosen(numbers, temperature="100", series=ALIGNMENT)
    np.testing.assert_allclose(second["mean"], 0.5)
    assert second["seeds"].tolist() == [2, 2, 2, 1, 1]
    assert second["std"].isna().tolist() == [False] * 3 + [True] * 2


def test_spectrum_is_that_of_the_last_hidden_point(alignment, evolution):
    numbers = chosen(alignment_numbers(alignment, evolution, "torch"), temperature="1", epoch=8)
    largest = chosen(numbers, series="sigma 1").iloc[0]
    assert largest["mean"] == 2.5
    assert largest["std"] == pytest.approx(np.sqrt(0.5))
    assert largest["seeds"] == 2
    assert chosen(numbers, series="sigma 4")["mean"].item() == 1e-9
    assert chosen(numbers, series=RANK)["mean"].item() == 3
    assert not len(chosen(numbers, series="sigma 5"))  # a layer of four has no fifth


@pytest.mark.parametrize("columns", [1, 2])
def test_alignment_figure_draws_its_numbers(alignment, evolution, records, columns):
    numbers = alignment_numbers(alignment, evolution, "torch")
    figure = alignment_figure.draw(numbers, records, made_up(columns))
    figure.canvas.draw()
    top, *panels = [axis for axis in figure.axes if axis.get_xlabel()]
    np.testing.assert_allclose(top.get_lines()[1].get_ydata(), 0.5)
    assert [panel.get_title(loc="left") for panel in panels] == ["T = 1", "T = 100"]
    np.testing.assert_allclose(panels[0].get_lines()[0].get_ydata(), 2.5)
    written = texts(figure)
    for part in ("Own data", "2 seeds", "1 of 2 diverged", "rank rule: torch"):
        assert part in written


# --- Figure 4 --------------------------------------------------------------------------------------------


def test_gradient_ranks_stand_by_the_representation_they_act_on(gradients):
    numbers = gradient_numbers(gradients, "torch")
    assert list(dict.fromkeys(numbers["stage"])) == ["epoch 8", END]
    for stage in ("epoch 8", END):
        rows = chosen(numbers, temperature="1", stage=stage)
        activations, gradient = (chosen(rows, series=s) for s in ("activations", "gradient"))
        assert activations["layer"].tolist() == gradient["layer"].tolist() == [0, 1, 2]
        assert activations["mean"].tolist() == [4.5, 3.5, 2.5]
        assert gradient["mean"].tolist() == [3.5, 2.5, 1.5]
        np.testing.assert_allclose(gradient["std"], np.sqrt(0.5))


def test_the_end_of_a_run_is_its_own_last_snapshot(gradients):
    numbers = chosen(gradient_numbers(gradients, "torch"), temperature="100", series="gradient")
    assert chosen(numbers, stage=END)["seeds"].tolist() == [2] * 3


def test_one_cut_for_a_gradient_and_its_input(gradients):
    """Under `1e-8-absolute` it is 6e-8, of the gradient's 6 x 5; of the input's 100 rows 1e-6."""
    for column in ("sigma", "sigma_input"):
        gradients[column] = [[1.0, 5e-7]] * len(gradients)
    assert (gradient_numbers(gradients, "1e-8-absolute")["mean"] == 2).all()


def test_a_short_training_has_one_stage(gradients):
    assert set(gradient_numbers(gradients[gradients["epoch"] <= 8], "torch")["stage"]) == {END}


@pytest.mark.parametrize("columns", [1, 2])
def test_gradient_figure_draws_its_numbers(gradients, records, columns):
    figure = gradients_figure.draw(gradient_numbers(gradients, "torch"), records, made_up(columns))
    figure.canvas.draw()
    assert len(figure.axes) == 4
    assert figure.axes[0].get_lines()[0].get_ydata().tolist() == [4.5, 3.5, 2.5]
    assert END in texts(figure)
    assert figure.axes[2].get_xlabel() == "layer i (0: images)"
    assert "1 of 2 diverged" in texts(figure)


# --- Figures 10, 24, 25 ------------------------------------------------------------------------------------


def test_heat_maps_are_of_the_nearest_snapshots_of_the_first_seed(alignment):
    numbers = heat_map_numbers(alignment, [0, 2, 10, 11, 100])
    assert set(numbers["seed"]) == {0}
    assert sorted(numbers["epoch"].unique()) == [0, 1, 8, 13, 40]
    tile = chosen(numbers, temperature="100", epoch=8, index=2)
    assert len(tile) == 9
    for cell in tile.itertuples():
        assert cell.cosine == pytest.approx(0.5 if cell.row == cell.column else 0)
    assert chosen(numbers, temperature="1", epoch=0, point="logits")["row"].max() == 2


def test_nearest_of_two_is_the_earlier():
    assert nearest(pd.Series([12, 0, 8]), 10) == 8
    assert nearest(pd.Series([12, 0, 8]), 11) == 12


def test_tiles_are_placed_by_epoch_and_layer():
    rows = pd.DataFrame(
        {
            "epoch": [0, 0, 5],
            "index": [1, 2, 2],
            "row": [1, 2, 1],
            "column": [2, 1, 1],
            "cosine": [0.1, 0.2, 0.3],
        }
    )
    canvas = tiles(rows, [0, 5], 2, 2)
    assert canvas.shape == (5, 5)
    assert (canvas[0, 1], canvas[1, 3], canvas[3, 3]) == (0.1, 0.2, 0.3)
    assert np.isnan(canvas).sum() == 25 - 3


@pytest.mark.parametrize("columns", [1, 2])
def test_heat_map_figure_has_a_block_for_each_temperature(alignment, records, columns):
    numbers = heat_map_numbers(alignment, [0, 8])
    figure = heat_maps.draw(numbers, records, made_up(columns))
    figure.canvas.draw()
    blocks = [axis for axis in figure.axes if axis.get_images() and axis.get_title(loc="left")]
    assert [axis.get_title(loc="left") for axis in blocks] == ["T = 1", "T = 100"]
    for axis, shift in zip(blocks, (0, 0.3), strict=True):
        (image,) = axis.get_images()
        assert image.get_array().shape == (7, 11)
        assert image.get_clim() == (0, 1)
        assert image.get_array()[0, 0] == pytest.approx(0.1 + shift)
        assert [label.get_text() for label in axis.get_yticklabels()] == ["0", "8"]
    assert "one seed (0)" in texts(figure)


def test_heat_maps_without_the_baseline(alignment, records):
    """Figure 24 shows one temperature; there is then no accuracy to match."""
    rows, runs = (t[t["temperature"] == "100"] for t in (alignment, records))
    figure = heat_maps.draw(heat_map_numbers(rows, [0]), runs, made_up(temperatures=["100"]))
    assert "not matched" not in texts(figure)


# --- Figure 7 --------------------------------------------------------------------------------------------


def test_orthodev_is_of_penultimate_features_and_one_data_set(evolution):
    numbers = orthodev_numbers(evolution, "other")
    rows = chosen(numbers, temperature="1")
    np.testing.assert_allclose(chosen(rows, measure="orthodev")["mean"], 0.3)
    np.testing.assert_allclose(chosen(rows, measure="orthodev")["std"], np.sqrt(0.02))
    np.testing.assert_allclose(chosen(rows, measure="orthodev_centred")["mean"], 0.15)
    assert len(numbers) == 2 * 2 * len(EPOCHS)


@pytest.mark.parametrize("columns", [1, 2])
def test_orthodev_figure_draws_its_numbers(evolution, records, columns):
    figure = orthodev_epochs.draw(orthodev_numbers(evolution, "other"), records, made_up(columns))
    figure.canvas.draw()
    np.testing.assert_allclose(figure.axes[0].get_lines()[0].get_ydata(), 0.3)
    np.testing.assert_allclose(figure.axes[1].get_lines()[0].get_ydata(), 0.15)
    written = texts(figure)
    for part in ("OOD: Other data", "T = 100 (1 of 2 diverged;", "uncentred (Eq. 4)"):
        assert part in written
