"""What a temperature is called, and what must be said of its runs."""

from collections.abc import Iterable, Mapping

import pandas as pd

from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.plots.words import literal
from unpacking_softmax.readings.runs import unmatched
from unpacking_softmax.study.temperature import Temperature


def remarks(records: pd.DataFrame, baseline: str, within: float) -> dict[str, str]:
    """What must be said beside a temperature: runs that failed, accuracy of the others below the baseline's.

    records: see `tables.records`. Temperatures with nothing to say are left out; of two things to say
    each has its line.
    """
    trained = records["status"] == Status.TRAINED
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
    """`temperature_text` for matplotlib."""
    return literal(temperature_text(temperature, records))


def temperature_text(temperature: str, records: pd.DataFrame) -> str:
    """`T = 10`; a matched temperature with its value: `T = 0.31 (match-resnet18)`."""
    if not Temperature.parse(temperature).matched:
        return f"T = {temperature}"
    value = records.loc[records["temperature"] == temperature, "temperature_value"].iloc[0]
    return f"T = {value:.3g} ({temperature})"


def line_labels(
    temperatures: Iterable[str], records: pd.DataFrame, said: Mapping[str, str]
) -> dict[str, str]:
    """Names in a legend of those temperatures that have runs, with their `remarks`: `T = 10 (diverged)`."""
    labels = {t: temperature_label(t, records) for t in temperatures if t in set(records["temperature"])}
    return {t: f"{label} ({said[t]})" if t in said else label for t, label in labels.items()}
