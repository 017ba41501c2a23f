"""The runs, GPU hours and targets of config/paper.yaml, as the Markdown tables of docs/paper-grid.md.

    python benchmarks/paper_grid.py

Seconds a run follow from measured seconds of one epoch and its evaluation (benchmarks/training.py).
"""

import sys
from collections import Counter
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

from unpacking_softmax.plan.resources import EPOCH
from unpacking_softmax.study.study import Study


def study() -> Study:
    """The paper's study: config/paper.yaml over config/defaults.yaml, as Snakemake lays it."""
    config = yaml.safe_load((ROOT / "config" / "defaults.yaml").read_text(encoding="utf-8"))
    over = yaml.safe_load((ROOT / "config" / "paper.yaml").read_text(encoding="utf-8"))
    return Study(_merged(config, over))


def _merged(below: dict, above: dict) -> dict:
    both = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], dict) and isinstance(above[key], dict):
            both[key] = _merged(below[key], above[key])
    return both


def networks(paper: Study) -> None:
    """Runs and GPU hours by network."""
    runs = {run for grid in paper.grids.values() for run in grid.runs()}
    of = {run: paper.config["architectures"][run.architecture] for run in runs}
    count = Counter(of[run]["network"] for run in runs)
    print("| network | runs | seconds an epoch | epochs | minutes a run | GPU hours |")
    print("|---|---|---|---|---|---|")
    total = 0.0
    for network, number in sorted(count.items()):
        recipe = next(of[run]["recipe"] for run in runs if of[run]["network"] == network)
        epochs = paper.config["recipes"][recipe]["epochs"]
        minutes = EPOCH[network] * epochs / 60
        hours = minutes * number / 60
        total += hours
        print(f"| {network} | {number} | {EPOCH[network]} | {epochs} | {minutes:.1f} | {hours:.1f} |")
    print(f"| all | {len(runs)} | | | | {total:.1f} |")


def targets(paper: Study) -> None:
    """Runs that each figure and table reads."""
    print("\n| target | grids | runs |\n|---|---|---|")
    for target in [*paper.figures(), *paper.tables()]:
        grids = ", ".join(grid.name for grid in paper.grids_of(target)) or "none"
        print(f"| {target} | {grids} | {len(paper.runs_of(target))} |")


if __name__ == "__main__":
    networks(study())
    targets(study())
