"""What the terminal says when Snakemake ends."""

import json
from collections.abc import Mapping
from pathlib import Path

from unpacking_softmax.artefacts.kinds import Status
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
