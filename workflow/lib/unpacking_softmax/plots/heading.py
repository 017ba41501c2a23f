"""The grey lines over a figure that say what is shown."""

import textwrap

from matplotlib.figure import Figure

from unpacking_softmax.plots.style import GREY

CHARACTERS_PER_INCH = 17  # of this text, in this font size


def head(figure: Figure, text: str) -> None:
    """Write the lines of `text` over the figure, broken where they would be wider than it."""
    width = int(CHARACTERS_PER_INCH * figure.get_figwidth())
    lines = [textwrap.fill(line, width) for line in text.splitlines()]
    figure.suptitle("\n".join(lines), fontsize=7.5, color=GREY)
