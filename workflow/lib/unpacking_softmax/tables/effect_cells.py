"""What the tables of effects share (Tables 1, 3, 6 to 9): a cell for each run, temperature and measure."""

from collections.abc import Mapping, Sequence

import pandas as pd

from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.readings.effects import RANKS, SHARES, effects
from unpacking_softmax.readings.probes import READ, probe_share
from unpacking_softmax.readings.view import GridView, View
from unpacking_softmax.tables.printed import FEWER, UNMATCHED, Printed, caption_of, cell, mark_notes

# What is printed of each condition, of all that the csv holds: the kappa of Tables 1, 3, 6 and 9
# counts the logits as a point, that of Tables 7 and 8 does not: two symbols.
MEASURES = {"kappa_n": "κ_N", "rho": "ρ", "sr": "SR", "test_accuracy": "acc."}
MEASURES_RELU = {"kappa_relu": "κ_relu", "rho": "ρ", "sr": "SR", "test_accuracy": "acc."}
RELU_AXIS = {"table7", "table8"}
RULE_TEXT = {
    "torch": "γ = max(n, C) ε σ₁ with the ε of float32",
    "1e-8": "γ = 1e-8 max(n, C) σ₁",
    "1e-8-absolute": "γ = 1e-8 max(n, C)",
    "1e-3": "γ = 1e-3 σ₁",
}


def table_of_effects(view: View, frames: Mapping[str, pd.DataFrame], what: str) -> Printed:
    """The table of its binding's rows. frames: see `read_effects`; what: its content, for the caption."""
    cells = condition_cells(frames, view)
    table, headings = one_row_a_line(cells, measures_of(view.name))
    notes, numbers = effect_notes(cells, view), tidy_numbers(cells)
    return Printed(table, headings, caption_of(view, what), notes, numbers)


def condition_cells(frames: Mapping[str, pd.DataFrame], view: View) -> pd.DataFrame:
    """One row for each line of the table, temperature and measure, with its cell.

    frames: tables by kind (depth, probes, spectra, record) of all runs. Columns: line (its place in
    the binding), grid, dataset, architecture, variant, ood, condition ("baseline", "low", or "T = x"
    for tables of whole grids), temperature, measure, value (a `Cell`; shares in per cent), cut, probe_sd
    (per cent) and probe_share (see `probe_share`; NaN where no probe is read).
    """
    kinds = ("depth", "probes", "spectra", "record")
    parts = []
    for line, row in enumerate(view.rows):
        grid = row.grid
        runs = effects(*(frames[kind] for kind in kinds), vars(grid), vars(view))
        gaps = view.gaps(frames["record"], grid)
        for condition, temperature in _conditions(view.family, grid).items():
            cells = _cells(runs, row.ood, temperature, UNMATCHED if temperature in gaps else "")
            identity = {
                "line": line,
                "grid": grid.name,
                "dataset": grid.label,
                "architecture": grid.architecture,
                "variant": grid.variant,
                "ood": grid.labels[row.ood],
                "condition": condition,
                "temperature": temperature,
                "cut": runs["cut"].mean(),
            }
            parts += [{**identity, "measure": name, **values} for name, values in cells.items()]
    return pd.DataFrame(parts)


def _conditions(family: str, grid: GridView) -> dict[str, str]:
    if family == "effects":
        return {"baseline": grid.baseline, "low": grid.low_norm}
    return {f"T = {temperature}": temperature for temperature in grid.temperatures}


def _cells(runs: pd.DataFrame, ood: str, temperature: str, marks: str) -> dict:
    rows = runs[(runs["source"] == ood) & (runs["temperature"] == temperature)]
    failed = (rows["status"] != Status.TRAINED).sum()
    if failed and failed < len(rows):
        marks += FEWER
    shares = {name: cell(rows[name], 100.0, marks=marks) for name in SHARES}
    ranks = {name: cell(rows[name], marks=marks) for name in ("sr", *RANKS)}
    found = {name: {"value": value} for name, value in (shares | ranks).items()}
    for name in READ:
        sd, share = probe_share(rows, name)
        found[name] |= {"probe_sd": 100 * sd, "probe_share": share}
    return found


def one_row_a_line(cells: pd.DataFrame, measures: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table as the paper lays it out, conditions beside each other, and its headings by column.

    measures: those printed, and their headings. A grid without a temperature that others have: empty.
    """
    headings = {"dataset": "Data set", "architecture": "Architecture"}
    if cells["variant"].nunique() > 1:
        headings["variant"] = "Variant"
    if "low" in set(cells["condition"]):
        headings["low"] = "Low at"
    lines = []
    for _, rows in cells.groupby("line", sort=False):
        line = rows.iloc[0][["dataset", "architecture", "variant"]].to_dict()
        line["low"] = "T = " + rows["temperature"].iloc[-1]
        for row in rows[rows["measure"].isin(measures)].itertuples():
            line[f"{row.condition} {row.measure}"] = row.value
        lines.append(line)
    for condition in cells["condition"].unique():
        unit = {"sr": ""}
        headings |= {
            f"{condition} {measure}": f"{condition}: {heading}{unit.get(measure, ' (%)')}"
            for measure, heading in measures.items()
        }
    return pd.DataFrame(lines).reindex(columns=list(headings)).fillna(""), headings


def effect_notes(cells: pd.DataFrame, view: View) -> list[str]:
    """What a reader must know of the cells: definitions, the cut of SR, the data, the flags."""
    cuts = sorted({f"{value:.2g}" for value in cells["cut"].dropna()})
    reference = {"model": "the network's own", "last-probe": "the last post-ReLU probe's"}
    kappa, other, place = "κ_N", "κ_relu", "place over the post-ReLU layers and the logits"
    if view.name in RELU_AXIS:
        kappa, other, place = other, kappa, "zero-based place over the post-ReLU layers (last = 100 %)"
    notes = [
        f"{kappa}: first layer whose probe reaches {100 * view.depth_threshold:g} % of "
        f"{reference[view.depth_reference]} test accuracy, as {place}; the csv has {other} too, "
        "and kappa_n_common, on the bar of the baseline's mean accuracy.",
        f"ρ: (best − last post-ReLU layer) / best of the probes' accuracy on {_listed(cells['ood'])}.",
        "SR: numerical rank of the logits of the training split after each sample's mean logit is "
        "subtracted, which no softmax sees (so at most C − 1 of C classes), with "
        f"{RULE_TEXT[view.rank_rule]} (γ/σ₁ = {' or '.join(cuts)}); the csv has raw logits and the "
        "other cuts.",
    ]
    return notes + mark_notes(cells["value"], view.matched_within)


def _listed(names: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(names))


def tidy_numbers(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of the csv: one for each line, temperature and measure; shares and probe_sd in per cent."""
    last = ["probe_sd", "probe_share"]
    return cells[[name for name in cells if name not in ("line", "cut", *last)] + last]


def measures_of(table: str) -> Mapping[str, str]:
    """The measures that a table prints, with their headings."""
    return MEASURES_RELU if table in RELU_AXIS else MEASURES
