"""Figures 8 and 17: which runs a panel shows, where they lie, and the correlation it states."""

import numpy as np
import pandas as pd
import pytest

from unpacking_softmax.plots import init_schemes, initial_norms
from unpacking_softmax.plots.init_schemes import scheme_numbers
from views import LABELS, identity, made_up_grid, made_up_view

MATCHED = "match-net@b"


def record(variant, temperature, seed, norm, value=1.0, status="trained", accuracy=0.9):
    return {
        **identity(temperature, seed, made_up_grid(variant=variant)),
        "temperature_value": value,
        "status": status,
        "test_accuracy": accuracy,
        "initial_logits_norm": norm,
    }


@pytest.fixture
def records():
    return pd.DataFrame(
        [
            record("a", "1", 0, 80.0),
            record("a", MATCHED, 0, 80.0, value=40.0, accuracy=0.85),
            record("b", "1", 0, 2.0),
            record("b", "1", 1, 3.0, status="failed_to_train", accuracy=0.1),
        ]
    )


@pytest.fixture
def spectra(records):
    """Three points: the second is the last hidden one, of rank 2 for a and 1 for b."""
    rows = []
    for run in records.itertuples():
        own = identity(run.temperature, run.seed, made_up_grid(variant=run.variant))
        last = [1.0, 0.5 if run.variant == "a" else 0.0, 0.0]
        for index, point, sigma in ((3, "logits", [1.0] * 3), (1, "relu1", [1.0] * 3), (2, "relu2", last)):
            for split, matrix in (("train", "raw"), ("train", "class_centred"), ("test", "raw")):
                kept = sigma if (split, matrix) == ("train", "raw") else [1.0] * 3
                rows.append({**own, "point": point, "index": index, "split": split,
                             "matrix": matrix, "n": 10, "d": 3, "sigma": np.array(kept)})  # fmt: skip
    return pd.DataFrame(rows)


PANELS = [
    {"title": "by scheme", "grids": ["grid-a", "grid-b"], "temperature": 1},
    {"title": "matched", "grids": ["grid-a"], "temperature": MATCHED},
]


def made_up(panels=PANELS, columns=2):
    first = made_up_grid("grid-a", variant="a", temperatures=["1", MATCHED])
    second = made_up_grid("grid-b", variant="b", temperatures=["1"])
    return made_up_view(first, second, binding={"panels": panels, "columns": columns})


def test_a_row_for_each_run_of_a_panel(spectra, records):
    rows = scheme_numbers(spectra, records, made_up())
    shown = rows[["panel", "scheme", "seed", "norm", "rank", "status"]].to_numpy().tolist()
    assert shown == [
        ["by scheme", "a", 0, 80.0, 2, "trained"],
        ["by scheme", "b", 0, 2.0, 1, "trained"],
        ["by scheme", "b", 1, 3.0, 1, "failed_to_train"],
        ["matched", "a", 0, 2.0, 2, "trained"],  # 80 / 40
    ]
    # Only a's matched temperature lies below its grid's baseline: by 5 points.
    assert rows["matched"].tolist() == [True, True, True, False]


def test_a_failed_seed_does_not_make_the_others_unmatched(spectra, records):
    # Seed 1 of b, at 10 %, is copied to a's matched temperature, where seed 0 now has 89.5 %.
    more = records.iloc[[3]].assign(variant="a", temperature=MATCHED)
    records.loc[1, "test_accuracy"] = 0.895
    rows = scheme_numbers(spectra, pd.concat([records, more]), made_up())
    assert rows.loc[rows["panel"] == "matched", "matched"].tolist() == [True]


def test_a_panel_names_its_correlation():
    """Ranks fall as norms rise, but for one pair of neighbours: r = -(1 - 6 x 2 / (4 x 15)) = -0.8."""
    run = {"panel": "by scheme", "scheme": "a", "status": "trained", "matched": True}
    rows = [{**run, "seed": i, "norm": 10.0**i, "rank": r} for i, r in enumerate((9, 8, 5, 6))]
    rows.append({**run, "seed": 4, "norm": 1e6, "rank": 20, "status": "diverged"})  # does not count
    (axis,) = init_schemes.draw(pd.DataFrame(rows), made_up(PANELS[:1])).axes
    assert axis.get_title(loc="left") == "by scheme\nT = 1\nSpearman r = −0.80; n = 4 runs"
    assert axis.get_xlabel().startswith("logits norm")


@pytest.mark.parametrize("columns", [1, 2])
def test_points_say_how_their_runs_went(spectra, records, columns):
    view = made_up(columns=columns)
    figure = init_schemes.draw(scheme_numbers(spectra, records, view), view)
    first, second = figure.axes
    # Plain, plain, failed; accuracy not matched.
    filled = [line.get_markerfacecolor() == line.get_color() for line in first.get_lines()]
    assert [line.get_marker() for line in first.get_lines()] == ["o", "s", "x"]
    assert filled[:2] == [True, True]
    assert second.get_lines()[0].get_markerfacecolor() == "none"
    assert "n = 2 runs" in first.get_title(loc="left")
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["a", "b", "hollow: accuracy not matched", "failed to train (not in r)"]
    assert first.get_xlim() == second.get_xlim()


def test_a_point_for_each_network_in_each_mode():
    rows = [
        {"dataset": dataset, "architecture": architecture, "network": i, "n": 1000, "batch": 125,
         "norm_train_mode": 10.0**i * size, "norm_eval": 1.0}
        for dataset in ("own", "other")
        for architecture, size in (("small", 1), ("large", 5))
        for i in range(3)
    ]  # fmt: skip
    binding = {"datasets": ["own", "other"], "architectures": ["large", "small"]}
    figure = initial_norms.draw(pd.DataFrame(rows), made_up_view(labels=LABELS, binding=binding))
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["Own data", "Other data"]
    axis = figure.axes[0]
    assert axis.get_yscale() == "log"
    assert [text.get_text() for text in axis.get_xticklabels()] == ["large", "small"]
    heights = [strip.get_offsets()[:, 1].tolist() for strip in axis.collections if len(strip.get_offsets())]
    expected = [[5, 50, 500], [1, 1, 1], [1, 10, 100], [1, 1, 1]]
    assert heights == [pytest.approx(values) for values in expected]
    (large, small), (_, _) = (line.get_ydata() for line in axis.get_lines() if len(line.get_xdata()) == 2)
    assert [large, small] == pytest.approx([185, 37])
    assert axis.get_ylabel().startswith("logits norm")
    assert "n = 1,000" in axis.get_ylabel()
    assert "3 networks each, batches of up to 125" in figure.get_suptitle()
