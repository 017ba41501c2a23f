"""Tables 1, 3, 6-9 on made-up runs: what each cell says, flags, failed runs, layout."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from unpacking_softmax.study.catalogue import TABLES
from unpacking_softmax.tables.effect_cells import (
    condition_cells,
    effect_notes,
    measures_of,
    one_row_a_line,
    table_of_effects,
)
from unpacking_softmax.tables.printed import write
from views import identity, made_up_grid, made_up_view

SEEDS = (0, 1)
GRIDS = {
    "a": made_up_grid("a", architecture="a", temperatures=["1", "10"], low_norm="10"),
    "b": made_up_grid("b", architecture="b", temperatures=["1", "50"], low_norm="50"),
}


def frames(kappa, accuracy=None, failed=()):
    """kappa, accuracy: by (grid, temperature). failed: runs (grid, temperature, seed)."""
    tables = {"depth": [], "probes": [], "spectra": [], "record": []}
    for (name, temperature), value in kappa.items():
        for seed in SEEDS:
            run = identity(temperature, seed, GRIDS[name])
            shares = {"kappa_n": value + seed / 10, "kappa_relu": 0.25, "rho": 0.5, "rho_logits": 0.1}
            tables["depth"].append({**run, "source": "other", **shares})
            status = "failed_to_train" if (name, temperature, seed) in failed else "trained"
            own = (accuracy or {}).get((name, temperature), 0.8)
            tables["record"].append({**run, "status": status, "test_accuracy": own})
            for i, a in enumerate((0.8, 0.8, 0.8), start=1):
                tables["probes"].append({**run, "source": "own", "index": i, "accuracy": a})
            for matrix, k in (("raw", 4), ("class_centred", 3)):
                sigma = np.r_[np.ones(k), np.zeros(5 - k)]
                point = {"point": "logits", "split": "train", "matrix": matrix, "n": 100, "d": 5}
                tables["spectra"].append({**run, **point, "sigma": sigma})
    return {kind: pd.DataFrame(rows) for kind, rows in tables.items()}


ROW = {"grid": "a", "ood": "other"}
KAPPA = {("a", "1"): 0.9, ("a", "10"): 0.4}


def cells_of(given, rows=(ROW,), name="table1"):
    family = TABLES[name].family
    view = made_up_view(*GRIDS.values(), name=name, family=family, binding={"rows": list(rows)})
    cells = condition_cells(given, view)
    return cells.set_index(["condition", "measure"])["value"], cells, view


def test_cells_of_baseline_and_low():
    values, _, _ = cells_of(frames(KAPPA))
    # kappa of two seeds: 0.9 and 1.0; sample deviation 0.1 / sqrt(2).
    assert str(values["baseline", "kappa_n"]) == "95 ± 7"
    assert values["low", "kappa_n"].mean == pytest.approx(45)
    assert str(values["low", "rho"]) == "50 ± 0"
    assert values["low", "sr"].mean == 3
    assert values["low", "sr_raw_torch"].mean == 4
    assert str(values["low", "test_accuracy"]) == "80 ± 0"


def test_unmatched_accuracy_is_flagged_in_every_cell_of_the_condition():
    values, cells, view = cells_of(frames(KAPPA, accuracy={("a", "10"): 0.7}))
    assert str(values["low", "sr"]) == "3 ± 0†"
    assert str(values["baseline", "sr"]) == "3 ± 0"
    assert any("Accuracy not matched: more than 1 point below" in note for note in effect_notes(cells, view))


def test_failed_runs():
    one, cells, view = cells_of(frames(KAPPA, failed=[("a", "10", 1)]))
    assert str(one["low", "kappa_n"]) == "40‡"
    assert any(note.startswith("‡") for note in effect_notes(cells, view))
    both, _, _ = cells_of(frames(KAPPA, failed=[("a", "10", 0), ("a", "10", 1)]))
    assert str(both["low", "kappa_n"]) == str(both["low", "sr"]) == "–"
    assert str(both["baseline", "kappa_n"]) == "95 ± 7"


def test_layout_of_effects():
    _, cells, _ = cells_of(frames(KAPPA))
    table, headings = one_row_a_line(cells, measures_of("table1"))
    assert len(table) == 1
    assert list(headings.values())[:6] == [
        "Data set",
        "Architecture",
        "Low at",
        "baseline: κ_N (%)",
        "baseline: ρ (%)",
        "baseline: SR",
    ]
    assert table.iloc[0]["low"] == "T = 10"
    assert str(table.iloc[0]["low kappa_n"]) == "45 ± 7"


def test_layout_of_grids_with_different_temperatures():
    kappa = {**KAPPA, ("b", "1"): 0.8, ("b", "50"): 0.3}
    rows = [{"grid": name, "ood": "other"} for name in "ab"]
    _, cells, view = cells_of(frames(kappa), rows, "table7")
    assert effect_notes(cells, view)[0].startswith("κ_relu: first layer")
    table, headings = one_row_a_line(cells, measures_of("table7"))
    assert table["architecture"].tolist() == ["a", "b"]
    # Table 7 counts post-ReLU layers only.
    assert headings["T = 10 kappa_relu"] == "T = 10: κ_relu (%)"
    assert [str(v) for v in table["T = 10 kappa_relu"]] == ["25 ± 0", ""]
    assert [str(v) for v in table["T = 50 kappa_relu"]] == ["", "25 ± 0"]


def test_notes_say_how_sr_is_read():
    _, cells, view = cells_of(frames(KAPPA))
    note = next(note for note in effect_notes(cells, view) if note.startswith("SR"))
    # n = 100 samples: the relative cut is 100 x 1.1920929e-7.
    assert "mean logit is subtracted" in note
    assert "γ/σ₁ = 1.2e-05" in note


def test_files(tmp_path):
    output = {suffix: str(tmp_path / f"t.{suffix}") for suffix in ("csv", "md", "tex")}
    view = made_up_view(*GRIDS.values(), name="table1", family="effects", binding={"rows": [ROW]})
    write(table_of_effects(view, frames(KAPPA), "what"), output)
    numbers = pd.read_csv(output["csv"]).set_index(["condition", "measure"])
    assert numbers.loc[("low", "kappa_n"), "value_mean"] == 45
    assert numbers.loc[("low", "kappa_relu"), "value_n"] == 2
    assert set(numbers["ood"]) == {"Other data"}
    assert numbers["probe_sd"].isna().all()
    text = Path(output["md"]).read_text(encoding="utf-8")
    assert text.startswith("Table 1: what. Study.")
    assert "| Own data | a | T = 10 | 95 ± 7 |" in text


def test_the_csv_says_what_the_probes_make_of_the_spread(tmp_path):
    """rho of two probes in each of two runs: 0 and 0.2, 0.4 and 0.6: variance 0.02 within; of that of
    the means, 0.08, the probes make 0.01."""
    given = frames(KAPPA)
    given["probes"] = pd.DataFrame(
        [
            {**identity("10", seed, GRIDS["a"]), "source": source, "index": index, "probe_seed": probe,
             "model_accuracy": 1.0, "accuracy": {1: 1.0, 2: 1.0 - (0.4 * seed + 0.2 * probe), 3: 1.0}[index]}
            for seed in SEEDS
            for probe in (0, 1)
            for source in ("own", "other")
            for index in (1, 2, 3)
        ]
    )  # fmt: skip
    output = {suffix: str(tmp_path / f"t.{suffix}") for suffix in ("csv", "md", "tex")}
    view = made_up_view(*GRIDS.values(), name="table1", family="effects", binding={"rows": [ROW]})
    write(table_of_effects(view, given, "what"), output)
    numbers = pd.read_csv(output["csv"]).set_index(["condition", "measure"])
    assert list(numbers)[-2:] == ["probe_sd", "probe_share"]
    assert numbers.loc[("low", "rho"), "probe_sd"] == pytest.approx(100 * 0.02**0.5, rel=1e-5)
    assert numbers.loc[("low", "rho"), "probe_share"] == pytest.approx(0.02 / 0.09, rel=1e-5)
    assert numbers.loc[("low", "kappa_n"), "probe_sd"] == 0
    # Neither for what no probe is read for, nor for runs that were not probed.
    assert numbers.loc[[("low", "sr"), ("baseline", "rho")], "probe_sd"].isna().all()
