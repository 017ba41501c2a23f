"""Where a study stands: what is done, runs, waits, failed or is missing, and how long the rest will take.

    python workflow/status.py config/paper.yaml

Called where Snakemake is called. Reads files only: it needs no GPU and no torch, and does not disturb a
Snakemake at work. What is done is what is there; what a changed setting asks for says `snakemake -n`.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

from unpacking_softmax.artefacts.errors import UserError
from unpacking_softmax.plan.status import status
from unpacking_softmax.study.config_files import merged
from unpacking_softmax.study.study import Study

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", help="its file, such as config/config.yaml")
    try:
        study = Study(merged(ROOT / "config" / "defaults.yaml", parser.parse_args().study))
        print("\n".join(status(study)))
    except UserError as error:
        sys.exit(f"error: {error}")
