"""Tables 1, 3 and 6: the effects of a low logits norm, beside the baseline."""

from collections.abc import Mapping, Sequence

from unpacking_softmax.readings.effects import read_effects
from unpacking_softmax.readings.view import View
from unpacking_softmax.tables.effect_cells import table_of_effects
from unpacking_softmax.tables.printed import Printed


def make(view: View, files: Mapping[str, Sequence[str]]) -> Printed:
    """The table, from the tables of its runs: depth, probes, spectra, record."""
    return table_of_effects(view, read_effects(files), "baseline and low logits norm")
