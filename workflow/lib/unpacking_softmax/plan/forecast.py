"""What the terminal says before anything runs: how much is to be done, on what, and how long it may take."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from unpacking_softmax.artefacts.kinds import RUN
from unpacking_softmax.plan.durations import measured, spoken
from unpacking_softmax.plan.resources import Needs
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Study

# The rules whose jobs are measured; beside them the others hardly count.
MEASURED = ("train", "extract", "probe", "dynamics", "detection")

Job = tuple[str, Mapping[str, str]]


def to_come(study: Study, jobs: Sequence[Job], at_once: int, card: bool) -> list[str]:
    """Two lines on the jobs (rule, wildcards) that will run; of a few that take no time, one.

    at_once: how many jobs run side by side. card: whether they compute on a GPU.
    """
    trained = Counter(wildcards["architecture"] for rule, wildcards in jobs if rule == "train")
    by_network = ", ".join(f"{count} {name}" for name, count in trained.most_common())
    first = f"to do: {len(jobs)} jobs" + (
        f"; {trained.total()} networks to train ({by_network})" if trained else ""
    )
    long = [job for job in jobs if job[0] in MEASURED]
    return [first, _how_long(study, long, at_once, card)] if long else [first]


def on_a_card() -> bool:
    """Whether jobs on this machine compute on a GPU, as far as can be told without torch."""
    asked = os.environ.get("UNPACKING_SOFTMAX_DEVICE") == "cuda"
    return asked or any(Path("/dev").glob("nvidia[0-9]*"))


def _how_long(study: Study, jobs: Sequence[Job], at_once: int, card: bool) -> str:
    """From the seconds that such jobs took here; on a card, of those that never ran, from what they need."""
    where = "on a GPU" if card else "on the CPU"
    needs, seconds, estimated, unknown = Needs(study), 0.0, False, set()
    for rule, wildcards in jobs:
        took = measured(study, rule, wildcards["dataset"], wildcards["architecture"])
        if took is None and card:
            took, estimated = _needed(needs, rule, wildcards), True
        if took is None:
            unknown.add(rule)
        else:
            seconds += took
    if unknown:
        return f"computing {where}; how long it takes is not known yet: nothing like it was measured here"
    by = "estimated for one H100" if estimated else "by what such jobs took here"
    return f"computing {where}, {at_once} at once: about {spoken(seconds / at_once)}, {by}"


def _needed(needs: Needs, rule: str, wildcards: Mapping[str, str]) -> float:
    run = Run(**{**{name: wildcards[name] for name in RUN}, "seed": int(wildcards["seed"])})
    source = [wildcards["source"]] if rule == "extract" else []
    return getattr(needs, rule)(run, *source).seconds
