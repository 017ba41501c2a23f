"""Tables 1, 3 and 6 (baseline beside low logits norm), 7 to 9 (every temperature), 4 and 5 (settings)."""

from collections.abc import Mapping, Sequence

import pandas as pd

from unpacking_softmax.readings.effects import (
    RANKS,
    SHARES,
    TRAINED,
    accuracy_gaps,
    effects,
)
from unpacking_softmax.readings.probes import READ, probe_share
from unpacking_softmax.tables.printed import FEWER, UNMATCHED, caption_of, cell, mark_notes, write

# What is shown of each condition, of all that the csv holds: the kappa of Tables 1, 3, 6 and 9
# counts the logits as a point, that of Tables 7 and 8 does not: two symbols.
SHOWN = {"kappa_n": "κ_N", "rho": "ρ", "sr": "SR", "test_accuracy": "acc."}
SHOWN_RELU = {"kappa_relu": "κ_relu", **{name: head for name, head in SHOWN.items() if name != "kappa_n"}}
RELU_AXIS = {"table7", "table8"}
RULE_TEXT = {
    "torch": "γ = max(n, C) ε σ₁ with the ε of float32",
    "1e-8": "γ = 1e-8 max(n, C) σ₁",
    "1e-8-absolute": "γ = 1e-8 max(n, C)",
    "1e-3": "γ = 1e-3 σ₁",
}
RECIPE_ROWS = {
    "learning_rate": "Learning rate (LR)",
    "momentum": "SGD momentum",
    "weight_decay": "Weight decay",
    "epochs": "Number of epochs",
    "batch": "Mini-batch size",
    "milestones": "LR-decay-milestones",
    "gamma": "LR-decay-gamma",
    "precision": "Precision",
}
PROBE_ROWS = {
    "learning_rate": "Learning rate",
    "weight_decay": "Weight decay",
    "epochs": "Number of epochs",
    "steps": "Number of steps (in place of epochs)",
    "batch": "Mini-batch size",
    "standardise": "Features standardised",
    "seed": "First seed",
    "seeds": "Number of seeds",
}


def condition_cells(frames: Mapping[str, pd.DataFrame], settings: Mapping) -> pd.DataFrame:
    """One row for each line of the table, temperature and measure, with its cell.

    frames: tables by kind (depth, probes, spectra, record) of all runs. Columns: line (its place in
    the binding), grid, dataset, architecture, variant, ood, condition ("baseline", "low", or "T = x"
    for tables of whole grids), temperature, measure, value (a `Cell`; shares in per cent), cut, probe_sd
    (per cent) and probe_share (see `probe_share`; NaN where no probe is read).
    """
    parts = []
    for line, row in enumerate(settings["binding"]["rows"]):
        grid = settings["grids"][row["grid"]]
        runs = effects(*(frames[k] for k in ("depth", "probes", "spectra", "record")), grid, settings)
        gaps = accuracy_gaps(frames["record"], grid, settings["matched_within"])
        for condition, temperature in _conditions(settings["family"], grid).items():
            cells = _cells(runs, row["ood"], temperature, UNMATCHED if temperature in gaps else "")
            identity = {
                "line": line,
                "grid": grid["name"],
                "dataset": grid["labels"][grid["dataset"]],
                "architecture": grid["architecture"],
                "variant": grid["variant"],
                "ood": grid["labels"][row["ood"]],
                "condition": condition,
                "temperature": temperature,
                "cut": runs["cut"].mean(),
            }
            parts += [{**identity, "measure": name, **values} for name, values in cells.items()]
    return pd.DataFrame(parts)


def _conditions(family: str, grid: Mapping) -> dict[str, str]:
    if family == "effects":
        return {"baseline": grid["baseline"], "low": grid["low_norm"]}
    return {f"T = {temperature}": temperature for temperature in grid["temperatures"]}


def _cells(runs: pd.DataFrame, ood: str, temperature: str, marks: str) -> dict:
    rows = runs[(runs["source"] == ood) & (runs["temperature"] == temperature)]
    failed = (rows["status"] != TRAINED).sum()
    if failed and failed < len(rows):
        marks += FEWER
    shares = {name: cell(rows[name], 100.0, marks=marks) for name in SHARES}
    ranks = {name: cell(rows[name], marks=marks) for name in ("sr", *RANKS)}
    found = {name: {"value": value} for name, value in (shares | ranks).items()}
    for name in READ:
        sd, share = probe_share(rows, name)
        found[name] |= {"probe_sd": 100 * sd, "probe_share": share}
    return found


