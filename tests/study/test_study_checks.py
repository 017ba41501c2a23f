"""References between parts of a study: what does not exist or cannot work is named before anything runs."""

import pytest
import yaml

from study_files import PROJECT, REMOVED, altered, merged, tiny
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.catalogue import family_of
from unpacking_softmax.study.study import Study

# Where in the tiny study, what is written there (as YAML), how the message begins, what it says, too.
MISTAKES = [
    # Names of other parts
    ("grids/mlp/dataset", "glyphs", "grids.mlp.dataset = 'glyphs'", "did you mean 'glyphs10'?"),
    ("grids/mlp/architecture", "resnet9", "grids.mlp.architecture = 'resnet9'", "did you mean 'resnet8'?"),
    ("grids/mlp/variant", "kaimng", "grids.mlp.variant = 'kaimng'", "did you mean 'kaiming'?"),
    ("grids/mlp/ood", "[digit-scenes]", "grids.mlp.ood = 'digit-scenes'", "did you mean 'digits-scene'?"),
    ("grids/mlp/detection", "[nothing]", "grids.mlp.detection = 'nothing'", "known: glyphs10, digits-scene"),
    ("architectures/resnet8/network", "resnet9", "architectures.resnet8.network = 'resnet9'", "'resnet8'?"),
    ("architectures/resnet8/recipe", "fst", "architectures.resnet8.recipe = 'fst'", "did you mean 'fast'?"),
    (
        "architectures/resnet8/network",
        "mine.py",
        "architectures.resnet8.network = 'mine.py'",
        "timm/<name>, ",
    ),
    (
        "architectures/resnet8/network",
        "no.py:f",
        "architectures.resnet8.network = 'no.py:f'",
        "is no no.py in",
    ),
    ("architectures/resnet8/points", "[x]", "architectures.resnet8.points is for timm/<name> and path/", ""),
    ("figures/fig1/grid", "resnt", "figures.fig1.grid = 'resnt'", "did you mean 'resnet'?"),
    ("figures/fig22/grids", "[mlp, rsnet]", "figures.fig22.grids = 'rsnet'", "did you mean 'resnet'?"),
    ("figures/fig17/panels/1/grids", "[narrw]", "figures.fig17.panels.1.grids = 'narrw'", "'narrow'?"),
    ("figures/fig8/datasets", "[glyph10]", "figures.fig8.datasets = 'glyph10'", "did you mean 'glyphs10'?"),
    ("figures/fig8/architectures", "[vg8]", "figures.fig8.architectures = 'vg8'", "did you mean 'vgg8'?"),
    ("tables/table1/rows/1/grid", "mpl", "tables.table1.rows.1.grid = 'mpl'", "did you mean 'mlp'?"),
    ("tables/table4/recipes", "[mlps]", "tables.table4.recipes = 'mlps'", "did you mean 'mlp'?"),
    # Temperatures
    ("grids/mlp/temperatures", "[1, 10, 1.0]", "grids.mlp.temperatures has 1 more than once", ""),
    ("grids/mlp/temperatures", "[0, 10]", "grids.mlp.temperatures = 0: ", "greater than 0"),
    ("grids/mlp/temperatures", "[1, -10]", "grids.mlp.temperatures = -10: ", "greater than 0"),
    (
        "grids/vgg/temperatures",
        "[1, match-resnet8, match-resnet8@base]",
        "grids.vgg.temperatures has match-resnet8 more than once",
        "",
    ),
    (
        "grids/vgg/temperatures",
        "[1, match-resnet9]",
        "grids.vgg.temperatures (match-resnet9) = 'resnet9'",
        "did you mean 'resnet8'?",
    ),
    (
        "grids/vgg/temperatures",
        "[1, match-resnet8@msee]",
        "grids.vgg.temperatures (match-resnet8@msee) = 'msee'",
        "did you mean 'mse'?",
    ),
    (
        "grids/vgg/temperatures",
        "[1, match-resnet8@layernorm]",
        "grids.vgg.temperatures (match-resnet8@layernorm) = 'layernorm'",
        "for mlp only",
    ),
    (
        "grids/vgg/temperatures",
        "[1, match-vgg19]",
        "grids.vgg.temperatures (match-vgg19) = 'glyphs10'",
        "vgg19 needs 32 px or more",
    ),
    # Networks, variants, sizes
    ("grids/resnet/variant", "layernorm", "grids.resnet.variant = 'layernorm'", "for mlp only"),
    ("variants/kaiming/init/std", "0.1", "grids.kaiming.variant = 'kaiming'", "the scheme normal takes std"),
    ("variants/layernorm/init", "{scheme: normal}", "grids.layernorm.variant = ", "normal takes std"),
    ("architectures/resnet8/width", "5", "architectures.resnet8.width ", "for mlp only"),
    ("architectures/resnet8/depth", "5", "architectures.resnet8.depth ", "for mlp only"),
    ("architectures/vgg8/network", "vgg19", "grids.vgg.dataset = 'glyphs10'", "vgg19 needs 32 px or more"),
    ("figures/fig8/architectures", "[vgg19]", "figures.fig8.datasets = 'glyphs10'", "vgg19 needs 32 px"),
    ("grids/mlp/ood", "[glyphs10]", "grids.mlp.ood names 'glyphs10'", "trained on"),
    ("datasets/digits-scene/size", "32", "grids.mlp.ood = 'digits-scene'", "32 px, but 'glyphs10' has 16 px"),
    ("datasets/digits/size", "32", "grids.mlp.detection = 'digits'", "32 px, but 'glyphs10' has 16 px"),
    ("recipes/fast/milestones", "[1, 3]", "recipes.fast.milestones = [1, 3]", "3 is not below epochs = 3"),
    # What a figure or table asks of its grid
    ("figures/fig1/temperatures", "[1, 5]", "figures.fig1.temperatures = 5 ", "grids.resnet.temperatures"),
    ("figures/fig1/temperatures", "[1, 1.0]", "figures.fig1.temperatures has 1 more than once", ""),
    ("figures/fig1/seeds", "[0, 7]", "figures.fig1.seeds = 7 ", "grids.resnet.seeds = [0, 1]"),
    ("figures/fig1/ood", "digits", "figures.fig1.ood = 'digits' ", "grids.resnet.ood = ['digits-scene']"),
    ("figures/fig17/seeds", "[4]", "figures.fig17.seeds = 4 ", "grids.kaiming.seeds = [0, 1]"),
    ("figures/fig17/panels/0/temperature", "7", "figures.fig17.panels.0.temperature = 7 ", "kaiming"),
    ("grids/resnet/low_norm", "3", "grids.resnet.low_norm = 3 ", "grids.resnet.temperatures = [1, 10]"),
    ("grids/resnet/low_norm", "1.0", "grids.resnet.low_norm = 1.0 is its baseline", "another temperature"),
    ("grids/mse/low_norm", REMOVED, "tables.table6 needs a temperature that", "in grids.mse.low_norm"),
    ("grids/mse/ood", "[]", "tables.table6 needs out-of-distribution data", "name some in grids.mse.ood"),
    ("tables/table2/rows/0/detection", "far", "tables.table2.rows.0.detection = 'far' ", "['digits']"),
    ("grids/mlp/snapshots", "false", "figures.fig3 needs the early epochs of grids.mlp", "snapshots to true"),
    ("grids/mlp/detection", "[]", "figures.fig23 needs data to detect", "name some in grids.mlp.detection"),
]


