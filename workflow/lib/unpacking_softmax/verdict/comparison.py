"""Every number that the paper prints beside ours: on its data, or on what stands in for them."""

from collections.abc import Iterator, Mapping
from math import inf, isnan, nan

import pandas as pd

from unpacking_softmax.verdict.evidence import Evidence
from unpacking_softmax.verdict.findings import AGAINST
from unpacking_softmax.verdict.paper import (
    BASELINE,
    CLASSES,
    LOW,
    NETWORKS,
    Printed,
    name_of,
    papers_label,
    printed_numbers,
)

# The axis of kappa differs between tables: 7 and 8 count post-ReLU layers only.
KAPPA = {"table7": "kappa_relu", "table8": "kappa_relu"}
DETECTION = ("auroc", "fpr95")
SAME, STAND_IN, NO_RUN = "the paper's data", "stand-in", "no run"
# A solution rank ends at the number of classes: with ten times as many it is another question.
TOO_FAR = 10


def paper_vs_ours(evidence: Evidence) -> pd.DataFrame:
    """One row for each printed number.

    Columns: table, dataset, architecture, condition, measure (with the axis of kappa), paper,
    paper_elsewhere (where the paper prints another value for the same), data (the paper's data, a
    stand-in, or no run), our_data, our_architecture, our_temperature, mean, sd, n, note. Shares are
    per cent. A stand-in is a network of the same family on data with the nearest number of classes, less
    than ten times more or fewer: its numbers are not comparable in size.
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
    grid, data = ours
    other = _other(evidence, printed, grid)
    temperature = _temperature(printed.condition, grid)
    labels = grid["labels"]
    row |= {
        "data": data,
        "our_data": f"{labels[grid['dataset']]} → {labels[other]}",
        "our_architecture": grid["architecture"],
        "our_temperature": temperature,
    }
    numbers = _numbers(evidence, grid, temperature, other, column)
    theirs = _papers_ood(printed)
    if printed.measure == "rho" and data == SAME and _papers_name(evidence, grid, other) != theirs:
        numbers["note"] = _joined(numbers["note"], f"OOD data: {labels[other]}, the paper's: {theirs}")
    return row | numbers


def _matching(evidence: Evidence, printed: Printed) -> tuple[Mapping, str] | None:
    """(grid, SAME or STAND_IN) of this study for a printed number, or None."""
    candidates = list(_candidates(evidence, printed))
    for grid in candidates:
        same = evidence.network(grid) == printed.architecture and not _initialised(evidence, grid)
        if same and _dataset(evidence, printed, grid) == printed.dataset:
            return grid, SAME
    likeness = {
        place: (_distance(evidence, printed, grid), evidence.network(grid) != printed.architecture, place)
        for place, grid in enumerate(candidates)
    }
    near = [place for place, (distance, *_) in likeness.items() if distance < TOO_FAR]
    return (candidates[min(near, key=likeness.get)], STAND_IN) if near else None


def _candidates(evidence: Evidence, printed: Printed) -> Iterator[Mapping]:
    """Grids of the same family, loss and condition that were shown other data, as the number asks for.

    Those that name a low norm come first: tables set it beside their baselines.
    """
    loss = "mse" if printed.table == "table6" else "cross-entropy"

    def suits(grid: Mapping, variant: Mapping, family: str) -> bool:
        return (
            family == NETWORKS[printed.architecture]
            and variant.get("loss", "cross-entropy") == loss
            and set(variant) <= {"loss", "init"}
            and _temperature(printed.condition, grid) is not None
            and bool(grid["detection" if printed.measure in DETECTION else "ood"])
        )

    yield from sorted(evidence.grids(suits), key=lambda grid: grid["low_norm"] is None)


def _initialised(evidence: Evidence, grid: Mapping) -> bool:
    return "init" in evidence.variant(grid)


def _distance(evidence: Evidence, printed: Printed, grid: Mapping) -> float:
    """How many times more classes the one has than the other; infinite where ours are not known."""
    ours, theirs = evidence.effects[grid["name"]]["classes"].max(), CLASSES[printed.dataset.split(" → ")[0]]
    return inf if isnan(ours) else max(ours / theirs, theirs / ours)


def _other(evidence: Evidence, printed: Printed, grid: Mapping) -> str:
    """The data set that a number needs beside the grid's own: the paper's, or the first where it lacks."""
    of_detection = printed.measure in DETECTION
    names = grid["detection" if of_detection else "ood"]
    theirs = printed.dataset.split(" → ")[-1] if of_detection else _papers_ood(printed)
    return next((name for name in names if _papers_name(evidence, grid, name) == theirs), names[0])


def _papers_ood(printed: Printed) -> str:
    return "CIFAR-100" if printed.dataset.startswith("ImageNet") else "SVHN"


def _dataset(evidence: Evidence, printed: Printed, grid: Mapping) -> str:
    """What the paper would call the data of a grid."""
    names = [grid["dataset"]]
    names += [_other(evidence, printed, grid)] if printed.measure in DETECTION else []
    return " → ".join(_papers_name(evidence, grid, name) for name in names)


def _papers_name(evidence: Evidence, grid: Mapping, name: str) -> str:
    """What the paper calls a data set; the label, for one that it does not use."""
    return evidence.settings["papers_data"].get(name, papers_label(grid["labels"][name]))


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))


def _temperature(condition: str, grid: Mapping) -> str | None:
    """The grid's temperature for a printed condition; None where it has none."""
    if condition == BASELINE:
        return grid["baseline"]
    if condition == LOW:
        return grid["low_norm"]
    temperature = condition.removeprefix("T = ")
    return temperature if temperature in grid["temperatures"] else None


def _numbers(evidence: Evidence, grid: Mapping, temperature: str, other: str, column: str) -> dict:
    """Mean, sd and count over seeds, with what must be said of the runs."""
    if column in DETECTION:
        rows = evidence.rows("detection", grid)
        rows = rows[(rows["score"] == "neco") & (rows["source"] == other)] if len(rows) else rows
    else:
        rows = evidence.effects[grid["name"]]
        rows = rows[rows["source"] == other]
    rows = rows[rows["temperature"] == temperature] if len(rows) else rows
    values = rows[column].dropna() * (1 if column == "sr" else 100) if len(rows) else pd.Series(dtype=float)
    notes = []
    if not evidence.is_matched(grid, temperature):
        differs = evidence.accuracy(grid, temperature).outcome == AGAINST
        notes.append("accuracy differs" if differs else "accuracy not shown to match")
    missing = len(grid["seeds"]) - len(values)
    if missing:
        notes.append(f"{missing} of {len(grid['seeds'])} runs failed to train or lack the number")
    return {"mean": values.mean(), "sd": values.std(), "n": len(values), "note": _joined(*notes)}
