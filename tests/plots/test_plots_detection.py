"""Numbers and drawings of the trade-off, of NECO's dimensions, and Table 2, from made-up tables."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from probe_seeds import tried_twice
from unpacking_softmax.plots import style
from unpacking_softmax.plots.detection import (
    correlations,
    dimension_numbers,
    draw_dimensions,
    draw_trade_off,
    spearman,
    trade_off_numbers,
)
from unpacking_softmax.tables.detection import compact, detection_cells, write_detection

TEMPERATURES = ["1", "10", "100"]
GRID = {
    "name": "main",
    "dataset": "glyphs",
    "architecture": "net",
    "variant": "base",
    "temperatures": TEMPERATURES,
    "low_norm": "10",
    "seeds": [0, 1],
    "baseline": "1",
    "detection": ["digits"],
    "labels": {"glyphs": "glyphs (synthetic)", "svhn": "SVHN", "digits": "Digits"},
}
SETTINGS = {
    "binding": {"grids": ["main"], "ood": "svhn", "detection": "digits"},
    "grids": {"main": GRID},
    "matched_within": 0.01,
    "name": "table2",
    "title": "Test",
}
TABLE = {**SETTINGS, "binding": {"rows": [{"grid": "main", "detection": "digits"}]}}
# NECO's AUROC of (temperature, seed); T = 100 fails to train, T = 10 is not matched.
AUROC = {("1", 0): 0.6, ("1", 1): 0.7, ("10", 0): 0.8, ("10", 1): 0.9, ("100", 0): 0.5, ("100", 1): 0.4}


@pytest.fixture(autouse=True)
def look():
    style.apply()
    yield
    plt.close("all")


def identity(temperature, seed):
    names = {"dataset": "glyphs", "architecture": "net", "variant": "base"}
    return {**names, "temperature": temperature, "seed": seed}


@pytest.fixture
def records():
    return pd.DataFrame(
        {
            **identity(t, seed),
            "temperature_value": float(t),
            "status": "failed_to_train" if t == "100" else "trained",
            "test_accuracy": {"1": 0.9, "10": 0.88, "100": 0.1}[t],
        }
        for t, seed in AUROC
    )


@pytest.fixture
def probes():
    """Accuracy on SVHN: 1 - AUROC at the last hidden layer; elsewhere, and of other data, another."""
    rows = []
    for (t, seed), auroc in AUROC.items():
        for source in ("svhn", "glyphs"):
            for index, point in enumerate(("a", "b", "logits"), start=1):
                right = source == "svhn" and point == "b"
                accuracy = 1 - auroc if right else 0.01 * index
                rows.append({**identity(t, seed), "source": source, "point": point, "index": index})
                rows[-1]["accuracy"] = accuracy
    return pd.DataFrame(rows)


@pytest.fixture
def detection():
    rows = []
    for (t, seed), auroc in AUROC.items():
        for source, shift in (("digits", 0.0), ("svhn", -0.3)):
            for score, dimension, value in (
                ("neco", 4, auroc),
                ("neco_variance", 2 + seed, auroc - 0.05),
                ("neco_sweep", 2, auroc - 0.1),
                ("neco_sweep", 4, auroc),
                ("msp", np.nan, auroc - 0.2),
            ):
                numbers = {"auroc": value + shift, "fpr95": 1 - value, "fpr95_openood": 0.5}
                row = {"source": source, "score": score, "dimension": dimension}
                rows.append({**identity(t, seed), **row, **numbers})
    return pd.DataFrame(rows)


def test_spearman_is_scipys_and_its_interval_holds_it():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 12, 40).astype(float)  # with ties
    y = x + 6 * rng.standard_normal(40)
    r, low, high = spearman(x, y)
    assert r == pytest.approx(spearmanr(x, y).statistic)
    # Fisher's z with the variance 1.06 / (n - 3) of Fieller et al. (1957).
    expected = np.tanh(np.arctanh(r) + np.array([-1.96, 1.96]) * np.sqrt(1.06 / 37))
    np.testing.assert_allclose([low, high], expected, atol=0.07)


def test_spearman_of_monotone_constant_and_few_points():
    x = np.arange(6.0)
    assert spearman(x, x**3) == pytest.approx((1, 1, 1))
    assert spearman(x, -np.exp(x)) == pytest.approx((-1, -1, -1))
    assert np.isnan(spearman(x, np.ones(6))).all()
    assert np.isnan(spearman(x[:2], x[:2])).all()


def test_trade_off_pairs_the_right_numbers(probes, detection, records):
    """A point a run, at the mean of its probe seeds."""
    numbers = trade_off_numbers(tried_twice(probes), detection, records, SETTINGS)
    assert len(numbers) == 6
    found = numbers.set_index(["temperature", "seed"])
    for run, auroc in AUROC.items():
        assert found.loc[run, "auroc"] == pytest.approx(auroc)
        assert found.loc[run, "fpr95"] == pytest.approx(1 - auroc)
        assert found.loc[run, "ood_accuracy"] == pytest.approx(1 - auroc)
    assert found["matched"].to_dict() == {run: run[0] != "10" for run in AUROC}


def test_correlations_leave_failed_runs_out(probes, detection, records):
    numbers = trade_off_numbers(probes, detection, records, SETTINGS)
    found = correlations(numbers).set_index(["metric", "runs"])
    assert found.loc[("auroc", "all"), "n"] == 4
    assert found.loc[("auroc", "matched"), "n"] == 2
    assert found.loc[("auroc", "all"), "spearman"] == pytest.approx(-1)
    assert found.loc[("fpr95", "all"), "spearman"] == pytest.approx(1)
    assert np.isnan(found.loc[("auroc", "matched"), "spearman"])


def test_trade_off_says_what_it_shows(probes, detection, records):
    numbers = trade_off_numbers(probes, detection, records, SETTINGS)
    figure = draw_trade_off(numbers, correlations(numbers), SETTINGS)
    title = figure.axes[0].get_title("left")
    assert title == "Spearman r = −1.00 [−1.00, −1.00], n = 4\naccuracy matched: r = not defined, n = 2"
    lines = figure.axes[0].get_lines()
    assert sorted(line.get_marker() for line in lines) == ["o"] * 4 + ["x"] * 2
    hollow = [line.get_xdata()[0] for line in lines if line.get_markerfacecolor() == "none"]
    assert sorted(hollow) == pytest.approx([10, 20])
    assert "probed on SVHN, detecting Digits" in figure.get_suptitle()
    keys = [text.get_text() for text in figure.legends[0].get_texts()]
    assert keys == [
        "net on glyphs (synthetic)",
        "accuracy not matched",
        "failed to train (in no correlation)",
    ]


def test_dimension_numbers(detection, records):
    numbers = dimension_numbers(detection, records, SETTINGS)
    assert set(numbers["temperature"]) == {"1", "10"}
    rows = numbers[numbers["temperature"] == "1"].set_index(["score", "dimension"])["auroc_mean"]
    assert rows.drop(("msp", np.nan)).to_dict() == pytest.approx(
        {("neco", 4): 0.65, ("neco_variance", 2.5): 0.6, ("neco_sweep", 2): 0.55, ("neco_sweep", 4): 0.65}
    )
    assert rows[("msp", np.nan)] == pytest.approx(0.45)


def test_dimensions_are_drawn_with_other_scores_beside(detection, records):
    figure = draw_dimensions(dimension_numbers(detection, records, SETTINGS), records, SETTINGS)
    sweep, marks = figure.axes
    drawn = {line.get_label(): line.get_xydata().tolist() for line in sweep.get_lines()}
    assert drawn["T = 1"] == [pytest.approx([2, 55]), pytest.approx([4, 65])]
    assert drawn["T = 100 (failed to train)"] == []
    assert [label.get_text() for label in marks.get_xticklabels()] == [
        "MSP",
        "MaxLogit",
        "Energy",
        "KNN",
        "ViM",
    ]
    first = next(line for line in marks.get_lines() if line.get_marker() == "_")
    assert first.get_ydata()[0] == pytest.approx(45)


def test_table_cells(detection, records):
    cells = detection_cells(detection, records, TABLE)
    assert set(cells["condition"]) == {"baseline", "low"}
    table, heads = compact(cells)
    (line,) = table.to_dict("records")
    shown = {heads[name]: str(value) for name, value in line.items()}
    assert shown == {
        "ID": "glyphs (synthetic)",
        "OOD": "Digits",
        "Network": "net",
        "Low at": "T = 10",
        "baseline: AUROC ↑ (%)": "65.0 ± 7.1",
        "baseline: FPR95 ↓ (%)": "35.0 ± 7.1",
        "low: AUROC ↑ (%)": "85.0 ± 7.1†",
        "low: FPR95 ↓ (%)": "15.0 ± 7.1†",
    }


def test_table_of_a_failed_run(detection, records):
    failing = {**TABLE, "grids": {"main": {**GRID, "low_norm": "100"}}}
    (line,) = compact(detection_cells(detection, records, failing))[0].to_dict("records")
    assert str(line["low auroc"]) == "–"
    half = records.assign(status=["trained", "failed_to_train"] * 3)
    cells = detection_cells(detection, half, TABLE)
    (line,) = compact(cells)[0].to_dict("records")
    assert str(line["baseline auroc"]) == "60.0‡"


def test_table_files(detection, records, tmp_path):
    output = {suffix: str(tmp_path / f"table2.{suffix}") for suffix in ("csv", "md", "tex")}
    write_detection(detection, records, TABLE, output)
    csv = pd.read_csv(output["csv"])
    assert set(csv["score"]) == {"neco", "neco_variance", "neco_sweep", "msp"}
    row = csv[(csv["score"] == "neco_sweep") & (csv["dimension"] == 2) & (csv["temperature"] == 10)]
    numbers = row.set_index("metric")["value_mean"].to_dict()
    assert numbers == pytest.approx({"auroc": 75, "fpr95": 25, "fpr95_openood": 50})
    text = (tmp_path / "table2.md").read_text(encoding="utf-8")
    title = "Table 2: detection of out-of-distribution data, baseline and low logits norm. Test.\n"
    assert text.startswith(title)
    assert "NECO with 4 principal components" in text
    assert "† Accuracy not matched" in text
