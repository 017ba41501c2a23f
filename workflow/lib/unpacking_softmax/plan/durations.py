"""How long jobs took here, by what Snakemake measured of them (benchmarks), and how a time is said."""

import csv
from functools import cache
from pathlib import Path
from statistics import fmean

from unpacking_softmax.study.paths import RUN_NAME
from unpacking_softmax.study.study import Study

SAMPLE = 20  # measured jobs of a rule, data set and network that a mean is taken over


def measured(study: Study, rule: str, dataset: str, architecture: str) -> float | None:
    """Mean seconds of a rule's jobs here: of this data set and network, else of any; None where none ran."""
    names = _benchmarks(study.paths("benchmark"), rule)
    begin = RUN_NAME.partition("{variant}")[0].format(dataset=dataset, architecture=architecture)
    alike = [name for name in names if Path(name).name.startswith(begin)]
    found = [s for name in (alike or names)[:SAMPLE] if (s := _seconds(name)) is not None]
    return fmean(found) if found else None


@cache
def _benchmarks(folder: str, rule: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(str(path) for path in Path(folder, rule).iterdir()))
    except OSError:
        return ()


@cache
def _seconds(path: str) -> float | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return float(next(csv.DictReader(file, delimiter="\t"))["s"])
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return None


def spoken(seconds: float) -> str:
    """A time as a person says it: 45 s, 12 min, 3.4 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
