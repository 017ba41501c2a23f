"""What the explorer embeds: every number that it shows, by network and measure. The page computes none."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts.kinds import RUN_FOLDER, Status
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.plots.temperatures import remarks, temperature_text
from unpacking_softmax.readings.effects import effects, of_grid, of_trained
from unpacking_softmax.readings.runs import over_seeds
from unpacking_softmax.report.rows import ROWS, read_tables

NETWORK = ["dataset", "architecture", "variant"]
MEAN_BY = ["temperature", "series", "point", "name", "x"]


def explored(files: Mapping[str, Sequence[str]], settings: Mapping) -> dict:
    """Plain values for the page: `title`, and `networks` with temperatures, effects and measures: first that
    of which most is known first.

    files: tables of runs by kind (see `rows.read_tables`); settings: as `Settings.explorer` gives them.
    Numbers have six digits, as in the csv files; what is not finite is None. Raises ArtefactError for a
    damaged file.
    """
    found = read_tables(files, settings["rank_rule"])
    grids = networks(settings["grids"].values())
    labels = {name: label for grid in settings["grids"].values() for name, label in grid["labels"].items()}
    rows = {measure: make(found, labels) for measure, make in ROWS.items()}
    shown = filter(None, [_network(grid, found, rows, settings) for grid in grids])
    by_most = sorted(shown, key=lambda network: (len(network["measures"]), len(network["temperatures"])))
    return {"title": settings["title"], "networks": by_most[::-1]}


def networks(grids: Sequence[Mapping]) -> list[dict]:
    """One grid for each network: those that differ in temperatures and seeds alone are taken together.

    The baseline, and the other settings, are those of the first.
    """
    merged: dict[tuple, dict] = {}
    for grid in grids:
        known = merged.setdefault(tuple(grid[name] for name in NETWORK), dict(grid))
        for name in ("temperatures", "seeds"):
            known[name] = list(dict.fromkeys([*known[name], *grid[name]]))
    return list(merged.values())


def _network(
    grid: Mapping, found: Mapping[str, pd.DataFrame], rows: Mapping[str, pd.DataFrame], settings: Mapping
) -> dict | None:
    """A network with all that is shown of it; None for one without a run."""
    records = of_grid(found["record"], grid)
    if records.empty:
        return None
    records = records.sort_values(["temperature_value", "seed"], kind="stable")
    temperatures = list(dict.fromkeys(records["temperature"]))
    place = {temperature: i for i, temperature in enumerate(temperatures)}
    said = remarks(records, grid["baseline"], settings["matched_within"])
    variant = "" if grid["variant"] == "base" else f" ({grid['variant']})"
    measures = {name: _measure(of_grid(table, grid), records, place) for name, table in rows.items()}
    return {
        "data": grid["labels"][grid["dataset"]],
        "network": grid["architecture"] + variant,
        "baseline": place.get(grid["baseline"], 0),
        "temperatures": [
            {
                "text": temperature_text(temperature, records),
                "value": _number(values["temperature_value"].iloc[0]),
                "trained": int((values["status"] == Status.TRAINED).sum()),
                "runs": len(values),
                "remark": said.get(temperature, "").replace("\n", " "),
            }
            for temperature, values in records.groupby("temperature", sort=False)
        ],
        "effects": _effects(grid, found, place, settings),
        "measures": {name: measure for name, measure in measures.items() if measure},
    }


def _effects(
    grid: Mapping, found: Mapping[str, pd.DataFrame], place: Mapping[str, int], settings: Mapping
) -> list[dict]:
    """The effects by temperature, means over seeds: test accuracy, SR, kappa, and rho of each OOD set."""
    kinds = ("depth", "probes", "spectra", "record")
    table = effects(*(found[kind] for kind in kinds), grid, settings)
    of_run = table.drop_duplicates(IDENTITY)
    parts = [
        ("test accuracy", "share", "test_accuracy", of_run),
        ("solution rank SR", "count", "sr", of_run),
        ("effective depth κ_N", "share", "kappa_n", of_run),
        *(
            (f"OOD drop ρ: {grid['labels'][source]}", "share", "rho", rows)
            for source, rows in table.dropna(subset="source").groupby("source")
        ),
    ]
    found_effects = []
    for name, unit, column, rows in parts:
        means = over_seeds(rows.dropna(subset=column), ["temperature"], [column])
        if len(means):
            values = _mean_columns(means, column, place)
            found_effects.append({"name": name, "unit": unit, "means": values})
    return found_effects


def _measure(rows: pd.DataFrame, records: pd.DataFrame, place: Mapping[str, int]) -> dict | None:
    """A measure of one network as columns: `values` by run, `means` over the seeds that trained."""
    if rows.empty:
        return None
    rows = of_trained(rows, records)
    rows = rows[np.isfinite(rows["y"])]
    folders = RUN_FOLDER.removeprefix("{results}/")
    runs = rows.drop_duplicates(IDENTITY)[IDENTITY].to_dict("records")
    series = list(dict.fromkeys(rows["series"]))
    points = rows.drop_duplicates("point").sort_values("point")
    means = over_seeds(rows, MEAN_BY, ["y"])
    number = {tuple(run.values()): i for i, run in enumerate(runs)}
    run = [number[identity] for identity in rows[IDENTITY].itertuples(index=False, name=None)]
    return {
        "series": series,
        "points": [[int(point), name] for point, name in zip(points["point"], points["name"], strict=True)],
        "runs": [{"seed": run["seed"], "path": folders.format(**run)} for run in runs],
        "values": {"run": run, "y": _numbers(rows["y"]), **_places(rows, series, place)},
        "means": {**_mean_columns(means, "y", place), **_places(means, series, place)},
    }


def _places(rows: pd.DataFrame, series: Sequence[str], place: Mapping[str, int]) -> dict[str, list]:
    return {
        "t": [place[temperature] for temperature in rows["temperature"]],
        "series": [series.index(name) for name in rows["series"]],
        "point": rows["point"].astype(int).tolist(),
        "x": [x if isinstance(x, str) else int(x) for x in rows["x"]],
    }


def _mean_columns(means: pd.DataFrame, column: str, place: Mapping[str, int]) -> dict[str, list]:
    return {
        "t": [place[temperature] for temperature in means["temperature"]],
        "mean": _numbers(means[f"{column}_mean"]),
        "sd": _numbers(means[f"{column}_std"]),
        "n": means["seeds"].astype(int).tolist(),
    }


def _numbers(values: pd.Series) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
