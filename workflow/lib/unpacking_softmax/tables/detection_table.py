"""Table 2: out-of-distribution detection, baseline beside low logits norm."""

from collections.abc import Mapping, Sequence

import pandas as pd

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.view import View
from unpacking_softmax.tables.printed import FEWER, UNMATCHED, Printed, caption_of, cell, mark_notes

CONDITIONS = ("baseline", "low")
# What is printed of each condition, of all that the csv holds.
PRINTED = {"auroc": "AUROC ↑ (%)", "fpr95": "FPR95 ↓ (%)"}
METRICS = (*PRINTED, "fpr95_openood")
NOTES = [
    "NECO with {dimension}, fitted on the training split; the test split of the "
    "data set trained on against the test split of the one to detect.",
    "FPR95: share of OOD samples taken for ID where 95 % of ID samples are recognised (ID positive). "
    "The csv has OpenOOD's FPR95 (OOD positive), other dimensions of NECO, and the other scores.",
]


def make(view: View, files: Mapping[str, Sequence[str]]) -> Printed:
    """The table, from the tables of its runs: detection, record."""
    return table_of_cells(
        detection_cells(tables.gather(files["detection"]), tables.records(files["record"]), view), view
    )


def table_of_cells(cells: pd.DataFrame, view: View) -> Printed:
    """The table as printed; cells: see `detection_cells`."""
    table, headings = one_row_a_line(cells)
    caption = caption_of(view, "detection of out-of-distribution data, baseline and low logits norm")
    return Printed(table, headings, caption, _notes(cells, view), cells.drop(columns="line"))


def detection_cells(detection: pd.DataFrame, records: pd.DataFrame, view: View) -> pd.DataFrame:
    """One row for each line of the binding, condition, score, dimension and metric, with its cell.

    Columns: line, grid, dataset (label), network, detection (label), condition ("baseline", "low"),
    temperature, score, dimension (NaN where a score has none or seeds differ), metric, value (a
    `Cell` in per cent; a run that failed to train has no number).
    """
    parts = []
    for line, row in enumerate(view.rows):
        grid = row.grid
        gaps = view.gaps(records, grid)
        runs = grid.rows(records)[[*IDENTITY, "status"]]
        found = detection[detection["source"] == row.detection].merge(runs, on=IDENTITY)
        for condition, temperature in zip(CONDITIONS, (grid.baseline, grid.low_norm), strict=True):
            identity = {
                "line": line,
                "grid": grid.name,
                "dataset": grid.label,
                "network": grid.network,
                "detection": grid.labels[row.detection],
                "condition": condition,
                "temperature": temperature,
            }
            marks = UNMATCHED if temperature in gaps else ""
            own = found[found["temperature"] == temperature]
            parts += [{**identity, **values} for values in _values(own, marks)]
    return pd.DataFrame(parts)


def _values(rows: pd.DataFrame, marks: str) -> list[dict]:
    """The cells of one grid's runs at one temperature."""
    failed = set(rows.loc[rows["status"] != Status.TRAINED, "seed"])
    if failed and failed != set(rows["seed"]):
        marks += FEWER
    # Each dimension of the sweep is a number of its own; the other scores have one each.
    swept = rows["dimension"].where(rows["score"] == "neco_sweep")
    values = []
    for (score, _), own in rows.groupby(["score", swept], sort=False, dropna=False):
        dimensions = own["dimension"].unique()
        dimension = dimensions[0] if len(dimensions) == 1 else float("nan")
        for metric in METRICS:
            numbers = own[metric].where(own["status"] == Status.TRAINED)
            value = cell(numbers, 100.0, decimals=1, marks=marks)
            values.append({"score": score, "dimension": dimension, "metric": metric, "value": value})
    return values


def one_row_a_line(cells: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table as printed, NECO alone, one row a line of the binding; and its headings by column."""
    headings = {"dataset": "ID", "detection": "OOD", "network": "Network", "low": "Low at"}
    headings |= {f"{c} {m}": f"{c}: {heading}" for c in CONDITIONS for m, heading in PRINTED.items()}
    lines = []
    for _, rows in cells[cells["score"] == "neco"].groupby("line", sort=False):
        line = rows.iloc[0][["dataset", "detection", "network"]].to_dict()
        line["low"] = "T = " + rows.loc[rows["condition"] == "low", "temperature"].iloc[0]
        line |= {f"{row.condition} {row.metric}": row.value for row in rows.itertuples()}
        lines.append(line)
    return pd.DataFrame(lines)[list(headings)], headings


def _notes(cells: pd.DataFrame, view: View) -> list[str]:
    kept = sorted({int(d) for d in cells.loc[cells["score"] == "neco", "dimension"]})
    dimension = f"{' or '.join(map(str, kept))} principal components"
    notes = [note.format(dimension=dimension) for note in NOTES]
    return notes + mark_notes(cells["value"], view.matched_within)
