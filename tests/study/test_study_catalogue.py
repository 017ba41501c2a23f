"""Every figure and table of the paper has a family; every family its module, inputs and form of binding."""

import re
from pathlib import Path

import pytest

from study_files import PROJECT, merged, tiny
from unpacking_softmax.plots import families as plots
from unpacking_softmax.study.catalogue import (
    FIGURE_FAMILIES,
    FIGURES,
    TABLE_FAMILIES,
    TABLES,
    THEORY,
    caption,
    family_of,
)
from unpacking_softmax.study.paths import TEMPLATES
from unpacking_softmax.study.schema import schema
from unpacking_softmax.tables import families as tables

SCRIPTS = PROJECT / "workflow" / "scripts"
FORM = schema()["$defs"]


def test_every_figure_and_table_of_the_paper():
    assert {f"fig{n}" for n in range(1, 26)} <= set(FIGURES)
    assert set(TABLES) == {f"table{n}" for n in range(1, 10)}
    assert not set(FIGURES) & set(TABLES)


@pytest.mark.parametrize(
    ("package", "described"), [(plots, FIGURE_FAMILIES), (tables, TABLE_FAMILIES)], ids=["figures", "tables"]
)
def test_a_module_of_its_name_for_each_family_and_no_other(package, described):
    """The code hash of a family is that of the module of its name."""
    modules = package.FAMILIES
    assert set(modules) == set(described)
    folder = Path(package.__file__).parent
    assert {name: Path(module.__file__) for name, module in modules.items()} == {
        name: folder / f"{name}.py" for name in described
    }
    makers = {path.stem for path in folder.glob("*.py") if "\ndef make(" in path.read_text(encoding="utf-8")}
    assert makers == set(described)


def test_a_script_for_each_theory_and_no_other():
    assert {path.stem for path in SCRIPTS.glob("theory_*.py")} == {f"theory_{name}" for name in THEORY}


def test_every_rule_has_its_script():
    rules = "\n".join(path.read_text(encoding="utf-8") for path in PROJECT.glob("workflow/rules/*.smk"))
    named = set(re.findall(r'"\.\./scripts/(\w+)\.py"', rules))
    assert {"prepare_dataset", "train", "extract", "probe"} <= named
    scripts = {path.stem for path in SCRIPTS.glob("*.py")}
    assert named == {name for name in scripts if not re.match("theory_", name)}


def test_families_that_are_used():
    assert {figure.family for figure in FIGURES.values()} == set(FIGURE_FAMILIES)
    assert {table.family for table in TABLES.values()} == set(TABLE_FAMILIES)
    assert family_of("fig1") is FIGURE_FAMILIES["layers"]
    assert family_of("table2") is TABLE_FAMILIES["detection_table"]


@pytest.mark.parametrize("target", [*FIGURES, *TABLES])
def test_what_a_family_reads_exists(target):
    family = family_of(target)
    assert all("{seed}" in TEMPLATES[kind] for kind in family.reads)
    assert set(family.theory) <= set(THEORY)


@pytest.mark.parametrize(("section", "targets"), [("figures", FIGURES), ("tables", TABLES)])
def test_every_target_can_be_bound_and_is_tried(section, targets):
    assert set(FORM[section]["properties"]) == set(tiny()[section]) == set(targets)


def forms():
    """The form of each family's binding, and those of its rows."""
    for family in (*FIGURE_FAMILIES.values(), *TABLE_FAMILIES.values()):
        yield family.binding
        if family.binding.rows is not None:
            yield family.binding.rows


def test_every_key_of_a_binding_is_defined_and_asked_for():
    asked = {key for form in forms() for key in (*form.needs, *form.takes)}
    assert asked == {*FORM["bindings"], "rows"}


def test_a_target_that_reads_runs_is_bound_to_grids():
    """And one that reads none cannot be."""
    for target in (*FIGURES, *TABLES):
        family = family_of(target)
        binds = {"grid", "grids", "rows", "panels"} & set(family.binding.needs)
        assert bool(binds) == bool(family.reads), target


def test_a_caption_is_the_claim_and_what_is_shown():
    assert caption("fig8") == (
        "The paper: VGG-19 starts from logits norms orders of magnitude below those of ResNets. "
        "Shown: the norm of newly initialised networks, a point each."
    )
    for target in (*FIGURES, *TABLES):
        assert re.fullmatch(r"[A-Z].*\. Shown: [A-Za-z].*\.", caption(target)), target


def test_settings_of_every_theory():
    defaults = merged(PROJECT / "config" / "config.yaml")["theory"]
    assert set(defaults) == set(THEORY) == set(FORM["theory"]["properties"])
