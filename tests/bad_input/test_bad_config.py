"""Mistakes in a study that test_schema.py and test_checks.py do not have: one line each, before any job."""

import json
import math

import pytest
import yaml
from snakemake.common.configfile import load_configfile
from snakemake.utils import update_config

from study_files import PROJECT, REMOVED, altered, tiny
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.config_files import check_files
from unpacking_softmax.study.study import Study

DEFAULTS = PROJECT / "config" / "defaults.yaml"
TINY = PROJECT / "tests" / "studies" / "tiny.yaml"
FOLDER = {"source": "folder", "label": "mine", "augment": "none", "size": 16}
TORCHVISION = {"source": "torchvision", "label": "x", "augment": "none", "root": "data", "name": "SVHN"}
RECURSIVE: dict = {}
RECURSIVE["grids"] = RECURSIVE

# Where in the tiny study, what stands there, how the message begins, what it says, too.
VALUES = [
    # Names, and the nearest known one
    ("grids/mlp/dataset", "Glyphs10", "grids.mlp.dataset = 'Glyphs10'", "did you mean 'glyphs10'?"),
    (
        "datasets/new",
        {**TORCHVISION, "name": "cifar-10"},
        "datasets.new.name = 'cifar-10'",
        "mean 'CIFAR10'?",
    ),
    ("variants/mse/loss", "cross_entropy", "variants.mse.loss = 'cross_entropy'", "mean 'cross-entropy'?"),
    ("variants/mse/loss", "MSE", "variants.mse.loss = 'MSE'", "did you mean 'mse'?"),
    ("variants/kaiming/init/scheme", "kaimming", "variants.kaiming.init.scheme = 'kaimming'", "'kaiming'?"),
    ("variants/layernorm/normalisation", "layer-norm", "variants.layernorm.normalisation", "'layernorm'?"),
    ("figures/Fig1", {"grid": "mlp"}, "figures has the unknown key 'Fig1'", "did you mean 'fig1'?"),
    ("tables/tabel1", {}, "tables has the unknown key 'tabel1'", "did you mean 'table1'?"),
    (
        "figures/fig1/ood",
        "digits-scenes",
        "figures.fig1.ood = 'digits-scenes'",
        "did you mean 'digits-scene'?",
    ),
    ("tables/table2/rows/0/detection", "digit", "tables.table2.rows.0.detection = 'digit'", "'digits'?"),
    ("tables/table1/rows/0", "MLP", "tables.table1.rows.0.grid = 'MLP'", "did you mean 'mlp'?"),
    ("architectures/resnet8/network", "ResNet8", "architectures.resnet8.network = 'ResNet8'", "'resnet8'?"),
    ("architectures/resnet8/recipe", "Fast", "architectures.resnet8.recipe = 'Fast'", "did you mean 'fast'?"),
    ("grids/mlp/variant", "Kaiming", "grids.mlp.variant = 'Kaiming'", "did you mean 'kaiming'?"),
    ("analysis/depth_reference", "modle", "analysis.depth_reference = 'modle'", "did you mean 'model'?"),
    ("grids/" + "x" * 41, {"dataset": "digits"}, "grids has the name 'xxx", "at most 40 characters"),
    ("grids/a\nb", {"dataset": "digits"}, "grids has the name 'a\\nb'", "letters, digits"),
    ("grids/..", {"dataset": "digits"}, "grids has the name '..'", "a letter or digit first"),
    ("a\nb", 1, "(top level) has the unknown key 'a\\nb'", "allowed: title"),
    # Folders
    ("results", "~/results", "results = '~/results'", "a ~ or $ in front (write it out)"),
    ("results", "$HOME/results", "results = '$HOME/results'", "a ~ or $ in front (write it out)"),
    ("results", "out\n", "results = 'out\\n'", "without blanks"),
    ("datasets/new", {**FOLDER, "root": "~/images"}, "datasets.new.root = '~/images'", "write it out"),
    ("datasets/new", {**FOLDER, "root": ""}, "datasets.new.root = ''", "must be a folder"),
    ("datasets/new", {**TORCHVISION, "root": "$DATA"}, "datasets.new.root = '$DATA'", "write it out"),
    ("datasets/new", {**TORCHVISION, "root": None}, "datasets.new.root = None", "must be a folder"),
    # Words that cannot be shown
    (
        "datasets/glyphs10/label",
        "a\ud800",
        "datasets.glyphs10.label = 'a\\ud800'",
        "must be text that can be",
    ),
    ("datasets/glyphs10/label", "a\x1b[31m", "datasets.glyphs10.label = 'a\\x1b[31m'", "control characters"),
    ("datasets/glyphs10/label", "a\tb", "datasets.glyphs10.label = 'a\\tb'", "without tabs"),
    (
        "datasets/glyphs10/label",
        " \n ",
        "datasets.glyphs10.label = ' \\n '",
        "must be text that can be shown",
    ),
    (
        "datasets/glyphs10/label",
        "x" * 101,
        "datasets.glyphs10.label = 'xxx",
        "must have at most 100 characters",
    ),
    ("title", "a\0b", "title = 'a\\x00b'", "must be text that can be shown"),
    ("figures/fig17/panels/0/title", "\x7f", "figures.fig17.panels.0.title = '\\x7f'", "control characters"),
    # Numbers out of this world
    ("seeds", [2**32], "seeds.0 = 4294967296", "must be at most 4294967295"),
    ("seeds", [10**400], "seeds.0 = 1000", "must be at most 4294967295"),
    ("recipes/fast/learning_rate", 10**400, "recipes.fast.learning_rate = 1000", "must be at most 1000000"),
    ("recipes/fast/epochs", 10**12, "recipes.fast.epochs = 1000000000000", "must be at most 1000000000"),
    ("recipes/fast/weight_decay", -1e-4, "recipes.fast.weight_decay = -0.0001", "must be at least 0"),
    ("recipes/fast/gamma", math.nan, "recipes.fast.gamma = nan", "must be a finite number"),
    ("theory/spectral_gap/size", 10**6, "theory.spectral_gap.size = 1000000", "must be at most 10000"),
    ("grids/mlp/temperatures", [1, 1e-30], "grids.mlp.temperatures = 1e-30", "from 1e-06 to 1e+09"),
    ("grids/mlp/temperatures", [1, 1e300], "grids.mlp.temperatures = 1e+300", "from 1e-06 to 1e+09"),
    ("grids/mlp/temperatures", [1, 10**400], "grids.mlp.temperatures = 1000", "from 1e-06 to 1e+09"),
    ("grids/mlp/temperatures", [math.nan], "grids.mlp.temperatures.0 = nan", "must be a number or match-"),
    (
        "grids/mlp/temperatures",
        ["match-mlp\n"],
        "grids.mlp.temperatures.0 = 'match-mlp\\n'",
        "must be a number",
    ),
    ("datasets/glyphs10/train_per_class", -5, "datasets.glyphs10.train_per_class = -5", "must be at least 1"),
    ("datasets/glyphs10/train_per_class", 0, "datasets.glyphs10.train_per_class = 0", "must be at least 1"),
    ("datasets/glyphs10/classes", 1, "datasets.glyphs10.classes = 1", "must be at least 2"),
    ("seeds", [*range(100_000)], "grids ask for 1,400,000 runs (a temperature and a seed each)", "10,000"),
    ("seeds", ["0"], "seeds.0 = '0'", "--config makes text of all that stands in a list: put the list into"),
    # Colliding temperatures
    ("grids/mlp/temperatures", [1, True], "grids.mlp.temperatures.1 = True", "must be a number or match-"),
    ("grids/mlp/temperatures", [1, 10, 1e1], "grids.mlp.temperatures has 10 more than once", "1 and 1.0"),
    ("grids/mlp/temperatures", [1, 0.1 + 0.2, 0.3, 0.3], "grids.mlp.temperatures has 0.3 more than once", ""),
    # Grids and numerics that cannot be
    (
        "recipes/fast/batch",
        500,
        "recipes.fast.batch = 500 is more than the 400 training images of ",
        "lower it",
    ),
    (
        "datasets/glyphs10/train_per_class",
        4,
        "recipes.fast.batch = 50 is more than the 40 training",
        "grids.mlp",
    ),
    ("analysis/detection/knn_neighbours", 401, "analysis.detection.knn_neighbours = 401 is more", "lower it"),
    ("theory/softmax_rank/ranks", 11, "theory.softmax_rank.ranks = 11", "theory.softmax_rank.size = 10 has"),
    ("datasets/digits/root", None, "datasets.digits has the unknown key 'root'", "allowed: source"),
    # Types that YAML can make
    ("title", ["a"] * 1000, "title = ['a', 'a'", " ...: must be text"),
    ("title", yaml.safe_load("2026-11-21"), "title = datetime.date(2026, 11, 21)", "must be text"),
    ("title", b"\xff", "title = b'\\xff'", "must be text"),
    ("seeds", {1, 2}, "seeds = {1, 2}", "must be a list"),
    ("datasets/glyphs10/augment", None, "datasets.glyphs10.augment = None", "'none', 'crop-flip'"),
    ("figures", {None: {}}, "figures has the unknown key None", "allowed: fig1"),
    ("figures", {1: {"grid": "mlp"}}, "figures has the unknown key 1;", "allowed: fig1"),
    ("grids/mlp/dataset", True, "grids.mlp.dataset = True", "must be text"),
    ("grids/mlp", RECURSIVE, "grids.mlp has the unknown key 'grids'", "allowed: dataset"),
    ("probes/steps", "20", "probes.steps = '20'", "write 20"),
]


