"""The form of a configuration: every mistake is named by its key, in one line that says what is allowed."""

import pytest
import yaml

from study_files import REMOVED, altered, tiny
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.schema import check_schema

DIGITS = "{label: x, source: digits, size: 16, scene: false, train: 9, test: 9, seed: 0, augment: none}"
ARCHIVE = "{label: x, source: torchvision, augment: none, root: data, name: %s, url: %s}"
# Where in the tiny study, what is written there (as YAML), how the message begins, what it says, too.
MISTAKES = [
    # Keys
    ("figure", "{}", "(top level) has the unknown key 'figure'", "did you mean 'figures'?"),
    ("recipes/fast/learnig_rate", "0.1", "recipes.fast has the unknown key 'learnig_rate'", "'learning_"),
    ("probes/step", "20", "probes has the unknown key 'step'", "did you mean 'steps'?"),
    ("datasets/glyphs10/clases", "5", "datasets.glyphs10 has the unknown key 'clases'", "'classes'?"),
    ("datasets/glyphs10/scene", "true", "datasets.glyphs10 has the unknown key 'scene'", "allowed: source,"),
    ("grids/mlp/oods", "[digits]", "grids.mlp has the unknown key 'oods'", "did you mean 'ood'?"),
    ("figures/fig26", "{grid: mlp}", "figures has the unknown key 'fig26'", "did you mean 'fig6'?"),
    ("figures/fig1/grids", "[mlp]", "figures.fig1 has the unknown key 'grids'", "did you mean 'grid'?"),
    ("tables/table10", "{}", "tables has the unknown key 'table10'", "did you mean 'table1'?"),
    ("grids", REMOVED, "(top level) lacks the key 'grids'", ""),
    ("recipes/fast/epochs", REMOVED, "recipes.fast lacks the key 'epochs'", ""),
    ("datasets/glyphs10/source", REMOVED, "datasets.glyphs10 lacks the key 'source'", ""),
    ("figures/fig1/grid", REMOVED, "figures.fig1 lacks the key 'grid'", ""),
    ("tables/table1/rows/1/grid", REMOVED, "tables.table1.rows.1 lacks the key 'grid'", ""),
    ("tables/table1/rows/1/low", "10", "tables.table1.rows.1.low: now grids.resnet.low_norm", ""),
    ("tables/table2/rows/0", "{low: 10}", "tables.table2.rows.0.low: now grids.NAME.low_norm", ""),
    ("tables/table1/rows/1/odd", "x", "tables.table1.rows.1 has the unknown key 'odd'", "mean 'ood'?"),
    ("tables/table1/rows/0", "5", "tables.table1.rows.0 = 5", "must be a grid's name, or a mapping with"),
    ("grids/mlp/variants", "[]", "grids.mlp.variants = []", "must not be empty"),
    ("grids/mlp/low_norm", "null", "grids.mlp.low_norm = None", "must be a number or match-"),
    # Names
    ("datasets/a b", DIGITS, "datasets has the name 'a b'", "letters, digits"),
    ("datasets/{a}", DIGITS, "datasets has the name '{a}'", "letters, digits"),
    ("datasets/100", DIGITS, "datasets has the name 100", "text of letters"),
    ("grids/.hidden", "{dataset: digits, architecture: mlp, temperatures: [1]}", "grids has the name '.", ""),
    ("results", "out/{x}", "results = 'out/{x}'", "without blanks, braces"),
    ("results", "out/", "results = 'out/'", "a slash at its end"),
    ("results", "''", "results = ''", "must be a folder"),
    ("title", "''", "title = ''", "must not be empty"),
    ("datasets/glyphs10/label", "''", "datasets.glyphs10.label = ''", "must not be empty"),
    # Types
    ("title", "5", "title = 5", "must be text"),
    ("figures", "null", "figures = None", "must be a mapping"),
    ("recipes", "[fast]", "recipes = ['fast']", "must be a mapping"),
    ("figures/fig1", "mlp", "figures.fig1 = 'mlp'", "must be a mapping"),
    ("figures/fig1", "[{grid: mlp}]", "figures.fig1 = [{'grid': 'mlp'}]", "must be a mapping"),
    ("seeds", "3", "seeds = 3", "must be a list"),
    ("seeds", "[a]", "seeds.0 = 'a'", "must be a whole number"),
    ("seeds", "[0, 1.0]", "seeds.1 = 1.0", "must be a whole number"),
    ("recipes/fast/epochs", "2.5", "recipes.fast.epochs = 2.5", "must be a whole number"),
    ("recipes/fast/epochs", "yes", "recipes.fast.epochs = True", "must be a whole number"),
    ("grids/mlp/dataset", "null", "grids.mlp.dataset = None", "must be text"),
    ("grids/mlp/dataset", "[digits]", "grids.mlp.dataset = ['digits']", "must be text"),
    ("grids/mlp/ood", "digits", "grids.mlp.ood = 'digits'", "must be a list"),
    ("grids/mlp/snapshots", "1", "grids.mlp.snapshots = 1", "must be true or false"),
    ("grids/mlp/temperatures", "10", "grids.mlp.temperatures = 10", "must be a list"),
    ("grids/mlp/temperatures", "[[1, 10]]", "grids.mlp.temperatures.0 = [1, 10]", "a number or match-"),
    ("grids/mlp/temperatures", "[true]", "grids.mlp.temperatures.0 = True", "must be a number or match-"),
    # Numbers that YAML reads as text, and what is no number
    ("recipes/fast/epochs", "'20'", "recipes.fast.epochs = '20'", "write 20 without quotes)"),
    ("recipes/fast/learning_rate", "5e-4", "recipes.fast.learning_rate = '5e-4'", "write 5.0e-4)"),
    ("recipes/fast/weight_decay", "1.5e4", "recipes.fast.weight_decay = '1.5e4'", "write 15000.0)"),
    ("grids/mlp/temperatures", "[1, 1e1]", "grids.mlp.temperatures.1 = '1e1'", "write 1.0e1)"),
    ("grids/mlp/temperatures", "[matched]", "grids.mlp.temperatures.0 = 'matched'", "match-<architecture>"),
    ("grids/mlp/temperatures", "[match-]", "grids.mlp.temperatures.0 = 'match-'", "match-<architecture>"),
    ("grids/mlp/temperatures", "[.inf]", "grids.mlp.temperatures.0 = inf", "must be a number"),
    ("recipes/fast/learning_rate", ".inf", "recipes.fast.learning_rate = inf", "must be a finite number"),
    ("recipes/fast/learning_rate", ".nan", "recipes.fast.learning_rate = nan", "must be a finite number"),
    ("recipes/fast/learning_rate", "null", "recipes.fast.learning_rate = None", "must be a finite number"),
    # Ranges
    ("recipes/fast/learning_rate", "0", "recipes.fast.learning_rate = 0", "must be greater than 0"),
    ("recipes/fast/momentum", "1", "recipes.fast.momentum = 1", "must be less than 1"),
    ("recipes/fast/gamma", "1.5", "recipes.fast.gamma = 1.5", "must be at most 1"),
    ("recipes/fast/batch", "-1", "recipes.fast.batch = -1", "must be at least 1"),
    ("datasets/glyphs10/size", "-16", "datasets.glyphs10.size = -16", "must be at least 8"),
    ("datasets/glyphs10/classes", "101", "datasets.glyphs10.classes = 101", "must be at most 100"),
    ("architectures/small-mlp/width", "-5", "architectures.small-mlp.width = -5", "must be at least 1"),
    ("variants/rank-two/head_rank", "0", "variants.rank-two.head_rank = 0", "must be at least 1"),
    ("seeds", "[0, -1]", "seeds.1 = -1", "must be at least 0"),
    # Empty, repeated
    ("seeds", "[]", "seeds = []", "must not be empty"),
    ("seeds", "[2, 2]", "seeds = [2, 2]", "must not repeat an entry"),
    ("grids", "{}", "grids = {}", "must not be empty"),
    ("grids/mlp/temperatures", "[]", "grids.mlp.temperatures = []", "must not be empty"),
    ("grids/mlp/ood", "[digits, digits]", "grids.mlp.ood = ['digits', 'digits']", "must not repeat an entry"),
    ("figures/fig17/panels", "[]", "figures.fig17.panels = []", "must not be empty"),
    ("tables/table1/rows", "[]", "tables.table1.rows = []", "must not be empty"),
    # Choices
    ("datasets/glyphs10/source", "glyph", "datasets.glyphs10.source = 'glyph'", "did you mean 'glyphs'?"),
    ("datasets/glyphs10/augment", "no", "datasets.glyphs10.augment = False", "'none', 'crop-flip'"),
    ("datasets/new", ARCHIVE % ("cifar10", "null"), "datasets.new.name = 'cifar10'", "'CIFAR10', 'CIFAR100'"),
    ("datasets/new", ARCHIVE % ("SVHN", "http://x"), "datasets.new.url = 'http://x'", "begins with https://"),
    ("recipes/fast/precision", "fp23", "recipes.fast.precision = 'fp23'", "did you mean 'fp32'?"),
    ("variants/mse/loss", "mean", "variants.mse.loss = 'mean'", "'cross-entropy', 'mse'"),
    ("analysis/rank_rule", "1.0e-8", "analysis.rank_rule = 1e-08", "did you mean '1e-8'?"),
    ("figures/fig1/columns", "3", "figures.fig1.columns = 3", "is not one of 1, 2"),
]


@pytest.mark.parametrize(("place", "text", "key", "said"), MISTAKES)
def test_mistake_is_named_in_one_line(place, text, key, said):
    value = text if text is REMOVED else yaml.safe_load(text)
    with pytest.raises(StudyError) as caught:
        check_schema(altered(tiny(), place, value))
    message = str(caught.value)
    assert message.startswith(f"config: {key}")
    assert said in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("seeds", "[0, 12345]"),
        ("grids/mlp/temperatures", "[0.5, 1, 1.0e+3, match-small-mlp@narrow]"),
        ("datasets/new", ARCHIVE % ("SVHN", "null")),
        ("recipes/fast/weight_decay", "0"),
        ("analysis/rank_rule", "1e-8"),
        ("results", "/absolute/path"),
    ],
)
def test_what_is_allowed(place, text):
    check_schema(altered(tiny(), place, yaml.safe_load(text)))
