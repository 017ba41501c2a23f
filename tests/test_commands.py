"""Commands that the documents give: Snakemake's own parser must take them."""

import re
import shlex

import pytest
from snakemake.cli import get_argument_parser

from study_files import PROJECT

FILES = [
    *(PROJECT / name for name in ("README.md", "Snakefile", "Makefile")),
    *(PROJECT / "docs").rglob("*.md"),
    *(PROJECT / "config").glob("*"),
    *(PROJECT / "docs").rglob("*.yaml"),
]
# A command stands alone in an indented line or a comment; a remark may follow it.
COMMAND = re.compile(r"^(?:#? {2,}|\t)snakemake (.+?)(?: {2,}.*| *#.*)?$", re.MULTILINE)
CONTINUED = re.compile(r" *\\\n#? +")
TEXTS = [CONTINUED.sub(" ", path.read_text(encoding="utf-8")) for path in FILES]
COMMANDS = sorted({found for text in TEXTS for found in COMMAND.findall(text)})


@pytest.mark.parametrize("command", COMMANDS)
def test_snakemake_takes_it(command):
    words = shlex.split(command.replace("$(CORES)", "all").replace("$(GPUS)", "1"))
    given = get_argument_parser().parse_args(words)
    assert given.targets or given.lint


def test_there_are_commands():
    assert len(COMMANDS) > 10