@pytest.mark.parametrize(("place", "value", "key", "said"), VALUES)
def test_mistake_is_named_in_one_line(place, value, key, said):
    message = refused(altered(tiny(), place, value))
    assert message.startswith(f"config: {key}")
    assert said in message
    assert len(message) < 2000


@pytest.mark.parametrize(
    ("section", "name", "other"),
    [("datasets", "digits", "Digits"), ("architectures", "vgg8", "VGG8"), ("variants", "mse", "MSE")],
)
def test_names_that_differ_in_case_alone(section, name, other):
    """Where a file system knows no case they would be one folder."""
    message = refused(altered(tiny(), f"{section}/{other}", tiny()[section][name]))
    assert message.startswith(f"config: {section} has both {name!r} and {other!r}, which are one folder on")


def test_grids_that_differ_in_case_alone():
    """A line's variants count, too."""
    line = {"dataset": "glyphs10", "architecture": "small-mlp", "temperatures": [1]}
    config = altered(tiny(), "grids/a", {**line, "variants": ["mse"]})
    message = refused(altered(config, "grids/A-MSE", line))
    assert message.startswith("config: grids has both 'a-mse' and 'A-MSE'")


def refused(config) -> str:
    with pytest.raises(StudyError) as caught:
        Study(config)
    message = str(caught.value)
    assert "\n" not in message
    return message