def side_by_side(cells: pd.DataFrame, shown: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table as the paper lays it out, one row a line, and its headings by column.

    shown: the measures and their headings. A grid without a temperature that others have: empty.
    """
    heads = {"dataset": "Data set", "architecture": "Architecture"}
    if cells["variant"].nunique() > 1:
        heads["variant"] = "Variant"
    if "low" in set(cells["condition"]):
        heads["low"] = "Low at"
    lines = []
    for _, rows in cells.groupby("line", sort=False):
        line = rows.iloc[0][["dataset", "architecture", "variant"]].to_dict()
        line["low"] = "T = " + rows["temperature"].iloc[-1]
        for row in rows[rows["measure"].isin(shown)].itertuples():
            line[f"{row.condition} {row.measure}"] = row.value
        lines.append(line)
    for condition in cells["condition"].unique():
        unit = {"sr": ""}
        heads |= {
            f"{condition} {measure}": f"{condition}: {head}{unit.get(measure, ' (%)')}"
            for measure, head in shown.items()
        }
    return pd.DataFrame(lines).reindex(columns=list(heads)).fillna(""), heads


def effect_notes(cells: pd.DataFrame, settings: Mapping) -> list[str]:
    """What a reader must know of the cells: definitions, the cut of SR, the data, the flags."""
    cuts = sorted({f"{value:.2g}" for value in cells["cut"].dropna()})
    reference = {"model": "the network's own", "last-probe": "the last post-ReLU probe's"}
    kappa, other, place = "κ_N", "κ_relu", "place over the post-ReLU layers and the logits"
    if settings["name"] in RELU_AXIS:
        kappa, other, place = other, kappa, "zero-based place over the post-ReLU layers (last = 100 %)"
    notes = [
        f"{kappa}: first layer whose probe reaches {100 * settings['depth_threshold']:g} % of "
        f"{reference[settings['depth_reference']]} test accuracy, as {place}; the csv has {other} too, "
        "and kappa_n_common, on the bar of the baseline's mean accuracy.",
        f"ρ: (best − last post-ReLU layer) / best of the probes' accuracy on {_listed(cells['ood'])}.",
        "SR: numerical rank of the logits of the training split after each sample's mean logit is "
        "subtracted, which no softmax sees (so at most C − 1 of C classes), with "
        f"{RULE_TEXT[settings['rank_rule']]} (γ/σ₁ = {' or '.join(cuts)}); the csv has raw logits and the "
        "other cuts.",
    ]
    return notes + mark_notes(cells["value"], settings["matched_within"])


def _listed(names: Sequence[str]) -> str:
    return " or ".join(dict.fromkeys(names))


def tidy_numbers(cells: pd.DataFrame) -> pd.DataFrame:
    """The rows of the csv: one for each line, temperature and measure; shares and probe_sd in per cent."""
    last = ["probe_sd", "probe_share"]
    return cells[[name for name in cells if name not in ("line", "cut", *last)] + last]


def recipe_table(recipes: Mapping[str, Mapping], names: Sequence[str]) -> pd.DataFrame:
    """Table 4: a row for each hyperparameter, a column for each recipe."""
    columns = {name: _settings_text(recipes[name], RECIPE_ROWS) for name in names}
    return pd.DataFrame({"parameter": list(RECIPE_ROWS.values()), **columns})


def probe_table(probes: Mapping) -> pd.DataFrame:
    """Table 5: a row for each setting of the linear probes; unset ones are left out."""
    values = _settings_text(probes, PROBE_ROWS)
    table = pd.DataFrame({"parameter": list(PROBE_ROWS.values()), "value": values})
    replaced = "Number of epochs" if probes["steps"] else PROBE_ROWS["steps"]
    return table[table["parameter"] != replaced].reset_index(drop=True)


def _settings_text(values: Mapping, rows: Mapping[str, str]) -> list[str]:
    return [_setting_text(values[key]) for key in rows]


def _setting_text(value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def shown_measures(name: str) -> Mapping[str, str]:
    """The measures that a table shows, with their headings."""
    return SHOWN_RELU if name in RELU_AXIS else SHOWN


def write_effects(frames: Mapping[str, pd.DataFrame], settings: Mapping, output: Mapping, what: str) -> None:
    """Compute and write a table of effects; what: the caption's words for its content."""
    cells = condition_cells(frames, settings)
    table, heads = side_by_side(cells, shown_measures(settings["name"]))
    notes, numbers = effect_notes(cells, settings), tidy_numbers(cells)
    write(table, output, notes, caption=caption_of(settings, what), shown=heads, numbers=numbers)


def write_recipes(settings: Mapping, output: Mapping) -> None:
    """Write Table 4 for the recipes that it is bound to."""
    names = settings["binding"]["recipes"]
    heads = {"parameter": "Parameter", **{name: name for name in names}}
    caption = caption_of(settings, "hyperparameters of training")
    notes = ["SGD; the learning rate is multiplied by LR-decay-gamma at the start of each milestone epoch."]
    write(recipe_table(settings["recipes"], names), output, notes, caption=caption, shown=heads)


def write_probe_settings(settings: Mapping, output: Mapping) -> None:
    """Write Table 5."""
    heads = {"parameter": "Parameter", "value": "Value"}
    caption = caption_of(settings, "hyperparameters of the linear probes")
    notes = ["Adam, with the weight decay added to the gradient; the accuracy is that after the last step."]
    write(probe_table(settings["probes"]), output, notes, caption=caption, shown=heads)
