"""The folder of evidence: its index, tables, claims and page say what the archive's runs say.

Where one of these fails after a change that was meant to change numbers: `make evidence`, and read the page.
"""

import re
from pathlib import Path

import pandas as pd
import pytest

from study_files import PROJECT, merged
from unpacking_softmax.artefacts.archive.opened import open_archive
from unpacking_softmax.artefacts.archive.unpack import unpack
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.report.gathered import there, write_tables, write_verdict
from unpacking_softmax.study.study import Study

FOLDER = PROJECT / "docs" / "evidence" / "tinyimagenet"
ARCHIVE = FOLDER / "tinyimagenet.tar.xz"


@pytest.fixture(scope="module")
def study():
    return Study(merged(FOLDER / "study.yaml"))


@pytest.fixture(scope="module")
def drawn(study, tmp_path_factory):
    """Tables and verdict made from the archive, in a folder of their own."""
    root = tmp_path_factory.mktemp("evidence")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        unpack([ARCHIVE], study.config)
        settings = Settings(study, PROJECT / "workflow" / "scripts")
        (root / "tables").mkdir()
        write_tables(study, settings, root / "tables")
        write_verdict(study, settings, root)
    return root


def same_numbers(ours: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Numbers agree to the digits that are written; text that is no number may be worded anew."""
    assert len(ours) == len(theirs)
    for name in theirs.select_dtypes("number"):
        pd.testing.assert_series_equal(ours[name], theirs[name], rtol=1e-4, atol=1e-6)


def test_the_index_is_what_the_archive_says(drawn):
    ours, theirs = (pd.read_csv(folder / "index.csv") for folder in (drawn, FOLDER))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-4, atol=1e-6)


def test_the_index_gives_what_was_read_of_these_runs_elsewhere():
    """Of T = 1 and 200, seed 0: what was noted when they were made, before there was an index."""
    index = pd.read_csv(FOLDER / "index.csv")
    runs = index[(index["architecture"] == "resnet18") & (index["seed"] == 0)].set_index("temperature")
    noted = {"test_accuracy": (0.579, 0.536), "kappa_n": (16 / 18, 11 / 18), "rho": (0.048, 0.349)}
    noted |= {"rho_logits": (0.188, 0.532), "neco_auroc": (0.674, 0.675)}
    for name, values in noted.items():
        assert runs.loc[[1, 200], name].tolist() == pytest.approx(values, abs=5.1e-4), name
    for rule, ranks in {"torch": (99, 57), "1e-3": (99, 80), "1e-8": (100, 85)}.items():
        assert tuple(runs.loc[[1, 200], f"sr_raw_{rule}"]) == ranks, rule


def test_the_tables_are_what_the_archive_says(drawn, study):
    assert {path.stem for path in (FOLDER / "tables").glob("*.csv")} == set(study.tables())
    for name in study.tables():
        same_numbers(*(pd.read_csv(folder / "tables" / f"{name}.csv") for folder in (drawn, FOLDER)))


def test_the_claims_are_what_the_archive_says(drawn):
    ours, theirs = (pd.read_csv(folder / "claims.csv") for folder in (drawn, FOLDER))
    same_numbers(ours, theirs)
    for name in ("id", "claim_outcome", "outcome"):
        assert ours[name].equals(theirs[name]), name
    same_numbers(*(pd.read_csv(folder / "paper_vs_ours.csv") for folder in (drawn, FOLDER)))


def test_every_figure_is_there_and_on_the_page(study):
    figures, page = set(study.figures()), (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {path.stem for path in (FOLDER / "figures").glob("*.png")} == figures
    assert figures <= set(re.findall(r"figures/([\w-]+)\.png", page))


def test_the_page_gives_each_verdict_as_the_claims_do():
    """A line of the page's table of claims: | [id](claims.md#id) | outcome | ..."""
    said = dict(re.findall(r"\[([\w-]+)\]\(claims\.md#\1\) \| \*?\*?([\w ]+?)\*?\*? \|", _page()))
    claims = pd.read_csv(FOLDER / "claims.csv").groupby("id")["claim_outcome"].first()
    assert len(said) > 20
    assert said == claims[list(said)].to_dict()


def test_the_page_gives_the_effects_of_the_index():
    """The page's first table: mean over seeds by temperature, of ResNet-18."""
    index = pd.read_csv(FOLDER / "index.csv", dtype={"temperature": str})
    means = index[index["architecture"] == "resnet18"].groupby("temperature").mean(numeric_only=True)
    rows = {"test accuracy %": "test_accuracy", "kappa_N %": "kappa_n", "rho %": "rho"}
    rows |= {"SR (class-centred, torch's rule)": "sr_class_centred_torch", "NECO AUROC %": "neco_auroc"}
    for words, column in rows.items():
        line = re.findall(rf"^\| {re.escape(words)} \|(.+)\|$", _page(), re.MULTILINE)[0]
        said = [float(cell.split("±")[0].strip("* ")) for cell in line.split("|")[:4]]
        scale = 1 if column.startswith("sr") else 100
        expected = scale * means.loc[["1", "10", "100", "200"], column]
        assert said == pytest.approx(expected.tolist(), abs=0.06), words


def test_nothing_of_images_or_weights_is_in_the_archive():
    names = open_archive(ARCHIVE).files
    assert {Path(name).suffix for name in names} == {".parquet", ".json"}
    assert ARCHIVE.stat().st_size < 20e6


def test_what_is_not_there_is_left_out(tmp_path):
    (tmp_path / "a").touch()
    found = there({"probes": [str(tmp_path / "a"), str(tmp_path / "b")], "spectra": [str(tmp_path / "b")]})
    assert found == {"probes": [str(tmp_path / "a")]}


def _page() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")
