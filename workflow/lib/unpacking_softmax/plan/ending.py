"""What the terminal says when Snakemake ends."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.plan.jobs import FAILED, jobs
from unpacking_softmax.study.catalogue import FIGURES
from unpacking_softmax.study.study import Study

SHOWN = 5  # runs that are named


def untrained(study: Study) -> str | None:
    """Which of the study's runs have ended without having trained, in one line; None where all have.

    Nothing fails on their account: they are results, which figures and tables show as failed.
    """
    runs = dict.fromkeys(run for grid in study.grids.values() for run in grid.runs())
    ended = {run: record for run in runs if (record := _record(Path(study.paths("record", run))))}
    sound = (Status.TRAINED, Status.IMPORTED)
    failed = {run: record for run, record in ended.items() if record.get("status") not in sound}
    if not failed:
        return None
    named = [f"{Path(study.paths('record', run)).parent} ({_why(failed[run])})" for run in failed]
    rest = f", and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return (
        f"{len(failed)} of {len(ended)} runs did not train, which figures and tables show: "
        f"{', '.join(named[:SHOWN])}{rest}"
    )


def made(paths: Sequence[str]) -> list[str]:
    """What a person opens of the files that were made, and what the first that says it has found."""
    opened = [path for path in paths if path.endswith((".pdf", ".md", ".html"))]
    if not opened:
        return []
    rest = f" and {len(opened) - SHOWN} more" if len(opened) > SHOWN else ""
    lines = [f"made: {' '.join(opened[:SHOWN])}{rest}"]
    return lines + [line for path in opened if (line := _finding(Path(path)))][:1]


def failed(study: Study, command: str) -> list[str]:
    """The study's jobs that failed, each with its last line and its log, and how to go on."""
    broken = [job for job in jobs(study) if job.state == FAILED]
    lines = [
        f"failed: {job.rule} {Path(study.paths('record', job.run)).parent}: {job.note} ({job.log})"
        for job in broken[:SHOWN]
    ]
    if len(broken) > SHOWN:
        lines.append(f"and {len(broken) - SHOWN} more")
    return [*lines, f"to go on, once mended (what is finished stays): {command}"]


def _finding(path: Path) -> str | None:
    """A figure's kappa and rho at its first and last temperature, or a verdict's outcomes; else None."""
    try:
        if path.name == "claims.md":
            return _outcomes(path.with_suffix(".csv"))
        if path.stem in FIGURES and FIGURES[path.stem].family == "layers":
            return _first_and_last(path.with_suffix(".csv"))
    except (OSError, ValueError, KeyError, csv.Error):
        pass  # no figure hangs on it
    return None


def _outcomes(path: Path) -> str:
    outcome = {row["id"]: row["claim_outcome"] for row in _rows(path)}
    counts = {name: [*outcome.values()].count(name) for name in dict.fromkeys(outcome.values())}
    return f"the paper's claims: {', '.join(f'{count} {name}' for name, count in counts.items())}"


def _first_and_last(path: Path) -> str | None:
    rows = {row["temperature"]: row for row in _rows(path) if row["kappa_n_mean"]}
    if not rows:  # no run trained
        return None
    ends = dict.fromkeys([next(iter(rows)), next(reversed(rows))])
    said = (
        f"T = {name}: kappa {100 * float(rows[name]['kappa_n_mean']):.0f} %, "
        f"rho {100 * float(rows[name]['rho_mean'] or 'nan'):.0f} %"
        for name in ends
    )
    return f"{path.stem}: {'; '.join(said)}"


def _rows(path: Path) -> Iterable[dict[str, str]]:
    with open(path, encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


def _record(path: Path) -> Mapping:
    """A run's record; empty where there is none, or none that can be read: who uses it says so."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _why(record: Mapping) -> str:
    status, found, needed = map(record.get, ("status", "train_accuracy", "train_accuracy_needed"))
    said = str(status).replace("_", " ")
    if status != Status.FAILED or not isinstance(needed, float):  # not in records of earlier versions
        return said
    return f"{said}: training accuracy {found:.3f}, needed {needed:.3f}"
