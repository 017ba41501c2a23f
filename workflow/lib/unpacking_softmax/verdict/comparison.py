"""Every number that the paper prints beside ours: on its data, or on what stands in for them."""

from collections.abc import Iterator, Mapping
from math import nan

import pandas as pd

from unpacking_softmax.study.temperature import spell
from unpacking_softmax.verdict.evidence import Evidence
from unpacking_softmax.verdict.paper import BASELINE, LOW, Printed, name_of, printed_numbers

# The axis of kappa differs between tables: 7 and 8 count post-ReLU layers only.
KAPPA = {"table7": "kappa_relu", "table8": "kappa_relu"}
SAME, STAND_IN, NO_RUN = "the paper's data", "stand-in", "no run"
CLASSES = {"CIFAR-10": 10, "CIFAR-100": 100, "ImageNet-100": 100, "ImageNet-1k": 1000}
FAMILIES = ("mlp", "resnet", "vgg", "vit")
# The paper gives resized CIFAR to networks for images of this size, and calls it CIFAR still.
RESIZED = " at 224 px"


def paper_vs_ours(evidence: Evidence) -> pd.DataFrame:
    """One row for each printed number.

    Columns: table, dataset, architecture, condition, measure (with the axis of kappa), paper,
    paper_elsewhere (where the paper prints another value for the same), data (the paper's data, a
    stand-in, or no run), our_data, our_architecture, our_temperature, mean, sd, n, note. Shares are
    per cent. A stand-in is a row of the same table with a network of the same family, of as many
    classes where there is one: its numbers are not comparable in size.
    """
    return pd.DataFrame([_row(evidence, printed) for printed in printed_numbers()])


def _row(evidence: Evidence, printed: Printed) -> dict:
    column = KAPPA.get(printed.table, "kappa_n") if printed.measure == "kappa" else printed.measure
    row = {
        "table": name_of(printed.table),
        "dataset": printed.dataset,
        "architecture": printed.architecture,
        "condition": printed.condition,
        "measure": column,
        "paper": nan if printed.value is None else printed.value,
        "paper_elsewhere": printed.elsewhere,
        "data": NO_RUN,
    }
    ours = _matching(evidence, printed)
    if ours is None:
        return row | {"mean": nan, "sd": nan, "n": 0, "note": ""}
    bound, grid, data = ours
    other = bound.get("ood", bound.get("detection"))
    temperature = _temperature(printed.condition, bound, grid)
    labels = grid["labels"]
    row |= {
        "data": data,
        "our_data": f"{labels[grid['dataset']]} → {labels[other]}",
        "our_architecture": grid["architecture"],
        "our_temperature": temperature,
    }
    numbers = _numbers(evidence, grid, temperature, other, column)
    if printed.measure == "rho" and data == SAME:
        theirs = "CIFAR-100" if printed.dataset.startswith("ImageNet") else "SVHN"
        if _papers_name(evidence, grid, other) != theirs:
            numbers["note"] = _joined(numbers["note"], f"OOD data: {labels[other]}, the paper's: {theirs}")
    return row | numbers


def _matching(evidence: Evidence, printed: Printed) -> tuple[Mapping, Mapping, str] | None:
    """(bound row, grid, SAME or STAND_IN) of this study for a printed number, or None."""
    best, stand_in = (), None
    for bound, grid in _bound(evidence, printed.table):
        network = evidence.network(grid)
        if _temperature(printed.condition, bound, grid) is None:
            continue
        if network == printed.architecture and _dataset(evidence, bound, grid) == printed.dataset:
            return bound, grid, SAME
        classes = evidence.effects[grid["name"]]["classes"].max()
        likeness = (bool(classes == CLASSES[printed.dataset.split()[0]]), network == printed.architecture)
        if evidence.family(grid) == _family(printed.architecture) and likeness > best:
            best, stand_in = likeness, (bound, grid, STAND_IN)
    return stand_in


def _bound(evidence: Evidence, table: str) -> Iterator[tuple[Mapping, Mapping]]:
    for bound in evidence.settings["tables"].get(table, {}).get("rows", []):
        yield bound, evidence.settings["grids"][bound["grid"]]


def _dataset(evidence: Evidence, bound: Mapping, grid: Mapping) -> str:
    """What the paper would call the data of a bound row."""
    names = [grid["dataset"], *([bound["detection"]] if "detection" in bound else [])]
    return " → ".join(_papers_name(evidence, grid, name) for name in names)


def _papers_name(evidence: Evidence, grid: Mapping, name: str) -> str:
    """What the paper calls a data set; the label, for one that it does not use."""
    return evidence.settings["papers_data"].get(name, papers_label(grid["labels"][name]))


def papers_label(label: str) -> str:
    """A label as the paper would have it: `CIFAR-100` for `CIFAR-100 at 224 px`."""
    return label.removesuffix(RESIZED)


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _family(architecture: str) -> str:
    """The family of a network that the paper names."""
    return next((family for family in FAMILIES if architecture.startswith(family)), architecture)


def _temperature(condition: str, bound: Mapping, grid: Mapping) -> str | None:
    """The grid's temperature for a printed condition; None where it has none."""
    if condition == BASELINE:
        return grid["baseline"]
    if condition == LOW:
        return spell(bound["low"])
    temperature = condition.removeprefix("T = ")
    return temperature if temperature in grid["temperatures"] else None


def _numbers(evidence: Evidence, grid: Mapping, temperature: str, other: str, column: str) -> dict:
    """Mean, sd and count over seeds, with what must be said of the runs."""
    if column in ("auroc", "fpr95"):
        rows = evidence.rows("detection", grid)
        rows = rows[(rows["score"] == "neco") & (rows["source"] == other)] if len(rows) else rows
    else:
        rows = evidence.effects[grid["name"]]
        rows = rows[rows["source"] == other]
    rows = rows[rows["temperature"] == temperature] if len(rows) else rows
    values = rows[column].dropna() * (1 if column == "sr" else 100) if len(rows) else pd.Series(dtype=float)
    notes = []
    if temperature in evidence.gaps(grid):
        notes.append("accuracy not matched")
    missing = len(grid["seeds"]) - len(values)
    if missing:
        notes.append(f"{missing} of {len(grid['seeds'])} runs failed to train or lack the number")
    return {"mean": values.mean(), "sd": values.std(), "n": len(values), "note": _joined(*notes)}
