"""Numerics of the propositions: rank of a scaled softmax (Fig. 6), its spectral gap (Fig. 21)."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from unpacking_softmax.plots.heading import head
from unpacking_softmax.plots.style import BLUE, ORANGE, WIDTHS
from unpacking_softmax.plots.temperatures import LINES
from unpacking_softmax.readings.runs import over_seeds
from unpacking_softmax.theory.parts import part

TEMPERATURE = "temperature T (log)"


def softmax_rank_numbers(numbers: pd.DataFrame) -> pd.DataFrame:
    """Mean and s.d. over draws of rank(softmax(cM)): n, k (rank of M), scale (c), rank_mean, _std, draws.

    numbers: rows of `theory.softmax_rank.softmax_rank`.
    """
    return over_seeds(numbers, ["n", "k", "scale"], ["rank"]).rename(columns={"seeds": "draws"})


def draw_softmax_rank(numbers: pd.DataFrame, settings: Mapping) -> Figure:
    """Rank of softmax(cM) against c, a line and a band for each rank k of M (Fig. 6)."""
    size = numbers["n"].iloc[0]
    width = WIDTHS[settings["binding"].get("columns", 2)]
    figure, axis = plt.subplots(figsize=(width, max(0.45 * width, 2.4)))
    for k, rows in numbers.groupby("k"):
        colour, style = LINES[(k - 1) % len(LINES)]
        mean, std = rows["rank_mean"], rows["rank_std"].fillna(0)
        axis.plot(rows["scale"], mean, linestyle=style, color=colour, label=f"k = {k}")
        axis.fill_between(rows["scale"], mean - std, mean + std, color=colour, alpha=0.18, linewidth=0)
    axis.set_xscale("log")
    axis.set_ylim(0, 1.04 * size)
    axis.set_xlabel("scale c, an inverse temperature (log)")
    axis.set_ylabel("numerical rank of softmax(cM)")
    axis.legend(loc="upper right", title="rank of M", frameon=False)
    head(
        figure,
        f"random {size} × {size} matrices, softmax by columns; mean and s.d. over "
        f"{numbers['draws'].max()} draws; float32 rank rule",
    )
    return figure


def draw_spectral_gap(numbers: pd.DataFrame, settings: Mapping) -> Figure:
    """Gap, ratio and rank of a rank-one softmax by T, and inner products of its columns (Fig. 21).

    numbers: parts curve, products and draws (see the script). Titles count the draws in which gap
    and ratio have their minimum inside the range of T: the paper says that the gap has one.
    """
    curve, products, draws = (part(numbers, name) for name in ("curve", "products", "draws"))
    # Beyond float64's resolution sigma_n, and with it the ratio, is rounding noise.
    shown = curve.assign(ratio=curve["ratio"].where(curve["ratio"] < 1 / np.finfo(float).eps))
    columns = settings["binding"].get("columns", 2)
    tops = [["gap", "ratio", "rank"]] if columns == 2 else [["gap"], ["ratio"], ["rank"]]
    width = WIDTHS[columns]
    figure, axes = plt.subplot_mosaic(
        [*tops, ["products"] * len(tops[0])],
        figsize=(width, 4.2 if columns == 2 else 6.4),
        sharex=True,
        height_ratios=[*([1.0] * len(tops)), 1.3],
    )
    for name in ("gap", "ratio", "rank"):
        axes[name].plot(shown["temperature"], shown[name], color=BLUE)
        axes[name].set_xscale("log")
    axes["ratio"].set_yscale("log")
    axes["rank"].set_ylim(0, 1.08 * curve["rank"].max())
    total = len(draws)
    found = {name: int(draws[f"{name}_interior"].sum()) for name in ("gap", "ratio")}
    titles = {
        "gap": f"gap σ₁ − σₙ: inner minimum\nin {found['gap']} of {total} draws",
        "ratio": f"ratio σ₁ / σₙ (log): inner minimum\nin {found['ratio']} of {total} draws",
        "rank": "numerical rank,\nfloat32 rule",
    }
    for name, title in titles.items():
        axes[name].set_title(title, loc="left", fontsize=7)
        axes[name].set_xlabel(TEMPERATURE)
        axes[name].tick_params(labelbottom=True)
    _draw_products(axes["products"], products)
    figure.legend(loc="outside lower center", ncols=columns, frameon=False)
    size, seed = int(curve["n"].iloc[0]), int(curve["seed"].iloc[0])
    head(
        figure,
        f"column softmax of A/T, A = uvᵀ random and {size} × {size} (the draw of seed {seed})",
    )
    return figure


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
