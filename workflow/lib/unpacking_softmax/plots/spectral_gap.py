"""Numerics of a proposition: the spectral gap of a rank-one softmax (Figure 21)."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.artefacts import tables
from unpacking_softmax.plots.style import BLUE, ORANGE, WIDTHS, Drawn
from unpacking_softmax.plots.words import heading
from unpacking_softmax.readings.view import View
from unpacking_softmax.theory.parts import part

TEMPERATURE = "temperature T (log)"


def make(view: View, files: Mapping[str, Sequence[str]]) -> Drawn:
    """The figure and its numbers, from the numerics `spectral_gap`."""
    numbers = tables.numerics(files["theory"][0])
    return Drawn(draw(numbers, view), numbers)


def draw(numbers: pd.DataFrame, view: View) -> Figure:
    """Gap, ratio and rank of a rank-one softmax by T, and inner products of its columns.

    numbers: parts curve, products and draws (see the script). Titles count the draws in which gap
    and ratio have their minimum inside the range of T: the paper says that the gap has one.
    """
    curve, products, draws = (part(numbers, name) for name in ("curve", "products", "draws"))
    # Beyond float64's resolution sigma_n, and with it the ratio, is rounding noise.
    kept = curve.assign(ratio=curve["ratio"].where(curve["ratio"] < 1 / np.finfo(float).eps))
    wide = view.columns == 2
    tops = [["gap", "ratio", "rank"]] if wide else [["gap"], ["ratio"], ["rank"]]
    figure, axes = plt.subplot_mosaic(
        [*tops, ["products"] * len(tops[0])],
        figsize=(WIDTHS[view.columns], 4.2 if wide else 6.4),
        sharex=True,
        height_ratios=[*([1.0] * len(tops)), 1.3],
    )
    for name in ("gap", "ratio", "rank"):
        axes[name].plot(kept["temperature"], kept[name], color=BLUE)
        axes[name].set_xscale("log")
    axes["ratio"].set_yscale("log")
    axes["rank"].set_ylim(0, 1.08 * curve["rank"].max())
    for name, title in _titles(draws).items():
        axes[name].set_title(title, loc="left", fontsize=7)
        axes[name].set_xlabel(TEMPERATURE)
        axes[name].tick_params(labelbottom=True)
    _draw_products(axes["products"], products)
    figure.legend(loc="outside lower center", ncols=view.columns, frameon=False)
    size, seed = int(curve["n"].iloc[0]), int(curve["seed"].iloc[0])
    heading(figure, f"column softmax of A/T, A = uvᵀ random and {size} × {size} (the draw of seed {seed})")
    return figure


def _titles(draws: pd.DataFrame) -> dict[str, str]:
    total = len(draws)
    found = {name: int(draws[f"{name}_interior"].sum()) for name in ("gap", "ratio")}
    return {
        "gap": f"gap σ₁ − σₙ: inner minimum\nin {found['gap']} of {total} draws",
        "ratio": f"ratio σ₁ / σₙ (log): inner minimum\nin {found['ratio']} of {total} draws",
        "rank": "numerical rank,\nfloat32 rule",
    }


def _draw_products(axis: Axes, products: pd.DataFrame) -> None:
    """One thin line for each pair of columns: which pairs agree on their largest entry is the colour."""
    for _, pair in products.groupby(["i", "j"]):
        colour, style = (BLUE, "-") if pair["same"].iloc[0] else (ORANGE, "--")
        axis.plot(pair["temperature"], pair["product"], linestyle=style, color=colour, linewidth=1)
    pairs = products.groupby(["i", "j"])["same"].first()
    for same, colour, style, word in (
        (True, BLUE, "-", "entries in the same row"),
        (False, ORANGE, "--", "entries in different rows"),
    ):
        count = int((pairs == same).sum())
        axis.plot([], [], linestyle=style, color=colour, label=f"largest {word}: {count} pairs")
    axis.set_ylim(-0.02, 1.02)
    axis.set_xlabel(TEMPERATURE)
    axis.set_ylabel(r"inner product $\langle s_i, s_j\rangle$")
