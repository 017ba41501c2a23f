"""What each rule depends on: which settings change with which part of a study, and in what form."""

import json
from importlib import metadata

import pytest

from study_files import PROJECT, altered, tiny
from unpacking_softmax.artefacts import provenance
from unpacking_softmax.artefacts.provenance import rule_code
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.study.catalogue import THEORY
from unpacking_softmax.study.study import Study

SCRIPTS = PROJECT / "workflow" / "scripts"


def every_setting(config):
    """The settings of every job that the rules can name, by (rule, subject)."""
    study = Study(config)
    settings = Settings(study, SCRIPTS)
    runs = {run for grid in study.grids.values() for run in grid.runs()}
    jobs = {("prepare_dataset", name): settings.prepare_dataset(name) for name in config["datasets"]}
    for name in {run.architecture for run in runs}:
        jobs["initial_norms", name] = settings.initial_norms(name, "base")
    for rule in ("train", "extract", "probe", "dynamics", "detection"):
        jobs |= {(rule, run): getattr(settings, rule)(run) for run in runs}
    for rule in ("spectra", "collapse"):
        jobs |= {(rule, run): settings.tabulate(rule, run) for run in runs}
    for rule in ("depth", "calibrate", "verdict", "explorer", "story"):
        jobs[rule, ""] = getattr(settings, rule)()
    jobs |= {("theory", name): settings.theory(name) for name in THEORY}
    jobs |= {("figure", figure): settings.figure(figure) for figure in study.figures()}
    return jobs | {("table", table): settings.table(table) for table in study.tables()}


@pytest.fixture(scope="module")
def before():
    return every_setting(tiny())


SHOWN = {"figure", "table", "verdict", "explorer"}
EXTRACTED = {"extract", "spectra", "collapse", "detection"}


@pytest.mark.parametrize(
    ("place", "value", "rules"),
    [
        ("title", "Another", {*SHOWN, "story"}),
        ("datasets/digits/label", "numerals", SHOWN),
        ("datasets/glyphs10/seed", 1, {"prepare_dataset"}),
        ("datasets/glyphs10/augment", "crop-flip", {"train"}),
        ("recipes/fast/learning_rate", 0.06, {"train"}),
        ("recipes/mlp/epochs", 101, {"table"}),  # no grid's, and Table 4's
        (
            "architectures/small-mlp/width",
            33,
            {"train", *EXTRACTED, "probe", "dynamics", "initial_norms", "verdict"},
        ),
        ("variants/mse", {}, {"train", *EXTRACTED, "probe", "dynamics", "verdict"}),
        ("probes/learning_rate", 0.002, {"probe", "table"}),
        ("probes/seeds", 2, {"probe", "table"}),
        ("analysis/batch", 400, {*EXTRACTED, "probe", "dynamics"}),
        ("analysis/features", 65, {*EXTRACTED, "probe", "dynamics"}),
        ("analysis/rank_rule", "1e-8", SHOWN),
        ("analysis/depth_threshold", 0.95, {"depth", *SHOWN}),
        ("analysis/depth_reference", "last-probe", {"depth", *SHOWN}),
        ("analysis/matched_within", 0.02, SHOWN),
        ("analysis/equivalent_within", 0.02, {"verdict"}),
        ("analysis/detection/knn_neighbours", 5, {"detection"}),
        ("analysis/dynamics/vectors", 3, {"dynamics"}),
        ("analysis/dynamics/epochs", [0, 1], {"dynamics"}),  # epoch 2 is a milestone, kept anyway
        ("analysis/initial_norms/networks", 4, {"initial_norms"}),
        ("theory/rank_two/draws", 3, {"theory"}),
        ("grids/mlp/ood", ["digits-scene", "digits"], {"probe", *SHOWN}),
        ("grids/kaiming/low_norm", "match-small-mlp@narrow", {"verdict"}),
        ("grids/mse/snapshots", True, {"train", "table", "verdict", "explorer"}),
        ("figures/fig1/columns", 1, {"figure"}),
        ("results", "elsewhere", set()),
        ("recipes/unused", {**tiny()["recipes"]["fast"], "epochs": 9}, set()),
        ("variants/unused", {"loss": "mse"}, set()),
    ],
)
def test_rules_whose_settings_change(before, place, value, rules):
    after = every_setting(altered(tiny(), place, value))
    assert {rule for rule, _ in before.keys() & after.keys() if before[rule, _] != after[rule, _]} == rules


def test_only_the_subject_changes(before):
    """One figure, one data set, one network, one numerics: the others of the same rule stay."""
    for place, value, changed in (
        ("figures/fig1/columns", 1, {("figure", "fig1")}),
        ("datasets/glyphs10/seed", 1, {("prepare_dataset", "glyphs10")}),
        ("theory/rank_two/draws", 3, {("theory", "rank_two")}),
        ("analysis/dynamics/vectors", 3, {job for job in before if job[0] == "dynamics"}),
    ):
        after = every_setting(altered(tiny(), place, value))
        assert {job for job in before if before[job] != after[job]} == changed


def test_a_new_grid_changes_what_shows_every_grid(before):
    grid = {**tiny()["grids"]["mse"], "temperatures": [1, 7], "low_norm": 7}
    after = every_setting(altered(tiny(), "grids/new", grid))
    assert {job for job in before if before[job] != after[job]} == {
        (rule, "") for rule in ("verdict", "explorer", "story")
    }


