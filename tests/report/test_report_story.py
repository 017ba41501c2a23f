"""The story: nothing of a study is left out of it, and what stands there is what the files say."""

import json
import re
from html import unescape

import pandas as pd
import pytest

from unpacking_softmax.report.chapters import CHAPTERS, chapters
from unpacking_softmax.report.markup import interval, printed_table, table
from unpacking_softmax.report.story import story_page
from unpacking_softmax.study.catalogue import FIGURES, TABLES
from unpacking_softmax.tables.printed import Cell, Printed, write
from unpacking_softmax.verdict.claims import CLAIMS

HOSTILE = """</script><script>alert("1")</script> 'x' $y$ |z| & <b>"""
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def page(tmp_path):
    """The story of a made-up study with two claims, Figure 1 and Table 1."""
    finding = {"runs": HOSTILE, "statistic": "SR < 0", "outcome": "in favour", "reason": "", "n": 3}
    numbers = {"estimate": -14.3333, "low": -18.1279, "high": -10.5388, "null": 0.0}
    nothing = dict.fromkeys(("estimate", "low", "high", "null"))
    head = {"section": "2.1, Table 1", "reason": "1 in favour"}
    claims = [
        {**head, "id": "sr-falls", "statement": "SR falls.", "outcome": "supported in part",
         "findings": [{**finding, **numbers}, {**finding, **nothing, "outcome": "open", "reason": "none"}]},
        {**head, "id": "new-claim", "statement": HOSTILE, "outcome": "not decidable", "findings": []},
    ]  # fmt: skip
    for folder in ("verdict", "figures", "tables"):
        (tmp_path / folder).mkdir()
    claims_file, paper_file = (tmp_path / "verdict" / name for name in ("claims.json", "paper_vs_ours.csv"))
    claims_file.write_text(json.dumps({"claims": claims}), encoding="utf-8")
    printed = {"table": "Table 1", "dataset": "CIFAR-10", "architecture": "mlp", "condition": "low"}
    theirs = {"measure": "sr", "paper": 9.0, "paper_elsewhere": "", "data": "stand-in"}
    ours = {"our_data": HOSTILE, "our_architecture": "net", "our_temperature": "10"}
    row = {**printed, **theirs, **ours, "mean": 8.5, "sd": 0.5, "n": 2, "note": "accuracy differs"}
    no_run = {**row, "dataset": "ImageNet-1k", "data": "no run", "mean": None, "sd": None}
    pd.DataFrame([row, no_run]).to_csv(paper_file, index=False)
    picture = tmp_path / "figures" / "fig1.png"
    picture.write_bytes(PNG)
    cells = pd.DataFrame([{"data": HOSTILE, "sr": Cell(8.5, 0.5, 2, decimals=1)}])
    printed = Printed(cells, {"data": "Data set", "sr": "SR"}, "Table 1: effects.", [], cells)
    write(printed, {suffix: tmp_path / "tables" / f"table1.{suffix}" for suffix in ("csv", "md", "tex")})
    files = {"claims": claims_file, "paper": paper_file, "pictures": [picture]}
    grids = {"g": {"dataset": "own", "labels": {"own": HOSTILE}}}
    settings = {"title": HOSTILE, "grids": grids, "papers_data": {}}
    return story_page({**files, "tables": [tmp_path / "tables" / "table1.md"]}, settings)


def rows_of(page):
    """The cells of every row of every table, as text."""
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]
    return [[unescape(re.sub(r"<.*?>", "", cell)) for cell in row] for row in cells]


def test_a_claim_has_its_verdict_and_interval(page):
    assert '<b class="badge good">supported in part</b> 1 in favour.' in page
    assert [HOSTILE, "SR < 0", "−14.3", "[−18.1, −10.5]", "", "3", "in favour"] in rows_of(page)
    assert [HOSTILE, "SR < 0", "–", "–", "", "3", "open: none"] in rows_of(page)
    assert "2 claims of the paper on this study&#x27;s runs: 1 supported in part, 1 not decidable." in page


def test_figures_and_tables_stand_with_their_claims(page):
    order = [page.index(f'id="{name}"') for name in ("sr-falls", "fig1", "table1", "new-claim")]
    assert order == sorted(order)
    assert '<img src="data:image/png;base64,iVBORw0KGgo="' in page
    assert [HOSTILE, "8.5 ± 0.5"] in rows_of(page)
    assert 'href="../figures/fig1.pdf"' in page
    assert 'href="../tables/table1.csv"' in page


def test_the_paper_stands_beside_ours(page):
    ours = f"stand-in: net, {HOSTILE}, T = 10"
    assert ["mlp", "CIFAR-10", "low", "sr", "9", "8.5 ± 0.5", ours, "accuracy differs"] in rows_of(page)
    assert "ImageNet-1k" not in page


def test_words_of_users_are_no_markup(page):
    assert "<script" not in page
    assert "<b>" not in page.replace("<b>Figure 1</b>", "").replace("<b>Table 1</b>", "")
    assert {link for link in re.findall(r'href="(.*?)"', page) if ":" in link} == set()
    assert page.count('href="explorer.html"') == page.count('href="report.html"') == 1


def test_a_printed_table_comes_back_as_it_was_written():
    markdown = (
        "Table 2: \\_a\\_\n\n| A | B\\|C |\n| --- | --- |\n| x |  |\n| 1 \\| 2 | \\<b\\> |\n\n- note \\*\n"
    )
    rows = rows_of(printed_table(markdown))
    assert rows == [["A", "B|C"], ["x", ""], ["1 | 2", "<b>"]]
    assert "note *</li>" in printed_table(markdown)


def test_the_picture_of_an_interval():
    """From 0 to 4 over 108 pixels that begin at 6: 27 pixels a unit."""
    drawn = interval({"estimate": 2.0, "low": 1.0, "high": 4.0, "null": 0.0})
    assert '<path class="null" d="M6.0 0V16"/>' in drawn
    assert '<path class="span" d="M33.0 8H114.0"/>' in drawn
    assert '<circle cx="60.0" cy="8" r="3.5"/>' in drawn
    assert "path" not in interval({"estimate": 2.0, "low": None, "high": None, "null": None})
    assert interval({"estimate": None, "low": None, "high": None, "null": 0.0}) == ""


def test_a_table_of_no_rows():
    assert rows_of(table(["A"], [])) == [["A"]]


def test_every_claim_figure_and_table_has_a_place_and_one_only():
    known = [name for chapter in CHAPTERS for name in (*chapter.claims, *chapter.shown)]
    assert len(known) == len(set(known))
    assert set(known) <= {*(claim.id for claim in CLAIMS), *FIGURES, *TABLES}
    assert {*FIGURES, *TABLES} <= set(known)


def test_what_no_chapter_names_comes_last():
    first, last = chapters(["sr-falls", "new"], ["fig1", "another"])
    assert (first.claims, first.shown) == (("sr-falls",), ("fig1",))
    assert (last.claims, last.shown) == (("new",), ("another",))
