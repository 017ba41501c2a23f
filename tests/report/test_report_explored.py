"""What the explorer embeds: the numbers of the tables, read as figures read them, and nothing of its own."""

import json

import numpy as np
import pandas as pd
import pytest

from made_up_results import write_results
from study_files import PROJECT, tiny
from unpacking_softmax.artefacts.kinds import KINDS
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.report.explored import explored, networks
from unpacking_softmax.report.pictures import MEASURES
from unpacking_softmax.report.rows import ROWS, shown_places
from unpacking_softmax.study.catalogue import EXPLORED
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Study

RUN = Run("glyphs10", "resnet8", "base", "1", 0)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The tiny study with made-up tables in a folder of its own."""
    folder = tmp_path_factory.mktemp("study")
    study = Study({**tiny(), "results": str(folder / "out")})
    write_results(study)
    # The logits of a run lose a rank where each sample's mean is subtracted.
    path = study.paths("spectra", RUN)
    spectra = pd.read_parquet(path)
    centred = (spectra["point"] == "logits") & (spectra["matrix"] == "class_centred")
    fewer = pd.Series([np.array([3.0, 1.0, 1e-9, 1e-9])] * len(spectra))
    spectra.assign(sigma=spectra["sigma"].where(~centred, fewer)).to_parquet(path)
    return study


@pytest.fixture(scope="module")
def settings(study):
    return Settings(study, PROJECT / "workflow" / "scripts").explorer()


@pytest.fixture(scope="module")
def network(study, settings):
    shown = explored(study.run_files(EXPLORED), settings)["networks"]
    return next(n for n in shown if n["network"] == "resnet8")


def rows_of(measure, part):
    table = pd.DataFrame(measure[part])
    return table.assign(series=[measure["series"][i] for i in table["series"]])


def of_run(measure, run):
    """The values of a run, which its path names."""
    folder = KINDS["record"].path.removeprefix("{results}/").removesuffix("/run.json")
    place = [r["path"] for r in measure["runs"]].index(folder.format(**run.identity))
    assert measure["runs"][place]["seed"] == run.seed
    values = rows_of(measure, "values")
    return values[values["run"] == place]


def test_probe_accuracies_are_those_of_the_table(network, study):
    stored = pd.read_parquet(study.paths("probes", RUN))
    shown = of_run(network["measures"]["accuracy"], RUN)
    for source, series in (
        ("glyphs10", "ID: glyphs-10 (synthetic)"),
        ("digits-scene", "OOD: digits in scenes"),
    ):
        theirs = stored[stored["source"] == source]
        ours = shown[shown["series"] == series]
        assert ours["x"].tolist() == theirs["index"].tolist()
        np.testing.assert_allclose(ours["y"], theirs["accuracy"], rtol=1e-5)


def test_ranks_and_cuts(network):
    """Of singular values 3, 1, 0.1 and 1e-9 of a 100 x 4 matrix, under torch's rule; at the logits SR."""
    measures = network["measures"]
    assert of_run(measures["rank"], RUN)["y"].tolist() == [3, 3, 3, 2]
    spectrum = of_run(measures["spectrum"], RUN)
    spectrum = spectrum[spectrum["point"] == 2]
    sigma = spectrum[spectrum["series"] == "singular value"]
    assert dict(zip(sigma["x"], sigma["y"], strict=True)) == {1: 3.0, 2: 1.0, 3: 0.1, 4: 1e-9}
    cut = spectrum[spectrum["series"] == "cut of the rank rule"]
    assert cut["x"].tolist() == [1, 4]
    np.testing.assert_allclose(cut["y"], 100 * 2.0**-23 * 3, rtol=1e-5)


def test_detection_by_score(network, study):
    run = next(run for run in study.grids["resnet"].runs() if run.temperature == "10" and run.seed == 0)
    stored = pd.read_parquet(study.paths("detection", run))
    for measure in ("auroc", "fpr95"):
        shown = of_run(network["measures"][measure], run)
        theirs = stored[(stored["source"] == "digits") & (stored["score"] == "knn")][measure].item()
        ours = shown[(shown["series"] == "digits") & (shown["x"] == "knn")]["y"].item()
        assert ours == pytest.approx(theirs, rel=1e-5)
        assert "neco_sweep" not in set(shown["x"])


def test_means_are_over_the_seeds_that_trained(network):
    """At the second temperature seed 1 failed."""
    means = rows_of(network["measures"]["accuracy"], "means")
    assert set(means.loc[means["t"] == 0, "n"]) == {2}
    assert set(means.loc[means["t"] == 1, "n"]) == {1}
    assert means.loc[means["t"] == 1, "sd"].isna().all()
    values = rows_of(network["measures"]["accuracy"], "values")
    of_both = values[(values["t"] == 0) & (values["point"] == 1) & (values["series"] == means["series"][0])][
        "y"
    ]
    assert means["mean"][0] == pytest.approx(of_both.mean(), rel=1e-5)
    assert means["sd"][0] == pytest.approx(abs(of_both.diff().iloc[1]) / 2**0.5, rel=1e-4)


def test_what_is_said_of_temperatures_and_effects(network):
    first, second = network["temperatures"]
    assert (first["text"], first["trained"], first["runs"], first["remark"]) == ("T = 1", 2, 2, "")
    assert second["remark"] == "1 of 2 failed to train; accuracy not matched: 10.0 points lower"
    effects = {effect["name"]: effect["means"] for effect in network["effects"]}
    assert effects["test accuracy"]["mean"] == [0.9, 0.8]
    assert effects["solution rank SR"]["mean"] == [2.5, 3]
    assert effects["effective depth κ_N"]["n"] == [2, 1]
    assert "OOD drop ρ: digits in scenes" in effects


def test_what_was_not_measured_is_left_out(study, settings):
    files = study.run_files(("record", "probes"))
    shown = explored({**files, "spectra": []}, settings)
    assert {name for n in shown["networks"] for name in n["measures"]} == {"accuracy"}
    json.dumps(shown, allow_nan=False)


def test_grids_of_one_network_are_one(settings):
    grid = next(iter(settings["grids"].values()))
    more = {**grid, "name": "more", "temperatures": ["1", "50"], "seeds": [7], "baseline": "50"}
    (merged,) = networks([grid, more])
    assert merged["temperatures"] == [*grid["temperatures"], "50"]
    assert merged["seeds"] == [*grid["seeds"], 7]
    assert merged["baseline"] == grid["baseline"]
    assert len(networks([grid, {**more, "variant": "other"}])) == 2


@pytest.mark.parametrize("count", [1, 4, 39, 512, 10_000])
def test_places_of_a_spectrum(count):
    places = shown_places(count)
    assert (places[0], places[-1]) == (1, count)
    assert len(places) <= 40
    assert (np.diff(places) > 0).all()


def test_an_empty_spectrum_shows_none():
    assert shown_places(0).tolist() == []


def test_every_measure_has_rows_and_pictures():
    assert set(ROWS) == set(MEASURES)
    assert {measure.trend for measure in MEASURES.values()} <= set(MEASURES)
