"""The one place that knows where a result lies, and how runs are named."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from unpacking_softmax.artefacts.kinds import KINDS

# What a run is called in the names of logs and benchmarks.
RUN_NAME = "{dataset}.{architecture}.{variant}.T{temperature}.seed{seed}"

TEMPLATES = {
    **{kind.name: kind.path for kind in KINDS.values()},
    "accepted_code": "{results}/accepted_code.json",
    "log": "{results}/logs",
    "benchmark": "{results}/benchmarks",
}


@dataclass(frozen=True, order=True)
class Run:
    """One trained network. `temperature` is in its one spelling (see `temperature.Temperature`)."""

    dataset: str
    architecture: str
    variant: str
    temperature: str
    seed: int

    @property
    def identity(self) -> dict:
        """The columns that every table of this run begins with."""
        return asdict(self)


class Paths:
    """Result paths under one results folder: with wildcards for rules, filled in for a run."""

    def __init__(self, results: str):
        self.results = results

    def __call__(self, kind: str, run: Run | None = None, **names: str) -> str:
        """The path of `kind`, with `{wildcards}` left for whatever is not named."""
        path = TEMPLATES[kind].replace("{results}", self.results)
        known = names if run is None else {**run.identity, **names}
        for name, value in known.items():
            path = path.replace(f"{{{name}}}", str(value))
        return path

    def log(self, rule: str, *names: str) -> str:
        """`logs/<rule>/<names joined by dots>.log`, or `logs/<rule>.log`; names may be wildcards."""
        return "/".join([self("log"), rule, *([".".join(names)] if names else [])]) + ".log"

    def benchmark(self, rule: str, *names: str) -> str:
        """As `log`, for what a job cost."""
        return f"{self('benchmark')}/{rule}/{'.'.join(names)}.tsv"


def run_of(wildcards) -> Run:
    """The run that a rule's wildcards name."""
    return Run(
        wildcards.dataset,
        wildcards.architecture,
        wildcards.variant,
        wildcards.temperature,
        int(wildcards.seed),
    )


def one_of(names: Iterable[str]) -> str:
    """A wildcard's pattern: one of these names; where there is none, nothing matches."""
    return "|".join(map(re.escape, names)) or "(?!)"


def snapshot_file(folder: Path, epoch: int) -> Path:
    """Where a run, in its folder, keeps its weights after an epoch (0: initialisation)."""
    return folder / "snapshots" / f"epoch{epoch}.safetensors"