@pytest.mark.parametrize(("place", "text", "key", "said"), MISTAKES)
def test_mistake_is_named_in_one_line(place, text, key, said):
    with pytest.raises(StudyError) as caught:
        Study(altered(tiny(), place, text if text is REMOVED else yaml.safe_load(text)))
    message = str(caught.value)
    assert message.startswith(f"config: {key}")
    assert said in message
    assert "\n" not in message


STUDIES = sorted([*(PROJECT / "config").glob("*.yaml"), *(PROJECT / "tests" / "studies").glob("*.yaml")])


@pytest.mark.parametrize("path", [path for path in STUDIES if path.stem != "defaults"], ids=lambda p: p.stem)
def test_studies_of_the_project_pass(path):
    """And each target's files can be named."""
    study = Study(merged(path))
    targets = study.figures() + study.tables()
    assert targets
    for target in targets:
        files = study.files_of(target)
        assert all(files[kind] for kind in family_of(target).reads)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("grids/mlp/temperatures", "[1, 0.5, 10]"),
        ("figures/fig1/temperatures", "[10.0]"),
        ("grids/vgg/temperatures", "[1, match-resnet8, match-resnet8@mse]"),
        ("recipes/fast/milestones", "[]"),
        ("architectures/vgg8/network", "resnet20"),
    ],
)
def test_what_is_allowed(place, text):
    Study(altered(tiny(), place, yaml.safe_load(text)))


def test_figures_that_need_snapshots():
    """Figures 3, 4, 7, 10, 24 and 25 follow a run through its epochs, in the paper."""
    config = {**tiny(), "tables": {}}
    config["grids"] = {name: {**grid, "snapshots": False} for name, grid in config["grids"].items()}
    refused = {}
    for figure, binding in config["figures"].items():
        try:
            Study({**config, "figures": {figure: binding}})
        except StudyError as error:
            refused[figure] = "early epochs" in str(error)
    assert all(refused.values())
    assert set(refused) == {"fig3", "fig4", "fig7", "fig10", "fig24", "fig25"}
