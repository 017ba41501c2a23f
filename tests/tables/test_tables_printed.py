"""Tables on disk: raw numbers in csv, formatted cells in Markdown and LaTeX."""

import math
from pathlib import Path

import pandas as pd
import pytest

from unpacking_softmax.tables.printed import FEWER, UNMATCHED, Cell, Printed, cell, mark_notes, md, tex, write

NAN = float("nan")


@pytest.fixture
def output(tmp_path):
    return {suffix: str(tmp_path / f"table1.{suffix}") for suffix in ("csv", "md", "tex")}


def write_small(output):
    table = pd.DataFrame(
        {
            "data": ["A & B", "C_1"],
            "kappa": [cell([0.5, 0.6, 0.7], 100), cell([NAN, NAN, NAN])],
            "hidden": [cell([1, 2]), cell([3, 3], marks=UNMATCHED)],
        }
    )
    headings = {"data": "Data", "kappa": "κ (%)"}
    write(Printed(table, headings, "Table 1: x.", ["a note of 5 %"], numbers=table), output)
    return {suffix: open(path, encoding="utf-8").read() for suffix, path in output.items()}


def test_cell_is_mean_sample_deviation_and_count_over_seeds():
    # Worked by hand: mean of 50, 60, 70 is 60; sample variance (100 + 0 + 100) / 2 = 100.
    value = cell([0.5, 0.6, 0.7], scale=100)
    assert (value.mean, value.sd, value.n) == pytest.approx((60, 10, 3))
    assert str(value) == "60 ± 10"


def test_failed_seeds_are_left_out_and_one_seed_has_no_deviation():
    value = cell([NAN, 4.0], marks=FEWER)
    assert value.n == 1
    assert math.isnan(value.sd)
    assert str(value) == "4‡"
    assert str(cell([NAN, NAN])) == "–"


def test_decimals():
    assert str(Cell(63.664, 0.126, 3, decimals=2)) == "63.66 ± 0.13"


def test_csv_has_raw_numbers_of_every_column(output):
    write_small(output)
    table = pd.read_csv(output["csv"])
    assert list(table) == [
        "data",
        *(f"{name}_{part}" for name in ("kappa", "hidden") for part in ("mean", "sd", "n", "flags")),
    ]
    assert table["kappa_mean"].tolist()[0] == 60
    assert math.isnan(table["kappa_mean"][1])
    assert table["kappa_flags"][1] == "failed"
    assert table["hidden_flags"][1] == "accuracy not matched"
    assert table["kappa_n"].tolist() == [3, 0]


def test_markdown_has_caption_shown_columns_and_notes(output):
    lines = write_small(output)["md"].splitlines()
    assert lines[0] == "Table 1: x."
    assert lines[2:6] == ["| Data | κ (%) |", "| --- | --- |", "| A & B | 60 ± 10 |", "| C_1 | – |"]
    assert lines[7:] == [
        "- Cells are mean ± sample standard deviation over 3 seeds; –: every run failed to train.",
        "- a note of 5 %",
    ]


def test_latex_is_escaped(output):
    text = write_small(output)["tex"]
    assert r"A \& B & 60 $\pm$ 10 \\" in text
    assert r"C\_1 & -- \\" in text
    assert r"a note of 5 \%" in text
    assert text.count(r"\begin{tabular}{ll}") == 1


def test_tex_of_every_symbol_in_use_is_ascii():
    assert tex("κ_N κ_relu κ ρ γ σ₁ ε ± – − † ‡ ≥ ≤ → ↑ ↓ × 100 % a_b").isascii()


# What a user may call a data set, as LaTeX and as Markdown show it.
WORDS = {
    "50 % of $x^2$": (r"50 \% of \$x\textasciicircum{}2\$", r"50 % of \$x^2\$"),
    r"\frac{1}": (r"\textbackslash{}frac\{1\}", r"\\frac{1}"),
    "a_b & _c_": (r"a\_b \& \_c\_", r"a_b & \_c\_"),
    "[x] <i> *y*": (r"{[}x{]} \textless{}i\textgreater{} {*}y{*}", r"\[x\] \<i\> \*y\*"),
    "a | b ~ `c`": (
        r"a \textbar{} b \textasciitilde{} \textasciigrave{}c\textasciigrave{}",
        r"a \| b \~ \`c\`",
    ),
    "&amp; --- ''": (r"\&amp; -{}-{}- '{}'", r"\&amp; --- ''"),
    "two\nlines": ("two lines", "two lines"),
    "plain-words 3.5 (x), y/z": ("plain-words 3.5 (x), y/z",) * 2,
}


@pytest.mark.parametrize("words", WORDS)
def test_users_words_in_latex_and_markdown(words):
    assert (tex(words), md(words)) == WORDS[words]


def test_users_words_are_text_wherever_they_stand(output):
    """In the caption, the headings, the cells and the notes; a cell's bar does not end it."""
    table = pd.DataFrame({"data": ["[a] | $b"]})
    words = "5 % $ \\"
    write(Printed(table, {"data": words}, words, [words], table), output)
    text = {suffix: Path(path).read_text(encoding="utf-8") for suffix, path in output.items()}
    assert text["md"].splitlines()[::2] == [
        r"5 % \$ \\",
        r"| 5 % \$ \\ |",
        r"| \[a\] \| \$b |",
        r"- 5 % \$ \\",
    ]
    latex = r"5 \% \$ \textbackslash{}"
    for line in (
        rf"\caption{{{latex}}}",
        rf"{latex} \\",
        r"{[}a{]} \textbar{} \$b \\",
        rf"\par\footnotesize {latex}",
    ):
        assert line in text["tex"].splitlines()
    assert pd.read_csv(output["csv"])["data"].tolist() == ["[a] | $b"]


def test_a_symbol_and_its_index_are_one():
    assert tex("κ_N κ_relu κ a_N") == r"$\kappa_N$ $\kappa_\mathrm{relu}$ $\kappa$ a\_N"
    assert md("κ_N κ_relu") == "κ_N κ_relu"


def test_marks_are_explained_where_they_stand():
    cells = [cell([1.0]), cell([1.0], marks=UNMATCHED)]
    assert mark_notes(cells[:1], 0.01) == []
    (note,) = mark_notes(cells, 0.01)
    assert note == "† Accuracy not matched: more than 1 point below the baseline's."
    assert "more than 0.5 points below" in mark_notes(cells, 0.005)[0]
    assert mark_notes([cell([1.0], marks=FEWER)], 0.01) == ["‡ Some seeds failed to train and are left out."]


def test_writing_fails_whole(output, monkeypatch):
    monkeypatch.setattr("unpacking_softmax.tables.printed.raw_numbers", lambda table: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_small(output)
    assert not any(Path(path).exists() for path in output.values())
