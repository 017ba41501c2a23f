"""How a temperature is shown: its line, its name, and what must be said of its runs."""

import pandas as pd

from unpacking_softmax.measures.readings import unmatched
from unpacking_softmax.plots.style import BLUE, GREEN, GREY, ORANGE, RED

LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (RED, ":"), (GREY, (0, (5, 1, 1, 1, 1, 1))))


def remarks(records: pd.DataFrame, baseline: str, within: float) -> dict[str, str]:
    """What must be said beside a temperature: runs that failed, or accuracy below the baseline's.

    records: see `tables.records`. Temperatures with nothing to say are left out.
    """
    gaps = unmatched(records, baseline, within)
    said = {t: f"accuracy not matched: {100 * gap:.1f} points lower" for t, gap in gaps.items()}
    for temperature, runs in records.groupby("temperature"):
        bad = runs.loc[runs["status"] != "trained", "status"]
        if len(bad):
            share = "" if len(bad) == len(runs) else f"{len(bad)} of {len(runs)} "
            said[temperature] = share + ", ".join(sorted(set(bad))).replace("_", " ")
    return said


def temperature_label(temperature: str, records: pd.DataFrame) -> str:
    """`T = 10`; a matched temperature with its value: `T = 0.31 (match-resnet18)`."""
    if not temperature.startswith("match-"):
        return f"T = {temperature}"
    value = records.loc[records["temperature"] == temperature, "temperature_value"].iloc[0]
    return f"T = {value:.3g} ({temperature})"
