"""One look for every figure: sizes, colours, and how a figure and its numbers are saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from unpacking_softmax.artefacts.files import replacing

# Width of a figure over one or two columns of a page, inches.
WIDTHS = {1: 3.35, 2: 6.9}

# Okabe and Ito (2008): told apart by the colour-blind; line styles tell them apart in grey.
BLUE, ORANGE, GREEN, GREY, RED = "#0072B2", "#D55E00", "#009E73", "#6E6E6E", "#B00020"

SETTINGS = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5,
    "axes.spines.top": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.3,
    "lines.markersize": 3,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "pdf.fonttype": 42,  # fonts embedded as TrueType: text stays text
    "figure.constrained_layout.use": True,
    "savefig.dpi": 200,
}


@dataclass(frozen=True)
class Drawn:
    """What a family makes: a figure, and the numbers that it shows."""

    figure: Figure
    numbers: pd.DataFrame


def apply() -> None:
    """Make this look the current one; figures are drawn without a screen."""
    plt.switch_backend("agg")
    mpl.rcParams.update(SETTINGS)


def save(drawn: Drawn, output: Mapping[str, str]) -> None:
    """Write figN.pdf, .png and .csv. Dates are left out: the same numbers give the same bytes."""
    for suffix, metadata in (("pdf", {"CreationDate": None}), ("png", {"Software": None})):
        with replacing(output[suffix]) as draft:
            drawn.figure.savefig(draft, metadata=metadata)
    plt.close(drawn.figure)
    with replacing(Path(output["csv"])) as draft:
        drawn.numbers.to_csv(draft, index=False, float_format="%.6g")
