"""What the verdict knows of a study: the tables of its runs, and questions that several claims ask."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts import reading, tables
from unpacking_softmax.readings.effects import TRAINED, accuracy_gaps, effects, of_grid
from unpacking_softmax.study.temperature import spell
from unpacking_softmax.verdict.findings import Expectation, Finding, decided, undecided
from unpacking_softmax.verdict.statistics import t_interval

# A spectrum is long: those of the last two points (last hidden layer, logits) are all that is asked for.
LAST_POINTS = 2
PAIRED = "High T less baseline, paired by seed; 95 % t interval over seeds."


class Evidence:
    """settings: as `Settings.verdict` gives them; frames: tables by kind; theory: numerics by name.

    A kind that the study has no file of is an empty table.
    """

    def __init__(
        self, settings: Mapping, frames: Mapping[str, pd.DataFrame], theory: Mapping[str, pd.DataFrame]
    ):
        self.settings, self.frames, self.theory = settings, frames, theory

    @classmethod
    def read(cls, files: Mapping[str, Sequence[str]], settings: Mapping) -> "Evidence":
        """Read the files of `Study.verdict_files`. Raises ArtefactError for a damaged one."""
        frames = {
            kind: tables.gather(paths)
            for kind, paths in files.items()
            if kind not in ("record", "spectra", "theory", "initial_norms")
        }
        if "record" in files:  # not where every grid is switched off
            frames["record"] = tables.records(files["record"])
            frames["spectra"] = pd.concat([_last_points(tables.gather([path])) for path in files["spectra"]])
        if "initial_norms" in files:
            frames["initial_norms"] = reading.initial_norms(files["initial_norms"])
        return cls(settings, frames, {Path(path).stem: tables.numerics(path) for path in files["theory"]})

    def table(self, kind: str) -> pd.DataFrame:
        """All rows of a kind; empty where there are none."""
        return self.frames.get(kind, pd.DataFrame())

    def grids(self, choose: Callable[[Mapping, Mapping, str], bool] | None = None) -> list[Mapping]:
        """The study's grids, or those for which choose(grid, its variant's settings, family) holds."""
        return [
            grid
            for grid in self.settings["grids"].values()
            if choose is None or choose(grid, self.variant(grid), self.family(grid))
        ]

    def variant(self, grid: Mapping) -> Mapping:
        """The settings of a grid's variant: {} for the plain network and loss."""
        return self.settings["variants"][grid["variant"]]

    def network(self, grid: Mapping) -> str:
        """The network of a grid's architecture, such as `resnet18`."""
        return self.settings["networks"][grid["architecture"]]

    def family(self, grid: Mapping) -> str:
        """The family of that network, such as `resnet`."""
        return self.settings["families"][grid["architecture"]]

    @cached_property
    def effects(self) -> dict[str, pd.DataFrame]:
        """`measures.effects.effects` of each grid, by its name."""
        kinds = ("depth", "probes", "spectra", "record")
        return {
            name: effects(*(self.table(kind) for kind in kinds), grid, self.settings)
            for name, grid in self.settings["grids"].items()
        }

    def rows(self, kind: str, grid: Mapping) -> pd.DataFrame:
        """The rows of a kind that belong to runs of a grid that trained."""
        table = of_grid(self.table(kind), grid)
        if table.empty:
            return table
        trained = self.table("record").query("status == @TRAINED")[tables.IDENTITY]
        return table.merge(trained, on=tables.IDENTITY)

    def value_of(self, grid: Mapping, temperature: str) -> float:
        """The number behind a grid's temperature, matched ones included."""
        runs = of_grid(self.table("record"), grid)
        return float(runs.loc[runs["temperature"] == temperature, "temperature_value"].mean())

    def gaps(self, grid: Mapping) -> dict[str, float]:
        """Temperatures of a grid whose accuracy is not matched, and by how much."""
        return accuracy_gaps(self.table("record"), grid, self.settings["matched_within"])

    def above_baseline(self, grid: Mapping) -> list[str]:
        """A grid's temperatures above its baseline."""
        base = self.value_of(grid, grid["baseline"])
        return [t for t in grid["temperatures"] if self.value_of(grid, t) > base]

    def named_temperatures(self, grid: Mapping) -> list[str]:
        """Of those above a grid's baseline, the ones that tables take for a low logits norm."""
        named = [
            spell(row["low"])
            for binding in self.settings["tables"].values()
            for row in binding.get("rows", [])
            if row["grid"] == grid["name"] and "low" in row
        ]
        above = self.above_baseline(grid)
        return [t for t in dict.fromkeys(named) if t in above]

    def high_temperatures(self, grid: Mapping) -> list[str]:
        """The temperatures at which a grid has low logits norm: those that tables name, else one.

        That one is the highest above the baseline that trains in every seed and keeps the accuracy,
        else the highest that trains.
        """
        if named := self.named_temperatures(grid):
            return named
        above = self.above_baseline(grid)
        runs = of_grid(self.table("record"), grid)
        status = runs.groupby("temperature")["status"].agg(set)
        trained = [t for t in above if status[t] == {TRAINED}]
        matched = [t for t in trained if t not in self.gaps(grid)]
        ranked = sorted(matched or trained or above, key=lambda t: self.value_of(grid, t))
        return ranked[-1:]

    def paired(
        self, grid: Mapping, low: str, values: pd.DataFrame, what: str, expected: Expectation
    ) -> Finding:
        """Judge value(T = low) - value(T = baseline), paired by seed, by a t interval over seeds.

        values: columns temperature, seed, value, of runs that trained. Where the accuracy of either
        is not comparable the finding decides nothing.
        """
        base = grid["baseline"]
        runs = f"{describe(grid)}, T = {low} against T = {base}"
        statistic = f"difference of {what}"
        by_seed = values.pivot_table(index="seed", columns="temperature", values="value")
        missing = [t for t in (base, low) if t not in by_seed]
        if missing:
            return undecided(runs, statistic, self.why_missing(grid, missing[0]))
        differences = (by_seed[low] - by_seed[base]).dropna()
        if differences.empty:
            return undecided(runs, statistic, "no seed trained at both temperatures")
        interval = t_interval(differences)
        if gap := self.gaps(grid).get(low):
            reason = f"accuracy not matched: {100 * gap:.1f} points below T = {base}"
            return undecided(runs, f"{statistic} {expected}", reason, interval)
        return decided(runs, statistic, interval, expected)

    def why_missing(self, grid: Mapping, temperature: str) -> str:
        """Why there are no numbers at a temperature: every run failed, or nothing was measured."""
        runs = of_grid(self.table("record"), grid)
        status = set(runs.loc[runs["temperature"] == temperature, "status"])
        if status and TRAINED not in status:
            return f"every run at T = {temperature} failed to train"
        return f"missing numbers at T = {temperature}"


def describe(grid: Mapping) -> str:
    """`resnet18 on CIFAR-10`, with the variant where it is not the base."""
    variant = "" if grid["variant"] == "base" else f" ({grid['variant']})"
    return f"{grid['architecture']}{variant} on {grid['labels'][grid['dataset']]}"


def plain(_: Mapping, variant: Mapping, family: str) -> bool:
    """Plain networks trained with cross-entropy, VGG apart: those that the main claims speak of.

    The paper finds VGG collapsed at T = 1 already, and makes other claims of it (Section 5).
    """
    return not variant and family != "vgg"


def _last_points(spectra: pd.DataFrame) -> pd.DataFrame:
    points = np.sort(spectra["index"].unique())[-LAST_POINTS:]
    return spectra[spectra["index"].isin(points) & (spectra["split"] == "train")]
