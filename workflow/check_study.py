"""Check a study's file before Snakemake reads it: what it asks for, or one line that says what is wrong.

    python workflow/check_study.py config/paper.yaml

Called where Snakemake is called. Snakemake makes the same checks, but reads the file first: of one that is no
YAML it says neither line nor reason.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.plan.targets import switched_off
from unpacking_softmax.study.config_files import merged
from unpacking_softmax.study.study import Study


def main(file: str) -> None:
    """Raises StudyError for a study that is none."""
    study = Study(merged(ROOT / "config" / "defaults.yaml", file))
    runs = {run for grid in study.grids.values() for run in grid.runs()}
    print(
        f"{file}: {len(runs)} runs in {len(study.grids)} grids, {len(study.figures())} figures, "
        f"{len(study.tables())} tables; results in {study.paths.results}"
    )
    if study.switched_off:
        print(switched_off(study, study.switched_off))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", help="the study's, such as config/config.yaml")
    try:
        main(**vars(parser.parse_args()))
    except StudyError as error:
        sys.exit(f"error: {error}")