# A line of the tiny study, what is written in its place, and what is said.
BATCH = "batch: 50, learning_rate: 0.05"
LINES = [
    ("seeds: [0, 1]", "seeds: [0, 1]\nseeds: [2]", ", line 5: 'seeds' is given twice; keep one of them"),
    ("  fast: {epochs: 3,", "  fast: {epochs: 3, epochs: 30,", ", line 12: 'epochs' is given twice"),
    ("  fig2: {grid: resnet}", "  fig2: {grid: resnet}\n  fig2: {grid: mlp}", "'fig2' is given twice"),
    ("  fig6: {}", "  fig6: {}\n  'fig6': {}", "'fig6' is given twice"),
    (BATCH, "batch: 5e1, learning_rate: 0.05", "recipes.fast.batch = '5e1': must be a whole number"),
    (BATCH, "batch: 50, learning_rate: 0.05x", "recipes.fast.learning_rate = '0.05x': must be a finite"),
    (BATCH, "batch: 1000.0, learning_rate: 0.05", "recipes.fast.batch = 1000.0: must be a whole number"),
    (BATCH, "batch: 050, learning_rate: 0.05", ", line 12: YAML reads 050 as 40; write the number in"),
    (
        "seeds: [0, 1]",
        "seeds: [010, 1]",
        ", line 4: YAML reads 010 as 8; write the number in plain digits, or",
    ),
    (
        "seeds: [0, 1]",
        "seeds: [0, 1:30]",
        ", line 4: YAML reads 1:30 as 90; write the number in plain digits",
    ),
    ("seeds: [0, 1]", "seeds: [0, 1_000]", ", line 4: YAML reads 1_000 as 1000; write the number in plain"),
    (
        "seeds: [0, 1]",
        "seeds: [0x10]",
        ", line 4: YAML reads 0x10 as 16; write the number in plain digits, or",
    ),
    (BATCH, "batch: 50, learning_rate: 0.0_5", ", line 12: YAML reads 0.0_5 as 0.05; write the number in"),
    (
        'title: "Tiny',
        "title: 2026-13-45 #",
        ", line 2: YAML takes 2026-13-45 for a timestamp, which it is not;",
    ),
    ("seeds: [0, 1]", "? [seeds]\n: [0, 1]", ", line 4: a key is a list or a mapping; a key is text"),
    (BATCH, "batch: 50, learning_rate: 0,05", ", line 12: YAML reads 05 as 5; write the number in plain"),
    (BATCH, "batch: 50, learning_rate: 5e-4", "write 5.0e-4)"),
    (BATCH, "batch: off, learning_rate: 0.05", "recipes.fast.batch = False: must be a whole number"),
    ("snapshots: true}", "snapshots: 'true'}", "grids.mlp.snapshots = 'true': must be true or false"),
    ("snapshots: true}", "snapshots: y}", "grids.mlp.snapshots = 'y': must be true or false"),
    ("variant: mse, ", "variant: no, ", "grids.mse.variant = False: must be text"),
    ("ood: [digits-scene], detection: [digits], snapshots: true}", "ood: digits-scene}", "must be a list"),
    ("seeds: [0, 1]", "seeds: [0, , 1]", "while parsing a flow node"),
    ("seeds: [0, 1]", "seeds: [0, 1", ", line 6: not readable as YAML (while parsing a flow sequence"),
    ("seeds: [0, 1]", "seeds:\t[0, 1]\n\tx: 1", "not readable as YAML (while scanning for the next token"),
    ("seeds: [0, 1]", "seeds: *all", "undefined alias"),
    ("seeds: [0, 1]", "seeds: [0, 1]\n---\nseeds: [2]", "but found another document"),
    ("seeds: [0, 1]", "seeds: [0, 1] \x00", ", line 4: not readable as YAML (special characters are not"),
]


