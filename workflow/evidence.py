"""Redraw a folder of evidence from its archive: every figure, table and claim, without a GPU or images.

    python workflow/evidence.py docs/evidence/tinyimagenet [--to FOLDER]

The folder holds a study (study.yaml) and the archive of its runs (as workflow/pack.py writes it), named after
the study's results. What is drawn from them is laid beside these.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

from unpacking_softmax.artefacts.archive.unpack import unpack
from unpacking_softmax.artefacts.errors import UserError
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.report.gathered import draw_figures, write_tables, write_verdict
from unpacking_softmax.study.config_files import merged
from unpacking_softmax.study.study import Study

DRAWN = {"figures": draw_figures, "tables": write_tables, ".": write_verdict}
KEPT = {".png", ".csv", ".md"}
LARGEST = 500_000  # bytes: the csv of a heat map is megabytes, and drawn again in seconds


def main(folder: Path, to: Path | None) -> None:
    """Raises UserError where the study or its archive is refused."""
    folder, to = folder.resolve(), (to or folder).resolve()
    study = Study(merged(ROOT / "config" / "defaults.yaml", folder / "study.yaml"))
    settings = Settings(study, ROOT / "workflow" / "scripts")
    with TemporaryDirectory() as scratch:
        os.chdir(scratch)
        unpack([folder / f"{Path(study.config['results']).name}.tar.xz"], study.config)
        for name, draw in DRAWN.items():
            draft = Path("drawn", name)
            draft.mkdir(parents=True, exist_ok=True)
            draw(study, settings, draft)
        for path in sorted(Path("drawn").rglob("*")):
            if path.suffix in KEPT and path.stat().st_size <= LARGEST:
                target = to / path.relative_to("drawn")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
        os.chdir(ROOT)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="such as docs/evidence/tinyimagenet")
    parser.add_argument("--to", type=Path, help="where to lay what is drawn; by default beside the archive")
    try:
        main(**vars(parser.parse_args()))
    except UserError as error:
        sys.exit(f"error: {error}")
