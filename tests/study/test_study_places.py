"""Where a study may write: never among files that something else has put there."""

import pytest

from study_files import PROJECT, altered, tiny
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.study import Study

FOLDER = {"source": "folder", "label": "mine", "augment": "none", "size": 16}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to work in, with images, a file, and a link to a repository."""
    (tmp_path / "images" / "train" / "cat").mkdir(parents=True)
    (tmp_path / "notes.txt").write_text("kept")
    (tmp_path / ".git" / "objects").mkdir(parents=True)
    (tmp_path / "link").symlink_to(".git/objects")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def study(results):
    return Study({**altered(tiny(), "datasets/mine", {**FOLDER, "root": "images"}), "results": results})


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (".git", "lies in .git; name a folder for results alone"),
        (".git/out", "lies in .git"),
        ("link/out", "lies in .git"),
        (".GIT/out", "lies in .GIT; name a folder for results alone"),
        (".snakemake", "lies in .snakemake"),
        (".venv/out", "lies in .venv"),
        (".", "is the folder that the workflow runs in"),
        ("..", "holds the folder that the workflow runs in"),
        (str(PROJECT.parent), "holds the folder that the workflow runs in"),
        (str(PROJECT), "is the folder that the workflow runs in"),
        (str(PROJECT / "workflow"), "lies in the workflow's own folder workflow"),
        (str(PROJECT / "workflow" / "lib" / "new"), "lies in the workflow's own folder workflow"),
        (str(PROJECT / "config" / "mine"), "lies in the workflow's own folder config"),
        ("notes.txt", "notes.txt is no folder"),
        ("notes.txt/out", "notes.txt is no folder"),
        ("/dev/null", "/dev/null is no folder"),
        ("/dev/disks", "lies among the system's devices"),
        ("/proc/1", "lies among the system's devices"),
        ("/sys/mine", "lies among the system's devices"),
        ("images", "lies in datasets.mine.root = 'images', where images are"),
        ("images/train/cat", "lies in datasets.mine.root = 'images', where images are"),
        ("a\0b", "cannot be a folder"),
    ],
)
def test_places_that_are_taken(here, results, said):
    with pytest.raises(StudyError) as caught:
        study(results)
    message = str(caught.value)
    assert message.startswith(f"config: results = {results!r}")
    assert said in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "results",
    [
        "results",
        "results/mine",
        "images2",
        "../out",
        "there",
        "/tmp/x",
        "/dev/shm/x",
        str(PROJECT / "results"),
    ],
)
def test_places_that_are_free(here, results):
    (here / "there").mkdir()
    study(results)


def test_data_below_the_results_are_no_obstacle(here):
    (here / "out" / "images").mkdir(parents=True)
    Study({**altered(tiny(), "datasets/mine", {**FOLDER, "root": "out/images"}), "results": "out"})
