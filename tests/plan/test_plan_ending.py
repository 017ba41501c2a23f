"""What the terminal says at the end of runs that did not train."""

import json
from pathlib import Path

import pytest

from study_files import altered, tiny
from unpacking_softmax.plan.ending import failed, made, untrained
from unpacking_softmax.study.paths import RUN_NAME
from unpacking_softmax.study.study import Study


@pytest.fixture
def study(tmp_path):
    return Study(altered(tiny(), "results", str(tmp_path / "out")))


@pytest.fixture
def end(study):
    """Write the record of a run: of the study's runs, in order."""
    runs = list(dict.fromkeys(run for grid in study.grids.values() for run in grid.runs()))

    def write(number: int, **record) -> str:
        path = Path(study.paths("record", runs[number]))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record))
        return str(path.parent)

    return write


def test_where_all_trained_or_nothing_is_there_nothing_is_said(study, end):
    assert untrained(study) is None
    end(0, status="trained", train_accuracy=0.9)
    end(1, status="imported", train_accuracy=0.9)
    assert untrained(study) is None


def test_runs_that_did_not_train_are_named_with_the_reason(study, end):
    end(0, status="trained", train_accuracy=0.9)
    first = end(1, status="failed_to_train", train_accuracy=0.99, train_accuracy_needed=0.995)
    second = end(2, status="diverged", train_accuracy=0.1, train_accuracy_needed=0.2)
    third = end(3, status="failed_to_train", train_accuracy=0.1)  # as earlier versions wrote it
    assert untrained(study) == (
        "3 of 4 runs did not train, which figures and tables show: "
        f"{first} (failed to train: training accuracy 0.990, needed 0.995), {second} (diverged), "
        f"{third} (failed to train)"
    )


def test_of_many_five_are_named(study, end):
    for i in range(8):
        end(i, status="diverged")
    line = untrained(study)
    assert line.startswith("8 of 8 runs did not train")
    assert line.count("(diverged)") == 5
    assert line.endswith(", and 3 more")


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_a_damaged_record_is_left_to_who_needs_it(study, end, content):
    Path(end(0), "run.json").write_text(content)
    assert untrained(study) is None


def test_of_what_was_made_documents_are_named_and_the_first_finding_is_read(tmp_path):
    csv = tmp_path / "fig1.csv"
    csv.write_text(
        "temperature,series,kappa_n_mean,rho_mean\n1,ID,0.9,0.05\n1,rank,,\n10,ID,0.8,0.1\n100,ID,0.444,0.301\n"
    )
    paths = [str(csv.with_suffix(suffix)) for suffix in (".pdf", ".png", ".csv")]
    assert made(paths) == [
        f"made: {paths[0]}",
        "fig1: T = 1: kappa 90 %, rho 5 %; T = 100: kappa 44 %, rho 30 %",
    ]


def test_of_a_verdict_each_claims_outcome_counts_once(tmp_path):
    claims = "a,supported\na,supported\nb,not decidable\nc,supported\n"
    (tmp_path / "claims.csv").write_text("id,claim_outcome\n" + claims)
    page = str(tmp_path / "claims.md")
    assert made([page]) == [f"made: {page}", "the paper's claims: 2 supported, 1 not decidable"]


def test_of_many_files_five_are_named_and_a_damaged_csv_says_nothing(tmp_path):
    (tmp_path / "fig1.csv").write_text("temperature\n1\n")
    (tmp_path / "fig9.csv").write_text("temperature,kappa_n_mean,rho_mean\n1,,\n")  # no run has trained
    assert made([str(tmp_path / "fig9.pdf")]) == [f"made: {tmp_path / 'fig9.pdf'}"]
    paths = [str(tmp_path / f"fig{i}.pdf") for i in range(1, 8)]
    assert made(paths) == [f"made: {' '.join(paths[:5])} and 2 more"]
    assert made(["out/runs/x.parquet"]) == []


def test_what_failed_is_named_with_its_last_line_and_how_to_go_on(study, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    run = next(iter(study.grids.values())).runs()[0]
    log = Path(study.paths.log("probe", RUN_NAME.format(**run.identity)))
    log.parent.mkdir(parents=True)
    log.write_text("2026-11-24 19:02:43 ERROR root: out/data/x: MD5 must be a, is b; replace it\n")
    folder = Path(study.paths("record", run)).parent
    assert failed(study, "snakemake all") == [
        f"failed: probe {folder}: {log.read_text().strip()} ({log})",
        "to go on, once mended (what is finished stays): snakemake all",
    ]
