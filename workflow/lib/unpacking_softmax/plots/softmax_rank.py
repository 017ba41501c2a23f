"""Numerics of a proposition: the rank of a scaled softmax (Figure 6)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import tables
from unpacking_softmax.plots.lines import LINES, band
from unpacking_softmax.plots.style import WIDTHS, Drawn
from unpacking_softmax.plots.words import heading, spread_text
from unpacking_softmax.readings.runs import over_seeds
from unpacking_softmax.readings.view import View


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the numerics `softmax_rank`."""
    numbers = softmax_rank_numbers(tables.numerics(files["theory"][0]))
    return Drawn(draw(numbers, view), numbers)


def softmax_rank_numbers(numerics: pd.DataFrame) -> pd.DataFrame:
    """Mean and s.d. over draws of rank(softmax(cM)): n, k (rank of M), scale (c), rank_mean, _std, draws.

    numerics: rows of `theory.softmax_rank.softmax_rank`.
    """
    return over_seeds(numerics, ["n", "k", "scale"], ["rank"]).rename(columns={"seeds": "draws"})


def draw(numbers: pd.DataFrame, view: View) -> Figure:
    """Rank of softmax(cM) against c, a line and a band for each rank k of M."""
    size = numbers["n"].iloc[0]
    width = WIDTHS[view.columns]
    figure, axis = plt.subplots(figsize=(width, max(0.45 * width, 2.4)))
    for k, rows in numbers.groupby("k"):
        band(axis, rows, "scale", *LINES[(k - 1) % len(LINES)], of="rank", label=f"k = {k}")
    axis.set_xscale("log")
    axis.set_ylim(0, 1.04 * size)
    axis.set_xlabel("scale c, an inverse temperature (log)")
    axis.set_ylabel("numerical rank of softmax(cM)")
    axis.legend(loc="upper right", title="rank of M", frameon=False)
    heading(
        figure,
        f"random {size} × {size} matrices, softmax by columns; {spread_text(numbers['draws'], 'draw')}; "
        "float32 rank rule",
    )
    return figure
