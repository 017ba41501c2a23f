"""Where each job of a study stands, from files alone: results, logs, and what Snakemake keeps of its work.

A job is done where its outputs are, whatever their settings: what a changed one asks for, only Snakemake
knows (`snakemake -n`).
"""

import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from unpacking_softmax.artefacts.archive.contents import kind_of
from unpacking_softmax.artefacts.kinds import KINDS, OF_RUNS
from unpacking_softmax.artefacts.state import has_record, locked, started
from unpacking_softmax.study.paths import RUN_NAME, Run
from unpacking_softmax.study.study import Study

STATES = ("done", "running", "waiting", "cut off", "failed", "missing")
DONE, RUNNING, WAITING, CUT_OFF, FAILED, MISSING = STATES
EPOCH = re.compile(r"epoch (\d+)/(\d+)\b.*\bETA (\d+) s")
TAIL = 8192  # bytes of a log that are read
HEADER = 1 << 27  # bytes of a resume file's header, at most


@dataclass(frozen=True)
class Job:
    """A job of a run. note: of one at work or cut off how far it is, of one that failed its last word.

    left: seconds that it says it has left; None where it does not say.
    """

    rule: str
    run: Run
    state: str
    log: str
    note: str = ""
    left: float | None = None


def jobs(study: Study) -> list[Job]:
    """Every job of every run, by rule in the order of kinds; each once."""
    present = set(_files(f"{study.paths.results}/runs"))
    at_work, planned = started(), locked()
    found = []
    for (rule, run), outputs in _wanted(study).items():
        log = study.paths.log(rule, RUN_NAME.format(**run.identity))
        if all(path in present and path not in at_work for path in outputs):
            found.append(Job(rule, run, DONE, log))
        else:
            found.append(_unfinished(rule, run, outputs, log, at_work, planned))
    return found


def others_at_work(study: Study) -> Counter:
    """How many jobs are at work whose outputs are no measures of runs (passes, figures ...), by rule."""
    at_work = locked().intersection(started())
    kinds = (KINDS[kind] for path in at_work if (kind := kind_of(path, study.paths.results)))
    return Counter(kind.rule for kind in kinds if kind.name not in OF_RUNS and kind.rule != "train")


def _wanted(study: Study) -> dict[tuple[str, Run], list[str]]:
    """The outputs that are read of each job."""
    wanted: dict[tuple[str, Run], list[str]] = {}
    for kind in OF_RUNS.values():
        for grid in study.grids.values():
            if kind.asked_by is None or getattr(grid, kind.asked_by):
                for run in grid.runs():
                    rule = "adopt" if kind.rule == "train" and not grid.history else kind.rule
                    outputs = wanted.setdefault((rule, run), [])
                    if (path := study.paths(kind.name, run)) not in outputs:
                        outputs.append(path)
    return wanted


def _unfinished(
    rule: str, run: Run, outputs: list[str], log: str, at_work: dict[str, float], planned: set[str]
) -> Job:
    began = max((at_work[path] for path in outputs if path in at_work), default=None)
    said = _last_line(log)
    spoke = os.path.getmtime(log) if said else 0.0
    folder = Path(outputs[0]).parent
    if planned.intersection(outputs):
        # Marked when it was handed over: on a cluster it may stand in the queue still.
        if began is None or spoke < began:
            return Job(rule, run, WAITING, log, _kept(rule, folder))
        note, left = _progress(said, time.time() - spoke)
        return Job(rule, run, RUNNING, log, note, left)
    if began is not None:
        return Job(rule, run, CUT_OFF, log, _kept(rule, folder) or said)
    # A log without its outputs: a job that failed, or died without a word; or the outputs were deleted.
    if said and (" ERROR " in said or not any(map(has_record, outputs))):
        return Job(rule, run, FAILED, log, said)
    return Job(rule, run, MISSING, log)


def _progress(said: str, ago: float) -> tuple[str, float | None]:
    """How far a training is by the last line of its log, `ago` seconds old, and the seconds it has left."""
    if found := EPOCH.search(said):
        epoch, epochs, left = map(int, found.groups())
        return f"epoch {epoch}/{epochs}", max(left - ago, 0.0)
    return said.partition(": ")[2], None


def _kept(rule: str, folder: Path) -> str:
    """How far an interrupted training came, by its resume file (safetensors: a JSON header after 8 bytes)."""
    path = folder / "resume.safetensors"
    if rule != "train" or not path.exists():
        return ""
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= HEADER else {}
        epoch = json.loads(header["__metadata__"]["history"])[-1]["epoch"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return ""
    return f"goes on after epoch {epoch}"


def _last_line(log: str) -> str:
    """The last line of a log; of a traceback the record that it belongs to. Empty where there is no log."""
    try:
        with open(log, "rb") as file:
            file.seek(max(os.path.getsize(log) - TAIL, 0))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        return ""
    error = next((line for line in reversed(lines) if " ERROR " in line), None)
    if error is None or error == lines[-1]:
        return lines[-1]
    return f"{error}: {lines[-1]}"


def _files(folder: str) -> Iterator[str]:
    for place, _, names in os.walk(folder):
        yield from (f"{place}/{name}" for name in names)
