"""Everything that can be drawn from a study's results that are there, without making any that are not.

Snakemake makes what is missing. A folder of evidence shows runs that were made here and there, of which some
lack a measure: families draw the files that they are given.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.plots import families as plots
from unpacking_softmax.plots import style
from unpacking_softmax.readings.view import View
from unpacking_softmax.report.index import run_index
from unpacking_softmax.study.study import Study
from unpacking_softmax.tables import families as tables
from unpacking_softmax.tables.printed import write
from unpacking_softmax.verdict.claims import judge
from unpacking_softmax.verdict.comparison import paper_vs_ours
from unpacking_softmax.verdict.evidence import Evidence
from unpacking_softmax.verdict.report import write_claims, write_comparison


def there(files: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Of paths by kind those that exist; a kind of which none does is left out."""
    found = {kind: [path for path in paths if Path(path).exists()] for kind, paths in files.items()}
    return {kind: paths for kind, paths in found.items() if paths}


def draw_figures(study: Study, settings: Settings, folder: Path) -> None:
    """Every figure of the study as <figure>.pdf, .png and .csv."""
    style.apply()
    for name in study.figures():
        view = View.of(settings.figure(name))
        output = {suffix: folder / f"{name}.{suffix}" for suffix in ("pdf", "png", "csv")}
        style.save(plots.FAMILIES[view.family].make(view, there(study.files_of(name))), output)


def write_tables(study: Study, settings: Settings, folder: Path) -> None:
    """Every table of the study as <table>.csv, .md and .tex."""
    for name in study.tables():
        view = View.of(settings.table(name))
        output = {suffix: folder / f"{name}.{suffix}" for suffix in ("csv", "md", "tex")}
        write(tables.FAMILIES[view.family].make(view, there(study.files_of(name))), output)


def write_verdict(study: Study, settings: Settings, folder: Path) -> None:
    """claims.md, .csv and .json, paper_vs_ours.md and .csv, and index.csv (see `index.run_index`)."""
    files = there(study.verdict_files())
    values = settings.verdict()
    evidence = Evidence.read({"theory": [], **files}, values)
    names = {"claims": "claims.md", "claims_csv": "claims.csv", "claims_json": "claims.json"}
    names |= {"paper": "paper_vs_ours.md", "paper_csv": "paper_vs_ours.csv"}
    output = {key: str(folder / name) for key, name in names.items()}
    write_claims(judge(evidence), evidence, output)
    write_comparison(paper_vs_ours(evidence), values["title"], output)
    index = run_index(evidence, files["record"])
    index.to_csv(folder / "index.csv", index=False, float_format="%.6g")
