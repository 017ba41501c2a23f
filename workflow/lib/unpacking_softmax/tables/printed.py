"""One way to write a table: csv with raw numbers, Markdown and LaTeX with cells for reading."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from unpacking_softmax.artefacts.files import replacing
from unpacking_softmax.readings.view import View

# Footnote marks of a cell.
UNMATCHED, FEWER = "†", "‡"
MISSING = "–"

_TEX = {
    "\\": r"\textbackslash{}",
    **{c: f"\\{c}" for c in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": r"\textasciigrave{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{c: f"{{{c}}}" for c in "[]*"},  # which mean something after the end of a row
    "κ_N": r"$\kappa_N$",
    "κ_relu": r"$\kappa_\mathrm{relu}$",
    "κ": r"$\kappa$",
    "ε": r"$\varepsilon$",
    "ρ": r"$\rho$",
    "γ": r"$\gamma$",
    "σ": r"$\sigma$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "→": r"$\to$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "×": r"$\times$",
    "−": "$-$",
    "±": r"$\pm$",
    MISSING: "--",
    "₁": "$_1$",
    UNMATCHED: r"$^\dagger$",
    FEWER: r"$^\ddagger$",
}
_TEX_PARTS = re.compile("|".join([*map(re.escape, sorted(_TEX, key=len, reverse=True)), "-(?=-)", "'(?=')"]))
# What Markdown (of GitHub, with tables and formulas) would not show as it stands; an underscore only at the
# edge of a word, an ampersand only where it names a character.
_MD_PARTS = re.compile(r"[\\`*\[\]<>$~|]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")


@dataclass(frozen=True)
class Cell:
    """A number over seeds: mean, sample standard deviation (NaN for one seed), count, footnote marks.

    decimals: as shown. A mean that is not a number is shown as missing: every run of it failed.
    """

    mean: float
    sd: float = math.nan
    n: int = 0
    decimals: int = 0
    marks: str = ""

    def __str__(self) -> str:
        if math.isnan(self.mean):
            return MISSING + self.marks
        shown = f"{self.mean:.{self.decimals}f}"
        if not math.isnan(self.sd):
            shown += f" ± {self.sd:.{self.decimals}f}"
        return shown + self.marks


def cell(values: Iterable[float], scale: float = 1.0, decimals: int = 0, marks: str = "") -> Cell:
    """The cell of one number a seed; NaN (a failed run) is left out of mean, deviation and count."""
    kept = pd.Series(list(values), dtype=float).dropna() * scale
    return Cell(float(kept.mean()), float(kept.std()), len(kept), decimals, marks)


@dataclass(frozen=True)
class Printed:
    """What a family makes: a table with what is printed over and under it, and the numbers of its csv.

    table: one row a line; values are `Cell`s, or plain text and numbers. headings: by column, of those
    that are printed. numbers: a table likewise (see `raw_numbers`).
    """

    table: pd.DataFrame
    headings: Mapping[str, str]
    caption: str
    notes: Sequence[str]
    numbers: pd.DataFrame


def caption_of(view: View, what: str) -> str:
    """`Table 1: what. Title of the study.`"""
    return f"Table {view.name.removeprefix('table')}: {what}. {view.title}."


def mark_notes(cells: Iterable[Cell], within: float) -> list[str]:
    """What the footnote marks of the cells mean; within: the gap of accuracy that is allowed, a fraction."""
    marks, points = "".join(value.marks for value in cells), 100 * within
    notes = []
    if UNMATCHED in marks:
        unit = "point" if points == 1 else "points"
        notes.append(f"{UNMATCHED} Accuracy not matched: more than {points:g} {unit} below the baseline's.")
    if FEWER in marks:
        notes.append(f"{FEWER} Some seeds failed to train and are left out.")
    return notes


def write(printed: Printed, output: Mapping[str, str]) -> None:
    """Write output["csv"], output["md"] and output["tex"], each whole or not at all.

    Markdown and LaTeX have the caption above and the notes below; that cells are mean and standard
    deviation over how many seeds, and what a missing one means, is added to the notes.
    """
    columns, headings = list(printed.headings), list(printed.headings.values())
    cells = [v for name in columns for v in printed.table[name] if isinstance(v, Cell)]
    notes = [*_spread_note(cells), *printed.notes]
    lines = [[_text(value) for value in row] for row in printed.table[columns].to_numpy()]
    with replacing(output["csv"]) as draft:
        raw_numbers(printed.numbers).to_csv(draft, index=False, float_format="%.6g")
    for suffix, form in (("md", _markdown), ("tex", _latex)):
        with replacing(output[suffix]) as draft:
            draft.write_text(form(printed.caption, headings, lines, notes), encoding="utf-8")


def raw_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """The table with each column of cells spread over `<name>_mean`, `_sd`, `_n` and `_flags`.

    A flag is the word for a footnote mark: `accuracy not matched`, `fewer seeds`, `failed`.
    """
    columns: dict[str, list] = {}
    for name in table:
        values = list(table[name])
        if not any(isinstance(v, Cell) for v in values):
            columns[name] = values
            continue
        for part in ("mean", "sd", "n"):
            columns[f"{name}_{part}"] = [getattr(v, part) for v in values]
        columns[f"{name}_flags"] = ["; ".join(_flags(v)) for v in values]
    return pd.DataFrame(columns)


def tex(text: str) -> str:
    """Plain text as LaTeX that shows it as it is, on one line."""
    line = " ".join(text.split())
    # Of two dashes or apostrophes LaTeX would make one character.
    return _TEX_PARTS.sub(lambda found: _TEX.get(found[0], f"{found[0]}{{}}"), line)


def md(text: str) -> str:
    """Plain text as Markdown that shows it as it is, on one line."""
    return _MD_PARTS.sub(r"\\\g<0>", " ".join(text.split()))


def _flags(value: Cell) -> list[str]:
    words = {UNMATCHED: "accuracy not matched", FEWER: "fewer seeds"}
    failed = ["failed"] if math.isnan(value.mean) else []
    return [*failed, *(words[mark] for mark in value.marks)]


def _spread_note(cells: Sequence[Cell]) -> list[str]:
    counts = sorted({c.n for c in cells if c.n})
    if not counts:
        return []
    seeds = "one seed" if counts == [1] else f"{' or '.join(map(str, counts))} seeds"
    spread = "Cells are mean ± sample standard deviation over" if counts[-1] > 1 else "Cells are of"
    missing = f"; {MISSING}: every run failed to train" if any(math.isnan(c.mean) for c in cells) else ""
    return [f"{spread} {seeds}{missing}."]


def _text(value) -> str:
    if isinstance(value, float):
        return MISSING if math.isnan(value) else f"{value:g}"
    return MISSING if value is None else str(value)


def _markdown(
    caption: str, headings: Sequence[str], lines: Sequence[Sequence[str]], notes: Sequence[str]
) -> str:
    def line(parts: Iterable[str]) -> str:
        return "| " + " | ".join(parts) + " |"

    rows = [line(map(md, headings)), line(["---"] * len(headings)), *(line(map(md, row)) for row in lines)]
    return "\n".join([md(caption), "", *rows, "", *(f"- {md(note)}" for note in notes)]) + "\n"


def _latex(
    caption: str, headings: Sequence[str], lines: Sequence[Sequence[str]], notes: Sequence[str]
) -> str:
    def line(parts: Iterable[str]) -> str:
        return " & ".join(map(tex, parts)) + r" \\"

    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{tex(caption)}}}",
            rf"\begin{{tabular}}{{{'l' * len(headings)}}}",
            r"\toprule",
            line(headings),
            r"\midrule",
            *map(line, lines),
            r"\bottomrule",
            r"\end{tabular}",
            *(rf"\par\footnotesize {tex(note)}" for note in notes),
            r"\end{table}",
            "",
        ]
    )
