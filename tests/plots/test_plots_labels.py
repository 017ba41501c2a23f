"""Users' words are drawn as they were written, whatever they hold, in a figure of every family."""

import io
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from made_up_results import write_results
from study_files import PROJECT, tiny
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.plots.families import FAMILIES
from unpacking_softmax.plots.words import heading, literal
from unpacking_softmax.readings.view import View
from unpacking_softmax.study.catalogue import FIGURES
from unpacking_softmax.study.study import Study

# What matplotlib would take for formulas, sub- and superscripts, escapes; an escape is its end.
HOSTILE = "50 % $x^2$ a_b \\frac{1}{2} ^ \\$ { $ & # < > ~ \\"
OF_FAMILY = {figure.family: name for name, figure in reversed(FIGURES.items())}  # the first of each


def study_with(more: str, results: str) -> tuple[Study, list[str]]:
    """The tiny study; every label and title is a word of its own and `more`. Returns these words, too."""
    config = tiny() | {"results": results, "title": f"TITLE{more}"}
    words = ["TITLE"]
    for i, dataset in enumerate(config["datasets"].values()):
        words.append(f"DATA{i}")
        dataset["label"] = words[-1] + more
    for i, panel in enumerate(config["figures"]["fig17"]["panels"]):
        words.append(f"PANEL{i}")
        panel["title"] = words[-1] + more
    return Study(config), words


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("made-up") / "results")
    write_results(study_with("", folder)[0])
    return folder


def drawn_text(study: Study, figure: str) -> str:
    """Everything that is written in a figure, without blanks: the characters that are drawn."""
    view = View.of(Settings(study, PROJECT / "workflow" / "scripts").figure(figure))
    drawn = FAMILIES[view.family].make(view, study.files_of(figure))
    with mpl.rc_context({"svg.fonttype": "none"}), io.BytesIO() as picture:
        drawn.figure.savefig(picture, format="svg")
        root = ElementTree.fromstring(picture.getvalue())
    texts = root.iter("{http://www.w3.org/2000/svg}text")
    return "".join("".join(part for text in texts for part in text.itertext()).split())


def characters(text: str) -> Counter[str]:
    """How often each is there, in any order; not of ticks, which depend on the room that is left."""
    return Counter(re.sub(r"[\s\d.]", "", text))


@pytest.mark.parametrize("family", FAMILIES)
def test_users_words_are_drawn_as_they_are(results, family):
    plain, words = study_with("", results)
    text = drawn_text(plain, OF_FAMILY[family])
    count = sum(text.count(word) for word in words)
    assert bool(count) != (family in ("softmax_rank", "spectral_gap"))
    hostile, _ = study_with(f" {HOSTILE}", results)
    found = drawn_text(hostile, OF_FAMILY[family])
    assert characters(found) == characters(text + count * HOSTILE)


def test_a_dollar_at_the_end_of_a_line_of_a_heading():
    figure = Figure(figsize=(2, 2))
    heading(figure, literal("x" * 33 + "$$" + "y" * 33))
    lines = figure.get_suptitle().splitlines()
    assert [line.count("\\$") for line in lines] == [line.count("$") for line in lines] == [1, 1]
