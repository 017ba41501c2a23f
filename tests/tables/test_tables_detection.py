"""Table 2 on made-up runs: its cells, a failed run, its files."""

import pandas as pd
import pytest

from made_up_detection import made_up_detection, made_up_records
from unpacking_softmax.tables.detection_table import detection_cells, one_row_a_line, table_of_cells
from unpacking_softmax.tables.printed import write
from views import made_up_grid, made_up_view


def table2(low):
    rows = [{"grid": "main", "detection": "third"}]
    grid = made_up_grid(temperatures=["1", "10", "100"], low_norm=low)
    return made_up_view(grid, name="table2", title="Test", binding={"rows": rows})


@pytest.fixture
def records():
    return made_up_records()


@pytest.fixture
def detection():
    return made_up_detection()


def test_table_cells(detection, records):
    cells = detection_cells(detection, records, table2("10"))
    assert set(cells["condition"]) == {"baseline", "low"}
    table, headings = one_row_a_line(cells)
    (line,) = table.to_dict("records")
    shown = {headings[name]: str(value) for name, value in line.items()}
    assert shown == {
        "ID": "Own data",
        "OOD": "Third data",
        "Network": "net",
        "Low at": "T = 10",
        "baseline: AUROC ↑ (%)": "65.0 ± 7.1",
        "baseline: FPR95 ↓ (%)": "35.0 ± 7.1",
        "low: AUROC ↑ (%)": "85.0 ± 7.1†",
        "low: FPR95 ↓ (%)": "15.0 ± 7.1†",
    }


def test_table_of_a_failed_run(detection, records):
    (line,) = one_row_a_line(detection_cells(detection, records, table2("100")))[0].to_dict("records")
    assert str(line["low auroc"]) == "–"
    half = records.assign(status=["trained", "failed_to_train"] * 3)
    cells = detection_cells(detection, half, table2("10"))
    (line,) = one_row_a_line(cells)[0].to_dict("records")
    assert str(line["baseline auroc"]) == "60.0‡"


def test_table_files(detection, records, tmp_path):
    output = {suffix: str(tmp_path / f"table2.{suffix}") for suffix in ("csv", "md", "tex")}
    view = table2("10")
    write(table_of_cells(detection_cells(detection, records, view), view), output)
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
