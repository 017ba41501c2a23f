"""How a temperature is shown: its line, its name, and what must be said of its runs."""

from collections.abc import Mapping

import pandas as pd

from unpacking_softmax.artefacts.tables import TRAINED
from unpacking_softmax.plots.style import BLUE, GREEN, GREY, ORANGE, RED
from unpacking_softmax.readings.runs import unmatched
from unpacking_softmax.study.temperature import Temperature

LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (RED, ":"), (GREY, (0, (5, 1, 1, 1, 1, 1))))


def remarks(records: pd.DataFrame, baseline: str, within: float) -> dict[str, str]:
    """What must be said beside a temperature: runs that failed, accuracy of the others below the baseline's.

    records: see `tables.records`. Temperatures with nothing to say are left out; of two things to say
    each has its line.
    """
    trained = records["status"] == TRAINED
    gaps = unmatched(records[trained], baseline, within)
    said = {t: f"accuracy not matched: {100 * gap:.1f} points lower" for t, gap in gaps.items()}
    for temperature, bad in records[~trained].groupby("temperature"):
        runs = (records["temperature"] == temperature).sum()
        share = "" if len(bad) == runs else f"{len(bad)} of {runs} "
        failed = share + ", ".join(sorted(set(bad["status"]))).replace("_", " ")
        said[temperature] = ";\n".join(filter(None, [failed, said.get(temperature)]))
    return said


def most_lines(said: Mapping[str, str]) -> int:
    """How many lines the longest of `remarks` has, for the room that it needs."""
    return max((text.count("\n") + 1 for text in said.values()), default=0)


def temperature_label(temperature: str, records: pd.DataFrame) -> str:
    """`T = 10`; a matched temperature with its value: `T = 0.31 (match-resnet18)`."""
    if not Temperature.parse(temperature).matched:
        return f"T = {temperature}"
    value = records.loc[records["temperature"] == temperature, "temperature_value"].iloc[0]
    return f"T = {value:.3g} ({temperature})"
