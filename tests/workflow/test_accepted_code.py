"""A change of code that is accepted runs nothing; the next change does."""

import json
import shutil
import subprocess
import sys

import pytest

DEPTH = "workflow/lib/unpacking_softmax/readings/depth.py"
STYLE = "workflow/lib/unpacking_softmax/plots/style.py"
FIGURES = {"figure fig1", "figure fig2"}


def margin(number):
    return {DEPTH: lambda text: f"{text}\nMARGIN = {number}\n"}


@pytest.fixture
def versioned(built):
    """The copied workflow as the first commit of a repository."""
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@t.invalid", "-C", str(built.root)]
    for words in (["init", "-q"], ["add", "workflow"], ["commit", "-qm", "first"], ["tag", "first"]):
        subprocess.run([*git, *words], check=True)
    yield built
    (built.root / "site" / "out" / "accepted_code.json").unlink(missing_ok=True)
    shutil.rmtree(built.root / ".git")


def accept(workflow, *words):
    command = [sys.executable, workflow.root / "workflow" / "accept_code.py", *words]
    return subprocess.run(command, cwd=workflow.root / "site", capture_output=True, text=True)


def test_what_was_accepted_does_not_run_again(versioned):
    with versioned.edited(margin(1)):
        assert versioned.planned() == {"depth T1/seed0"} | FIGURES
        done = accept(versioned, "out", "depth", "--since", "first", "--why", "a name that nothing reads")
        assert (done.returncode, done.stdout) == (
            0,
            "depth: accepted, as recorded in out/accepted_code.json\n",
        )
        assert versioned.planned() == FIGURES
        [entry] = json.loads((versioned.root / "site/out/accepted_code.json").read_text())["depth"].values()
        assert entry["why"] == "a name that nothing reads"
        assert entry["commit"].endswith("-dirty")
    assert versioned.planned() == set()
    with versioned.edited(margin(2)):
        assert versioned.planned() == {"depth T1/seed0"} | FIGURES


def test_of_the_figures_those_of_a_family_are_accepted(versioned):
    with versioned.edited({STYLE: lambda text: f"{text}\nMARGIN = 1\n"}):
        assert versioned.planned() == FIGURES
        done = accept(versioned, "out", "figure_layers", "--since", "first", "--why", "a name nobody reads")
        assert done.returncode == 0, done.stderr
        assert versioned.planned() == {"figure fig2"}


def test_a_network_is_accepted_by_its_module(versioned):
    mlp = "workflow/lib/unpacking_softmax/networks/mlp.py"
    with versioned.edited({mlp: lambda text: f"{text}\nMARGIN = 1\n"}):
        assert "train T1/seed0" in versioned.planned()
        done = accept(versioned, "out", "networks/mlp", "--since", "first", "--why", "no number")
        assert (done.returncode, done.stderr) == (0, "")
        assert versioned.planned() == set()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["out", "dept", "--since", "first"], "error: dept: no such rule (did you mean 'depth'?)"),
        (["out", "figure", "--since", "first"], "error: figure: no such rule (did you mean 'figure_"),
        (["out", "depth", "--since", "second"], "error: --since second: no such commit (fatal: "),
        (["out", "depth", "--since=--all"], "error: --since --all: no such commit (fatal: "),
        (["out", "depth", "--since", "first"], "error: depth: nothing to accept"),
        (["results", "depth", "--since", "first"], "error: results: no such folder"),
    ],
)
def test_what_cannot_be_accepted_is_said(versioned, words, said):
    done = accept(versioned, *words, "--why", "tried")
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1
    assert not (versioned.root / "site" / "out" / "accepted_code.json").exists()