def test_settings_are_plain_values_in_order(before):
    """Snakemake compares their text: it must hold every value, and not depend on any order."""
    for job, settings in before.items():
        assert json.loads(json.dumps(settings)) == settings, job
        assert json.dumps(settings) == json.dumps(settings, sort_keys=True), job


def backwards(value):
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return value


def test_order_of_keys_means_nothing(before):
    after = every_setting(backwards(tiny()))
    assert {job for job in before if repr(before[job]) != repr(after[job])} == set()


def test_the_code_is_in(before):
    names = {"figure": "figure_{family}", "table": "table_{family}", "theory": "theory_{subject}"}
    for (rule, subject), settings in before.items():
        name = names.get(rule, rule).format(family=settings.get("family"), subject=subject)
        assert settings["code"] == rule_code(SCRIPTS, name), name


def test_settings_of_a_training(before):
    settings = {run: values for (rule, run), values in before.items() if rule == "train"}
    by_name = {(r.architecture, r.variant, r.temperature, r.seed): values for r, values in settings.items()}
    mlp = {key: value for key, value in by_name["small-mlp", "base", "10", 1].items() if "code" not in key}
    assert mlp == {
        "augment": "none",
        "depth": 4,
        "network": "mlp",
        "points": None,
        "recipe": {
            "batch": 50,
            "epochs": 3,
            "gamma": 0.1,
            "learning_rate": 0.05,
            "milestones": [2],
            "momentum": 0.9,
            "precision": "fp32",
            "weight_decay": 1e-4,
        },
        "seed": 1,
        "snapshots": [0, 1, 2, 3],
        "temperature": "10",
        "variant": {},
        "width": 32,
    }
    mse = by_name["resnet8", "mse", "1", 0]
    assert (mse["variant"], mse["snapshots"], mse["width"]) == ({"loss": "mse"}, [], None)


BUILT = {"train", "initial_norms", "extract", "spectra", "collapse", "detection", "probe", "dynamics"}


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write a user's network; returns the settings of every job of a study whose resnet8 it is."""
    monkeypatch.chdir(tmp_path)

    def settings(text, network="mine.py:build", **more):
        (tmp_path / "mine.py").write_text(text)
        provenance._parse.cache_clear()
        provenance._tree_hash.cache_clear()
        config = altered(tiny(), "architectures/resnet8", {"network": network, "recipe": "fast", **more})
        del config["grids"]["rank-two"]
        return every_setting(config)

    return settings


def changed(before, after):
    return {rule for rule, subject in before if before[rule, subject] != after[rule, subject]}


def test_a_users_code_is_in_what_builds_it(own):
    text = "def build(classes, image_size):\n    return 1\n"
    first = own(text)
    assert changed(first, own(f"# My own.\n{text}")) == set()
    assert changed(first, own(text.replace("1", "2"))) == BUILT
    assert changed(first, own(text, points=["act1"])) == BUILT
    settings = next(
        values for (rule, run), values in first.items() if getattr(run, "architecture", "") == "resnet8"
    )
    ours, theirs = settings["network_code"].split()
    own(text)
    assert (ours, theirs) == (rule_code(SCRIPTS, "networks/from_file"), provenance.code_hash("mine.py"))


def test_timms_version_is_in_what_builds_its_networks(own, monkeypatch):
    first = own("", "timm/resnet18")
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "9.9" if name == "timm" else version(name))
    after = own("", "timm/resnet18")
    assert changed(first, after) == BUILT
    codes = {values["network_code"] for (rule, run), values in after.items() if rule == "train"}
    assert sum(code.endswith(" timm 9.9") for code in codes) == 1


def test_settings_of_a_figure(before):
    fig1 = before["figure", "fig1"]
    assert fig1["name"] == "fig1"
    assert fig1["family"] == "layers"
    assert fig1["temperatures"] == ["1", "10"]
    assert fig1["binding"] == {"columns": 2, "grid": "resnet", "ood": "digits-scene"}
    grid = fig1["grids"]["resnet"]
    assert (grid["baseline"], grid["temperatures"], grid["seeds"]) == ("1", ["1", "10"], [0, 1])
    assert grid["labels"] == {
        "glyphs10": "glyphs-10 (synthetic)",
        "digits-scene": "digits in scenes",
        "digits": "digits",
    }
    assert before["figure", "fig15"]["temperatures"] == ["1"]
    assert "temperatures" not in before["figure", "fig6"]
    assert set(before["figure", "fig22"]["grids"]) == {"mlp", "resnet"}


def test_an_archive_is_asked_for_by_its_own_name():
    archive = {"source": "torchvision", "name": "SVHN", "root": "data", "label": "x", "augment": "none"}
    config = altered(tiny(), "datasets/house-numbers", archive)
    asked = Settings(Study(config), SCRIPTS).prepare_dataset("house-numbers")
    assert (asked["dataset"], asked["name"]) == ("house-numbers", "SVHN")


def test_a_rules_code_is_hashed_once(monkeypatch):
    """Not for each job: it reads every module that the script reaches."""
    hashed = []
    monkeypatch.setattr(
        "unpacking_softmax.plan.settings.rule_code", lambda scripts, rule: hashed.append(rule) or "c"
    )
    settings = Settings(Study(tiny()), SCRIPTS)
    jobs = [settings.depth(), settings.depth(), settings.calibrate()]
    assert [job["code"] for job in jobs] == ["c"] * 3
    assert hashed == ["depth", "calibrate"]
