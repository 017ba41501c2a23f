"""The study's title in the report is text, whatever it holds."""

import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import pytest
from docutils.core import publish_string
from jinja2 import Template

from study_files import PROJECT

TITLES = [
    "My images",
    "50 % $x^2$ a_b \\frac{1}{2} ^ \\$ { $ & # < > ~ | \\",
    "**bold** *it* `code` ``x`` |sub| _link link_ __x__ [1]_ :role:`x`",
    "<b>no mark-up</b> &amp; https://example.org",
    "two\nlines",
    "two\n\nparagraphs",
    "- a\n- b\n\n=====\n\n.. image:: x",
    "{{ snakemake.config }} {% raw %}",
    "*",
    "\\",
    "猫 ß é",
    "e\u0301 ends with a mark\u0301",
]


@pytest.mark.parametrize("title", TITLES)
def test_the_title_is_shown_as_it_was_written(title):
    template = Template((PROJECT / "workflow" / "report" / "workflow.rst").read_text(encoding="utf-8"))
    study = SimpleNamespace(config={"title": title, "analysis": {"matched_within": 0.01}})
    document = ElementTree.fromstring(publish_string(template.render(snakemake=study), writer="docutils_xml"))
    paragraph, pages = document
    strong = paragraph.find("strong")
    assert "".join(strong.itertext()).split() == title.split()
    assert (paragraph.text, strong.tail.split(".")[0]) == ("Study: ", "")
    links = [link.get("refuri") for link in pages.iter("reference")]
    assert links == ["story.html", "explorer.html"]
