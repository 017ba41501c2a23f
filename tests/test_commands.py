"""Commands that the documents give: Snakemake's own parser takes them, and what they name is there.

What they promise is tried in tests/workflow (promises, re-runs, refusals, accepted code), tests/chaos and
tests/cluster; those that need a GPU, a cluster or hours are looked at here alone.
"""

import re
import shlex
from functools import cache

import pytest
from snakemake.cli import get_argument_parser

from study_files import PROJECT, merged
from unpacking_softmax.artefacts.kinds import OF_RUNS
from unpacking_softmax.study.study import Study

FILES = [
    *(PROJECT / name for name in ("README.md", "SECURITY.md", "Snakefile", "Makefile")),
    *(PROJECT / "docs").rglob("*.md"),
    *(PROJECT / "docs").rglob("*.yaml"),
    *(PROJECT / "config").glob("*"),
    *(PROJECT / "profiles").rglob("*.yaml"),
]
PROGRAMS = r"(?:snakemake|make|python|pytest|uv)"
# A command stands alone in an indented line or comment, where a remark may follow, or in a sentence as code.
ALONE = re.compile(rf"^(?:#? {{2,}}|\t)({PROGRAMS} .+?)(?: {{2,}}.*| *#.*)?$", re.MULTILINE)
IN_TEXT = re.compile(rf"(?<!`)`({PROGRAMS}\s[^`]+)`(?!`)")
CONTINUED = re.compile(r" *\\\n#?[ \t]*")
IN_THE_MAKEFILE = {
    "CORES": "all",
    "CARDS": "--resources gpu=4",
    "STUDY": "config/config.yaml",
    "REPORT": "results/report",
}
# What only the reader has, and what stands for whatever he asks for.
READERS_OWN = {"profiles/mysite", "my_table.csv", "TARGET"}
# A study that a page writes, whose commands tests/workflow does.
WRITTEN = "config/mine.yaml"


def commands(program: str) -> list[tuple[str, ...]]:
    """The words of every command of a program, each once."""
    found = set()
    for path in FILES:
        text = CONTINUED.sub(" ", path.read_text(encoding="utf-8"))
        for command in ALONE.findall(text) + (IN_TEXT.findall(text) if path.suffix == ".md" else []):
            if command.split()[0] == program and "$$" not in command:
                for name, value in IN_THE_MAKEFILE.items():
                    command = command.replace(f"$({name})", value)
                found.add(tuple(shlex.split(command, comments=True)[1:]))
    return sorted(found)


def parsed(words):
    return get_argument_parser().parse_args(words)


@cache
def study(path: str) -> Study:
    return Study(merged(PROJECT / path))


@cache
def rules() -> set[str]:
    files = [PROJECT / "Snakefile", *(PROJECT / "workflow/rules").glob("*.smk")]
    return {name for file in files for name in re.findall(r"^rule (\w+):", file.read_text(), re.MULTILINE)}


def made(of: Study) -> set[str]:
    """The files that figures, tables and the verdict of a study are, and the tables of its runs."""
    figures = {
        of.paths("figure", figure=name, suffix=f".{s}")
        for name in of.figures()
        for s in ("pdf", "png", "csv")
    }
    tables = {
        of.paths("table", table=name, suffix=f".{s}") for name in of.tables() for s in ("csv", "md", "tex")
    }
    runs = {run for grid in of.grids.values() for run in grid.runs()}
    measures = {of.paths(kind, run) for kind in OF_RUNS for run in runs}
    verdict = {of.paths("verdict", verdict=name) for name in ("claims.md", "paper_vs_ours.md")}
    pages = {of.paths("explorer"), of.paths("story")}
    return figures | tables | measures | verdict | pages


@pytest.mark.parametrize("words", commands("snakemake"), ids=" ".join)
def test_snakemake_takes_it_and_makes_what_it_asks_for(words):
    given = parsed(words)
    asked = {*given.targets, *given.until, *given.forcerun}
    assert asked or given.lint or len(words) == 1
    config = given.configfile or ["config/config.yaml"]
    for profile in {*(given.profile or [])} - READERS_OWN:
        assert (PROJECT / profile / "config.yaml").exists()
    for target in (asked - READERS_OWN) if str(config[0]) != WRITTEN else ():
        assert target in rules() | made(study(str(config[0])))


@pytest.mark.parametrize("words", commands("make"), ids=" ".join)
def test_make_has_the_target(words):
    phony = re.findall(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    targets = [word for word in words if "=" not in word]
    assert targets
    assert set(targets) <= {name for line in phony for name in line.split()}


@pytest.mark.parametrize("words", commands("python"), ids=" ".join)
def test_the_script_is_there_and_knows_its_options(words):
    text = (PROJECT / words[0]).read_text(encoding="utf-8")
    for word in words[1:]:
        assert not word.startswith("--") or f'"{word}"' in text


@pytest.mark.parametrize("words", commands("pytest"), ids=" ".join)
def test_the_tests_are_there(words):
    markers = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    for before, word in zip(("", *words), words, strict=False):
        if before == "-m":
            assert f'"{word}: ' in markers
        elif word.startswith("tests"):
            assert (PROJECT / word).exists()


@pytest.mark.parametrize("words", commands("uv"), ids=" ".join)
def test_the_list_of_packages_is_there(words):
    assert any((PROJECT / word).is_file() for word in words)


def test_there_are_commands():
    assert [len(commands(name)) > least for name, least in (("snakemake", 15), ("make", 8), ("python", 6))]


def test_words_that_swallow_what_follows():
    """README: targets stand before `--configfile` and `-q`."""
    assert not parsed(["--configfile", "config/paper.yaml", "all"]).targets
    assert parsed(["all", "--configfile", "config/paper.yaml"]).targets == ["all"]
    assert parsed(["all", "-n", "-q", "rules"]).targets == ["all"]
    with pytest.raises(SystemExit):
        parsed(["-n", "-q", "rules", "all_figures"])


def test_cores_without_a_number_are_refused(capsys):
    with pytest.raises(SystemExit):
        parsed(["all", "--cores"])
    assert "--cores" in capsys.readouterr().err
