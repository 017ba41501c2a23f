"""What `make status` prints: how many jobs stand where, what runs, what failed, how long the rest takes."""

import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from unpacking_softmax.artefacts.state import last_word
from unpacking_softmax.plan.durations import measured, spoken
from unpacking_softmax.plan.jobs import (
    CUT_OFF,
    DONE,
    FAILED,
    RUNNING,
    STATES,
    WAITING,
    Job,
    jobs,
    others_at_work,
)
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Study

SHOWN = 12  # jobs that are named of each state
SILENT = 1800  # seconds without a word after which a Snakemake may be gone
# The rules that read temporary activations, for which `extract` runs first.
READ_ACTIVATIONS = {"spectra", "collapse", "detection"}


def status(study: Study) -> Iterator[str]:
    """The lines of a study's status. Reads files only: a cluster's login node will do."""
    found = jobs(study)
    runs = len({job.run for job in found})
    yield f"{study.config['title']}: {runs} runs in {study.paths.results}"
    yield from _table(found)
    if others := ", ".join(f"{n} {rule}" for rule, n in sorted(others_at_work(study).items())):
        yield f"at work besides: {others}"
    yield f"data sets {_there(_datasets(study))}, figures {_there(_drawn(study, 'figure', '.pdf'))}, " + (
        f"tables {_there(_drawn(study, 'table', '.csv'))}"
    )
    for state in (RUNNING, WAITING, CUT_OFF, FAILED):
        chosen = [job for job in found if job.state == state and (job.note or state == FAILED)]
        yield from _named(state, chosen)
    yield from _silence(found)
    yield from _left(study, found)


def _table(found: Iterable[Job]) -> Iterator[str]:
    counts: dict[str, Counter] = {}
    for job in found:
        counts.setdefault(job.rule, Counter())[job.state] += 1
    yield " " * 12 + "".join(f"{state:>9}" for state in STATES)
    for rule, states in counts.items():
        yield f"  {rule:<10}" + "".join(f"{states[state] or '':>9}" for state in STATES)


def _named(state: str, chosen: Sequence[Job]) -> Iterator[str]:
    if not chosen:
        return
    yield f"{state}:"
    for job in chosen[:SHOWN]:
        left = f", {spoken(job.left)} to go" if job.left is not None else ""
        yield f"  {job.rule:<10}{_name(job.run)}: {job.note}{left}"
        if state == FAILED:
            yield f"            {job.log}"
    if len(chosen) > SHOWN:
        yield f"  and {len(chosen) - SHOWN} more"


def _silence(found: Iterable[Job]) -> Iterator[str]:
    """Whether those that run or wait may have no Snakemake any more: one that is killed leaves its lock."""
    logs = [os.path.getmtime(job.log) for job in found if job.state == RUNNING]
    if logs or any(job.state == WAITING for job in found):
        ago = time.time() - max(*logs, last_word(), 0.0)
        if ago > SILENT:
            yield (
                f"nothing was said for {spoken(ago)}: if Snakemake was killed, call `snakemake --unlock` "
                "once and start it again"
            )


def _left(study: Study, found: Sequence[Job]) -> Iterator[str]:
    """How long what is not done will take, from the seconds that such jobs took here (benchmarks)."""
    rest = [job for job in found if job.state != DONE]
    if not rest:
        yield "nothing is left but what is drawn, and what a changed setting asks for (snakemake -n)"
        return
    seconds, unknown = 0.0, set()
    for rule, run, said, times in [*_jobs_left(rest), *_extractions(study, rest)]:
        took = measured(study, rule, run.dataset, run.architecture)
        if said is None and took is None:
            unknown.add(rule)
        else:
            seconds += (took if said is None else said) * times
    running = sum(job.state == RUNNING for job in found)
    at_once = f", {spoken(seconds / running)} with {running} at once as now" if running > 1 else ""
    yield f"left: {spoken(seconds)} of work one job after another{at_once}" + (
        f"; not measured here yet: {', '.join(sorted(unknown))}" if unknown else ""
    )


def _jobs_left(rest: Iterable[Job]) -> Iterator[tuple[str, Run, float | None, int]]:
    for job in rest:
        yield job.rule, job.run, job.left, 1


def _extractions(study: Study, rest: Iterable[Job]) -> Iterator[tuple[str, Run, float | None, int]]:
    """Passes that make temporary activations: of a run whose readers are not done, one for each data set."""
    shown: dict[Run, set[str]] = {}
    for grid in study.grids.values():
        for run in grid.runs():
            shown.setdefault(run, {run.dataset}).update(grid.ood, grid.detection)
    for run in dict.fromkeys(job.run for job in rest if job.rule in READ_ACTIVATIONS):
        yield "extract", run, None, len(shown[run])


def _datasets(study: Study) -> list[str]:
    return [study.paths("dataset", dataset=name) for name in study.config["datasets"]]


def _drawn(study: Study, kind: str, suffix: str) -> list[str]:
    names = study.figures() if kind == "figure" else study.tables()
    return [study.paths(kind, **{kind: name}, suffix=suffix) for name in names]


def _there(paths: Sequence[str]) -> str:
    return f"{sum(map(os.path.exists, paths))}/{len(paths)}"


def _name(run: Run) -> str:
    return f"{run.dataset}/{run.architecture}/{run.variant}/T{run.temperature}/seed{run.seed}"
