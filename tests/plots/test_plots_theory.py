"""Figures 6 and 21: their numbers, and parts stacked into one table and taken apart again."""

import numpy as np
import pandas as pd
import pytest

from unpacking_softmax.plots import softmax_rank as figure_6
from unpacking_softmax.plots import spectral_gap as figure_21
from unpacking_softmax.theory.parts import part, stack
from unpacking_softmax.theory.softmax_rank import softmax_rank
from unpacking_softmax.theory.spectral_gap import column_products, gap_curve, gap_minima
from views import made_up_view


def test_parts_come_back_as_they_were(tmp_path):
    parts = {
        "draws": pd.DataFrame({"seed": [0, 1], "inner": [True, False], "gap": [0.5, np.nan]}),
        "curve": pd.DataFrame({"gap": [1.0, 2.0, np.inf]}),
    }
    stack(parts).to_parquet(tmp_path / "t.parquet")
    table = pd.read_parquet(tmp_path / "t.parquet")
    assert list(table.columns) == ["part", "seed", "inner", "gap"]
    for name, frame in parts.items():
        pd.testing.assert_frame_equal(part(table, name), frame, check_dtype=False)
    assert part(table, "draws")["inner"].dtype == bool


def test_mean_and_spread_over_draws():
    rows = [
        (4, 1, seed, scale, rank)
        for seed, scale, rank in [(0, 1.0, 2), (1, 1.0, 4), (0, 9.0, 1), (1, 9.0, 1)]
    ]
    numbers = figure_6.softmax_rank_numbers(pd.DataFrame(rows, columns=["n", "k", "seed", "scale", "rank"]))
    assert numbers["rank_mean"].tolist() == [3, 1]
    assert numbers["rank_std"].tolist() == pytest.approx([2**0.5, 0])
    assert numbers["draws"].tolist() == [2, 2]


def test_figure_6_has_a_curve_for_each_rank():
    raw = softmax_rank(n=8, ranks=(1, 2), scales=[1e-12, 1.0], seeds=range(2))
    figure = figure_6.draw(figure_6.softmax_rank_numbers(raw), made_up_view())
    (axis,) = figure.axes
    assert [line.get_label() for line in axis.get_lines()] == ["k = 1", "k = 2"]
    # softmax of (nearly) zero is flat: rank one.
    assert [line.get_ydata()[0] for line in axis.get_lines()] == [1, 1]
    assert "8 × 8" in figure.get_suptitle()
    assert "2 draws" in figure.get_suptitle()


@pytest.mark.parametrize("columns", [1, 2])
def test_figure_21_counts_the_minima_it_finds(columns):
    shown, temperatures = {"n": 5, "seed": 3}, np.logspace(-2, 2, 9)
    draws = gap_minima(n=5, seeds=range(4), temperatures=temperatures)
    parts = {
        "curve": gap_curve(**shown, temperatures=temperatures).assign(**shown),
        "products": column_products(**shown, temperatures=temperatures),
        "draws": draws,
    }
    figure = figure_21.draw(stack(parts), made_up_view(binding={"columns": columns}))
    gap, ratio, rank, products = figure.axes
    assert f"in {int(draws['gap_interior'].sum())} of 4 draws" in gap.get_title(loc="left")
    assert f"in {int(draws['ratio_interior'].sum())} of 4 draws" in ratio.get_title(loc="left")
    # Where sigma_n is rounding noise the ratio is not drawn.
    assert np.nanmax(ratio.get_lines()[0].get_ydata()) < 2**52
    assert rank.get_lines()[0].get_ydata().max() <= 5
    # Columns of u v^T go one way by the sign of v; this draw has 4 of 10 pairs of like sign.
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [
        "largest entries in the same row: 4 pairs",
        "largest entries in different rows: 6 pairs",
    ]
    assert len(products.get_lines()) == 10 + 2


def test_ratio_beyond_float64_is_left_out():
    curve = pd.DataFrame({"temperature": [0.01, 0.1, 1.0], "gap": [2.0, 1.5, 1.0],
                          "ratio": [np.inf, 1e40, 100.0], "rank": [1, 2, 3], "n": 2, "seed": 0})  # fmt: skip
    products = pd.DataFrame({"temperature": [1.0], "i": [0], "j": [1], "product": [0.5], "same": [True]})
    draws = pd.DataFrame({"gap_interior": [False], "ratio_interior": [True]})
    table = stack({"curve": curve, "products": products, "draws": draws})
    figure = figure_21.draw(table, made_up_view())
    np.testing.assert_array_equal(figure.axes[1].get_lines()[0].get_ydata(), [np.nan, np.nan, 100])
