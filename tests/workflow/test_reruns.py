"""What runs again after a change: exactly the jobs that depend on it."""

import ast
import os
import time

import pytest
import yaml

LIBRARY = "workflow/lib/unpacking_softmax"
STUDY = "study.yaml"
RUN = "T1/seed0"
FIGURES = {"figure fig1", "figure fig2"}


def replace(old, new):
    def change(text):
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times"
        return text.replace(old, new)

    return change


def append(code):
    return lambda text: f"{text}\n{code}\n"


def jobs(rules, subject=RUN):
    return {f"{rule} {subject}" for rule in rules.split()}


def reworded(text):
    """The same program: every docstring another, no comment left, every line laid out anew."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        holds = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        if holds and ast.get_docstring(node) is not None:
            node.body[0] = ast.Expr(ast.Constant("Said in other words."))
    return ast.unparse(tree) + "\n# A remark.\n"


def reordered(text):
    """The same study: no comment left, keys in alphabetical order."""
    return yaml.safe_dump(yaml.safe_load(text))


PROBED = jobs("probe depth") | {"figure fig1"}
MEASURED = jobs("extract spectra") | PROBED
SETTINGS = {
    "width of a figure": (
        {STUDY: replace("columns: 2", "columns: 1")},
        {"figure fig1"},
    ),
    "label of a data set": (
        {STUDY: replace('"glyphs-10"', '"ten glyphs"')},
        FIGURES,
    ),
    "one more figure": (
        {STUDY: append("  fig5: {grid: mlp}")},
        {"figure fig5"},
    ),
    "steps of a probe": (
        {STUDY: replace("steps: 5", "steps: 6")},
        PROBED,
    ),
    "images out of distribution": (
        {STUDY: replace("test: 50", "test: 60")},
        {"prepare_dataset digits"} | PROBED,
    ),
    "recipe": (
        {STUDY: replace("learning_rate: 0.05", "learning_rate: 0.06")},
        jobs("train") | MEASURED | {"figure fig2"},
    ),
    "one more temperature": (
        {STUDY: replace("[1]", "[1, 2.5]")},
        jobs("train extract spectra probe depth", "T2.5/seed0") | FIGURES,
    ),
    "one more seed": (
        {STUDY: replace("seeds: [0]", "seeds: [0, 7]")},
        jobs("train extract spectra probe depth", "T1/seed7") | FIGURES,
    ),
    "same study, written otherwise; settings of what is not asked for": (
        {
            STUDY: reordered,
            "config/defaults.yaml": lambda text: reordered(text).replace("draws: 20", "draws: 21"),
        },
        set(),
    ),
}
CODE = {
    "words of a caption": (
        {f"{LIBRARY}/study/catalogue.py": replace("harms transfer", "hurts transfer")},
        set(),
    ),
    "drawing of a family's figures": (
        {f"{LIBRARY}/plots/layers.py": append("MARGIN = 1")},
        {"figure fig1"},
    ),
    "what drawings of several families share": (
        {f"{LIBRARY}/plots/panels.py": append("MARGIN = 1")},
        {"figure fig1"},  # Figure 2 has one panel
    ),
    "look of every figure": (
        {f"{LIBRARY}/plots/style.py": append("MARGIN = 1")},
        FIGURES,
    ),
    "script of the figures": (
        {"workflow/scripts/figure.py": append("MARGIN = 1")},
        FIGURES,
    ),
    "family that no figure of the study has": (
        {f"{LIBRARY}/plots/heat_maps.py": append("MARGIN = 1")},
        set(),
    ),
    "one more family": (
        {
            f"{LIBRARY}/plots/families.py": append("FAMILIES['new'] = layers"),
            f"{LIBRARY}/study/catalogue.py": append("FIGURE_FAMILIES['new'] = FIGURE_FAMILIES['layers']"),
        },
        set(),
    ),
    "effective depth": (
        {f"{LIBRARY}/readings/depth.py": append("MARGIN = 1")},
        jobs("depth") | FIGURES,
    ),
    "script of spectra": (
        {"workflow/scripts/spectra.py": append("MARGIN = 1")},
        jobs("extract spectra") | {"figure fig1"},
    ),
    "linear probes": (
        {f"{LIBRARY}/measures/probing.py": append("MARGIN = 1")},
        PROBED,
    ),
    "networks": (
        {f"{LIBRARY}/networks/mlp.py": append("MARGIN = 1")},
        jobs("train") | MEASURED | {"figure fig2"},
    ),
    "a network that the study does not train": (
        {f"{LIBRARY}/networks/vgg.py": append("MARGIN = 1")},
        set(),
    ),
    "a source of images that the study does not use": (
        {f"{LIBRARY}/images/folder.py": append("MARGIN = 1")},
        set(),
    ),
}


@pytest.mark.parametrize("case", SETTINGS)
def test_a_setting_runs_what_depends_on_it(built, case):
    changes, expected = SETTINGS[case]
    with built.edited(changes):
        assert built.planned() == expected


@pytest.mark.parametrize("case", CODE)
def test_code_runs_the_rules_that_import_it(built, case):
    changes, expected = CODE[case]
    with built.edited(changes):
        assert built.planned() == expected


def test_comments_docstrings_and_layout_run_nothing(built):
    python = [
        path for folder in (LIBRARY, "workflow/scripts") for path in (built.root / folder).rglob("*.py")
    ]
    rules = (built.root / "workflow" / "rules").glob("*.smk")
    changes = {str(path.relative_to(built.root)): reworded for path in python}
    changes |= {str(path.relative_to(built.root)): append("# A remark.") for path in rules}
    with built.edited(changes):
        assert built.planned() == set()


def test_touched_files_run_nothing(built):
    """Every file that some job reads gets a time after that of everything the job wrote."""
    results = built.root / "site" / "out"
    layers = [
        [path for path in (built.root / "workflow").rglob("*") if path.is_file()],
        list(results.glob("data/*.safetensors")),
        list(results.glob("runs/**/model.safetensors")),
        list(results.glob("runs/**/probes.parquet")),
        list(results.glob("runs/**/*.*")),
    ]
    assert max(path.stat().st_size for path in layers[1]) > 1e6
    future, times = time.time() + 10_000, {}
    for hours, paths in enumerate(reversed(layers)):
        for path in paths:
            times.setdefault(path, path.stat().st_mtime)
            os.utime(path, (future + 3600 * hours,) * 2)
    try:
        assert built.planned() == set()
    finally:
        for path, modified in times.items():
            os.utime(path, (modified, modified))


def test_what_another_call_made_anew_hides_nothing(workflow):
    """One measure of a changed network makes and removes the temporary activations: the others still know."""
    run = "out/runs/glyphs10/small-mlp/base/T1/seed0"
    spectra, collapse = f"{run}/spectra.parquet", f"{run}/collapse.parquet"
    (workflow.root / "other").mkdir()
    assert workflow.snakemake(spectra, collapse, "--cores", "2", folder="other").returncode == 0
    with workflow.edited({STUDY: replace("learning_rate: 0.05", "learning_rate: 0.06")}):
        assert workflow.snakemake(collapse, "--cores", "2", folder="other").returncode == 0
        assert "Nothing to be done" in workflow.snakemake(collapse, "-n", folder="other").stdout
        assert "Tabulating the spectra" in workflow.snakemake(spectra, "-n", folder="other").stdout


def test_report_of_what_is_there(built):
    with built.edited({STUDY: replace('"Re-run study (tests)"', "'A *study* of $x$, _a_ and \\ <b>'")}):
        done = built.snakemake("all_figures", "--report", "report.html")
    assert done.returncode == 0, done.stderr
    report = (built.root / "site" / "report.html").read_text()
    assert "fig1.png" in report
    assert "harms transfer from the last ones. Shown: accuracy of linear probes" in report
    assert r"A *study* of $x$, _a_ and \ &lt;b&gt;" in report.replace("\\\\", "\\")  # a JSON string holds it
