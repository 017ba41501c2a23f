"""What the verdict knows of a study: the tables of its runs, and questions that several claims ask."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts import reading, tables
from unpacking_softmax.artefacts.kinds import OF_RUNS, Status
from unpacking_softmax.readings.effects import effects, of_grid
from unpacking_softmax.verdict.findings import (
    AGAINST,
    IN_FAVOUR,
    Expectation,
    Finding,
    decided,
    undecided,
    within,
)
from unpacking_softmax.verdict.statistics import equivalence_interval, seeds_text, t_interval

# A spectrum is long: those of the last two points (last hidden layer, logits) are all that is asked for.
LAST_POINTS = 2
PAIRED = "High T less baseline, paired by seed; 95 % t interval over seeds."
NO_DIFFERENCE = "0: temperature makes no difference."
MORE_SEEDS = "More seeds at both temperatures, and a high temperature at which accuracy is matched."


class Evidence:
    """settings: as `Settings.verdict` gives them; frames: tables by kind; theory: numerics by name.

    A kind that the study has no file of is an empty table.
    """

    def __init__(
        self, settings: Mapping, frames: Mapping[str, pd.DataFrame], theory: Mapping[str, pd.DataFrame]
    ):
        self.settings, self.frames, self.theory = settings, frames, theory
        self._known: dict[tuple, Any] = {}

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
        """The family of a grid's network, such as `resnet`."""
        return self.settings["families"][grid["architecture"]]

    @cached_property
    def effects(self) -> dict[str, pd.DataFrame]:
        """`readings.effects.effects` of each grid, by its name."""
        kinds = ("depth", "probes", "spectra", "record")
        return {
            name: effects(*(self.table(kind) for kind in kinds), grid, self.settings)
            for name, grid in self.settings["grids"].items()
        }

    def remember(self, make: Callable[..., Any], *key) -> Any:
        """What make() gives, made once for each key: dozens of claims ask for the same."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def runs(self, grid: Mapping) -> pd.DataFrame:
        """The records of a grid's runs, failed ones too."""
        return self.remember(lambda: of_grid(self.table("record"), grid), "runs", grid["name"])

    def rows(self, kind: str, grid: Mapping) -> pd.DataFrame:
        """The rows of a kind that belong to runs of a grid that trained; none where it does not ask for the
        kind: another grid with some of the same runs may have had those measured alone."""
        return self.remember(lambda: self._rows(kind, grid), "rows", kind, grid["name"])

    def _rows(self, kind: str, grid: Mapping) -> pd.DataFrame:
        asked_by = OF_RUNS[kind].asked_by if kind in OF_RUNS else None
        if asked_by in grid and not grid[asked_by]:
            return pd.DataFrame()
        table = of_grid(self.table(kind), grid)
        if table.empty:
            return table
        records = self.table("record")
        trained = records.loc[records["status"] == Status.TRAINED, tables.IDENTITY]
        return table.merge(trained, on=tables.IDENTITY)

    def value_of(self, grid: Mapping, temperature: str) -> float:
        """The number behind a grid's temperature, matched ones included."""
        runs = self.runs(grid)
        return float(runs.loc[runs["temperature"] == temperature, "temperature_value"].mean())

    def low_temperatures(self, grid: Mapping) -> list[str]:
        """The temperatures at which a grid has low logits norm: the one that it names, else all above its
        baseline."""
        base = self.value_of(grid, grid["baseline"])
        above = [t for t in grid["temperatures"] if self.value_of(grid, t) > base]
        named = grid["low_norm"]
        return above if named is None else [t for t in above if t == named]

    def accuracy(self, grid: Mapping, low: str) -> Finding:
        """Whether a temperature's test accuracy equals the baseline's: TOST within `equivalent_within`."""
        return self.remember(lambda: self._accuracy(grid, low), "accuracy", grid["name"], low)

    def _accuracy(self, grid: Mapping, low: str) -> Finding:
        values = self.rows("record", grid)
        differences = self.differences(grid, low, values.assign(value=values["test_accuracy"]))
        what = "difference of test accuracy"
        if isinstance(differences, str):
            return undecided(self.between(grid, low), what, differences)
        interval = equivalence_interval(differences)
        return within(self.between(grid, low), what, interval, self.settings["equivalent_within"])

    def is_matched(self, grid: Mapping, temperature: str) -> bool:
        """Whether a temperature is the baseline, or one whose accuracy is shown to equal it."""
        same = temperature == grid["baseline"]
        return same or self.accuracy(grid, temperature).outcome == IN_FAVOUR

    def of_matched(self, grid: Mapping, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table with a column `temperature` at which accuracy is matched."""
        matched = [t for t in rows["temperature"].unique() if self.is_matched(grid, t)]
        return rows[rows["temperature"].isin(matched)]

    def between(self, grid: Mapping, low: str) -> str:
        """`resnet18 on CIFAR-10, T = 100 against T = 1`."""
        return f"{describe(grid)}, T = {low} against T = {grid['baseline']}"

    def paired(
        self,
        grid: Mapping,
        low: str,
        values: pd.DataFrame,
        what: str,
        expected: Expectation,
        step: float = 0.0,
    ) -> Finding:
        """Judge value(T = low) - value(T = baseline), paired by seed, by a t interval over seeds.

        values: columns temperature, seed, value, of runs that trained; step: as in `t_interval`. Where
        the accuracies are not shown to match the finding decides nothing.
        """
        found, statistic = self.differences(grid, low, values), f"difference of {what}"
        if isinstance(found, str):
            return undecided(self.between(grid, low), statistic, found)
        finding = decided(self.between(grid, low), statistic, t_interval(found, step), expected)
        return self.at_matched_accuracy(grid, low, finding)

    def at_matched_accuracy(self, grid: Mapping, low: str, finding: Finding) -> Finding:
        """The finding, opened again where the accuracies are not shown to match: it tests nothing then."""
        accuracy = self.accuracy(grid, low)
        if accuracy.outcome == IN_FAVOUR or np.isnan(finding.low):
            return finding
        points = (
            f"{100 * accuracy.estimate:+.1f} points [{100 * accuracy.low:.1f}, {100 * accuracy.high:.1f}]"
        )
        words = "differs" if accuracy.outcome == AGAINST else "not shown to match"
        more = "" if np.isnan(accuracy.needed) else f"; {seeds_text(accuracy.needed)} would decide that first"
        return replace(
            undecided(finding.runs, finding.statistic, f"accuracy {words}: {points}{more}"),
            **{name: getattr(finding, name) for name in SHOWN},
        )

    def differences(self, grid: Mapping, low: str, values: pd.DataFrame) -> pd.Series | str:
        """value(T = low) - value(T = baseline) by seed, or why there is none."""
        by_seed = values.pivot_table(index="seed", columns="temperature", values="value")
        for temperature in (grid["baseline"], low):
            if temperature not in by_seed:
                return self.why_missing(grid, temperature)
        differences = (by_seed[low] - by_seed[grid["baseline"]]).dropna()
        return differences if len(differences) else "no seed trained at both temperatures"

    def why_missing(self, grid: Mapping, temperature: str) -> str:
        """Why there are no numbers at a temperature: every run failed, or nothing was measured."""
        runs = self.runs(grid)
        status = set(runs.loc[runs["temperature"] == temperature, "status"])
        if status and Status.TRAINED not in status:
            return f"every run at T = {temperature} failed to train"
        return f"missing numbers at T = {temperature}"


SHOWN = ("estimate", "low", "high", "n", "null", "median", "effect", "note")


def describe(grid: Mapping) -> str:
    """`resnet18 on CIFAR-10`, with the variant where it is not the base."""
    variant = "" if grid["variant"] == "base" else f" ({grid['variant']})"
    return f"{grid['architecture']}{variant} on {grid['labels'][grid['dataset']]}"


def temperature_alone(_: Mapping, variant: Mapping, family: str) -> bool:
    """Grids that claims on temperature are judged on: cross-entropy networks of any variant.

    A grid's runs differ in temperature and seed alone. Set apart are VGGs, which the paper finds
    collapsed at T = 1 already (Section 5), networks whose rank the classifier limits (Appendix K), and
    those trained by another loss (Appendix F).
    """
    return not set_apart(variant, family)


def set_apart(variant: Mapping, family: str) -> str:
    """Why a network is no case of the claims on temperature; nothing for one that is."""
    if variant.get("loss", "cross-entropy") != "cross-entropy":
        return f"loss {variant['loss']}: judged apart (Appendix F)"
    if "head_rank" in variant:
        return "its classifier limits the rank: judged apart (Appendix K)"
    return "VGG: judged apart (Section 5)" if family == "vgg" else ""


def _last_points(spectra: pd.DataFrame) -> pd.DataFrame:
    points = np.sort(spectra["index"].unique())[-LAST_POINTS:]
    return spectra[spectra["index"].isin(points) & (spectra["split"] == "train")]