def loaded(path):
    """What Snakemake makes of a study file: its own reader, laid over the defaults."""
    check_files([DEFAULTS, path])
    config = load_configfile(DEFAULTS)
    update_config(config, load_configfile(path))
    return config


@pytest.mark.parametrize(("old", "new", "said"), LINES)
def test_line_that_yaml_reads_in_its_own_way(tmp_path, old, new, said):
    text = TINY.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "study.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        Study(loaded(path))
    message = str(caught.value)
    assert message.startswith("config: ")
    assert said in message
    assert "\n" not in message
    if said.startswith(", line"):
        assert f"{path}{said}" in message


def test_key_twice_in_json(tmp_path):
    (tmp_path / "study.json").write_text('{"title": "a", "grids": {"x": 1,\n"x": 2}}')
    with pytest.raises(StudyError, match=r"study\.json, line 2: 'x' is given twice"):
        check_files([tmp_path / "study.json"])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe\x00", "line 1: not UTF-8 text .byte 0xff.; save the file as UTF-8"),
        (b"title: x\n# caf\xe9\n", "line 2: not UTF-8 text .byte 0xe9.; save the file as UTF-8"),
        (b"[" * 100_000, "not readable as YAML"),
        (b"# a list\n- a\n- b\n", "line 2: holds no keys; a study is a mapping"),
        (b"text", "line 1: holds no keys; a study is a mapping"),
        (b"", "holds no keys; a study is a mapping"),
    ],
)
def test_bytes_that_are_no_study(tmp_path, data, said):
    (tmp_path / "study.yaml").write_bytes(data)
    with pytest.raises(StudyError, match=said):
        check_files([tmp_path / "study.yaml"])


def test_missing_file(tmp_path):
    with pytest.raises(StudyError, match=r"absent\.yaml: not readable"):
        check_files([tmp_path / "absent.yaml"])


def test_sound_files_pass(tmp_path):
    """Anchors, merges and circles of aliases are no repetition."""
    (tmp_path / "a.yaml").write_text(
        "a: &a {x: 1, y: 2}\nb: {<<: *a, x: 3}\nc: &c [*c, *a, {x: 1}, {x: 1}]\n"
    )
    (tmp_path / "study.json").write_text(json.dumps(tiny()))
    studies = [*(PROJECT / "config").glob("*.yaml"), *(PROJECT / "tests" / "studies").glob("*.yaml")]
    check_files([*studies, *tmp_path.iterdir()])


def test_nothing_left_when_all_data_are_switched_off():
    config = tiny()
    config["datasets"] = {name: {**FOLDER, "root": None} for name in config["datasets"]}
    study = Study(config)
    assert study.grids == {}
    assert study.figures() == ["fig6", "fig21"]


def test_missing_section():
    assert refused(altered(tiny(), "seeds", REMOVED)) == "config: (top level) lacks the key 'seeds'"
