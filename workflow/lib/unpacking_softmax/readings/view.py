"""What a figure or table knows of the study, beside the files that it reads.

Made once, where a script gets its settings; whatever draws or writes takes it from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import pandas as pd

from unpacking_softmax.readings.effects import accuracy_gaps, of_grid
from unpacking_softmax.study.temperature import spell


@dataclass(frozen=True)
class GridView:
    """A grid as figures and tables see it: `study.Grid` with its baseline, and what data sets are called.

    labels: what figures and tables call each of its data sets, by name.
    """

    name: str
    dataset: str
    architecture: str
    variant: str
    temperatures: tuple[str, ...]
    low_norm: str | None
    seeds: tuple[int, ...]
    ood: tuple[str, ...]
    detection: tuple[str, ...]
    baseline: str
    labels: Mapping[str, str]

    @property
    def label(self) -> str:
        """What the data set that it is trained on is called."""
        return self.labels[self.dataset]

    @property
    def network(self) -> str:
        """`resnet18`; a variant other than the base is named: `resnet18 (mse)`."""
        return self.architecture if self.variant == "base" else f"{self.architecture} ({self.variant})"

    def rows(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows of a table that belong to the grid's runs."""
        return of_grid(table, vars(self))


@dataclass(frozen=True)
class Panel:
    """A comparison of grids at one temperature, or (None) at all of theirs."""

    title: str
    grids: tuple[GridView, ...]
    temperature: str | None


@dataclass(frozen=True)
class Row:
    """A line of a table: a grid, and the data set that it is shown against (none: empty)."""

    grid: GridView
    ood: str
    detection: str


@dataclass(frozen=True)
class View:
    """What the settings of a figure or table say (see `plan.settings`). What is not bound is empty.

    grids: those that it is bound to, in the binding's order where that has a list of them, else by name.
    temperatures: those that a figure of one grid shows. columns: width in columns of a two-column page.
    labels: what `datasets` are called. matched_within: how far below its baseline's the mean accuracy of
    a temperature may lie (a fraction). recipes, probes: settings that a table prints.
    """

    name: str
    family: str
    title: str
    rank_rule: str
    depth_threshold: float
    depth_reference: str
    matched_within: float
    grids: tuple[GridView, ...]
    temperatures: tuple[str, ...]
    columns: int
    ood: str
    detection: str
    epochs: tuple[int, ...]
    datasets: tuple[str, ...]
    architectures: tuple[str, ...]
    labels: Mapping[str, str]
    panels: tuple[Panel, ...]
    rows: tuple[Row, ...]
    recipes: Mapping[str, Mapping]
    probes: Mapping

    @classmethod
    def of(cls, settings: Mapping) -> "View":
        """The view of what `plan.settings.Settings.figure` or `.table` gives."""
        binding = settings["binding"]
        grids = {name: _grid(values) for name, values in settings["grids"].items()}
        given = {field.name: settings[field.name] for field in fields(cls) if field.name in settings}
        bound = {
            "temperatures": tuple(settings.get("temperatures", ())),
            "columns": binding.get("columns", 2),
            "ood": binding.get("ood", ""),
            "detection": binding.get("detection", ""),
            "grids": tuple(grids[name] for name in binding.get("grids", grids)),
            "panels": tuple(_panel(panel, grids) for panel in binding.get("panels", ())),
            "rows": tuple(_row(row, grids) for row in binding.get("rows", ())),
            "recipes": {name: settings["recipes"][name] for name in binding.get("recipes", ())},
            **{name: tuple(binding.get(name, ())) for name in ("epochs", "datasets", "architectures")},
        }
        return cls(**{"labels": {}, "probes": {}, **given, **bound})

    @property
    def grid(self) -> GridView:
        """The grid of a figure that has one, the first of one that has several."""
        return self.grids[0]

    def gaps(self, records: pd.DataFrame, grid: GridView) -> dict[str, float]:
        """Temperatures of a grid whose accuracy is not matched, and by how much (see `accuracy_gaps`)."""
        return accuracy_gaps(records, vars(grid), self.matched_within)


def _grid(values: Mapping) -> GridView:
    known = {field.name: values[field.name] for field in fields(GridView)}
    return GridView(**{name: tuple(v) if isinstance(v, list) else v for name, v in known.items()})


def _panel(values: Mapping, grids: Mapping[str, GridView]) -> Panel:
    temperature = spell(values["temperature"]) if "temperature" in values else None
    return Panel(values["title"], tuple(grids[name] for name in values["grids"]), temperature)


def _row(values: Mapping, grids: Mapping[str, GridView]) -> Row:
    return Row(grids[values["grid"]], values.get("ood", ""), values.get("detection", ""))
