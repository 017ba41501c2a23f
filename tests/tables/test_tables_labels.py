"""Users' words in a table of every family: raw in the csv, and in Markdown and LaTeX as they show them."""

from pathlib import Path

import pandas as pd
import pytest

from made_up_results import write_results
from study_files import PROJECT, tiny
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.readings.view import View
from unpacking_softmax.study.catalogue import TABLES
from unpacking_softmax.study.study import Study
from unpacking_softmax.tables.families import FAMILIES
from unpacking_softmax.tables.printed import md, tex, write

HOSTILE = "QQ 50 % $x^2$ a_b \\frac{1}{2} ^ \\$ { $ | & # < > ~ \\"
OF_FAMILY = {table.family: name for name, table in reversed(TABLES.items())}  # the first of each


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The tiny study; every label and the title is a word of its own and HOSTILE."""
    config = tiny() | {"results": str(tmp_path_factory.mktemp("made-up") / "results")}
    config["title"] = f"Title {HOSTILE}"
    for name, dataset in config["datasets"].items():
        dataset["label"] = f"{name} {HOSTILE}"
    write_results(Study(config))
    return Study(config)


@pytest.mark.parametrize("family", FAMILIES)
def test_users_words_are_in_every_form_of_a_table(study, tmp_path, family):
    table = OF_FAMILY[family]
    view = View.of(Settings(study, PROJECT / "workflow" / "scripts").table(table))
    output = {suffix: str(tmp_path / f"{table}.{suffix}") for suffix in ("csv", "md", "tex")}
    write(FAMILIES[family].make(view, study.files_of(table)), output)
    text = {suffix: Path(path).read_text(encoding="utf-8") for suffix, path in output.items()}
    labels = {"effects": 2, "fine_grained": 2, "detection_table": 2}.get(family, 0)  # data sets
    for form, suffix in ((md, "md"), (tex, "tex")):
        assert form(study.config["title"]) in text[suffix]
        named = [name for name in study.config["datasets"] if form(study.label(name)) in text[suffix]]
        assert len(named) == labels
        assert text[suffix].count(form(HOSTILE)) == text[suffix].count("QQ")  # and nowhere otherwise
    # A row has as many cells as the headings.
    rows = [line for line in text["md"].splitlines() if line.startswith("|")]
    assert len({line.replace("\\\\", "").replace("\\|", "").count("|") for line in rows}) == 1
    if labels:
        csv = pd.read_csv(output["csv"])
        assert set(csv["dataset"]) == {study.label("glyphs10")}
