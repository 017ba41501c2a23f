"""Lay archives of a study's results (workflow/pack.py) into its folder of results here.

    python workflow/unpack.py config/paper.yaml paper.tar.xz [MORE ...]

Called where Snakemake is called. All of them or nothing: an archive that is damaged, of another study, or
that contradicts what is here or in another one, is named, and nothing is written.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

from unpacking_softmax.artefacts.archive.records import unknown_note
from unpacking_softmax.artefacts.archive.unpack import unpack
from unpacking_softmax.artefacts.errors import UserError
from unpacking_softmax.plan.accepted import Accepted
from unpacking_softmax.plan.beginning import other_code
from unpacking_softmax.study.config_files import merged
from unpacking_softmax.study.paths import Paths
from unpacking_softmax.study.study import Study


def main(study: str, archives: list[str]) -> None:
    """Raises UserError where an archive is refused."""
    config = Study(merged(ROOT / "config" / "defaults.yaml", study)).config
    laid = unpack(archives, config)
    print(f"{config['results']}: {len(laid.new)} files laid down, {len(laid.same)} were here already")
    accepted = Accepted(Paths(config["results"])("accepted_code"))
    if line := other_code(laid.codes, ROOT / "workflow" / "scripts", accepted):
        print(line)
    if laid.unknown:
        print(unknown_note(laid.unknown))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", help="its file, such as config/config.yaml")
    parser.add_argument("archives", nargs="+", help="as workflow/pack.py writes them")
    try:
        main(**vars(parser.parse_args()))
    except UserError as error:
        sys.exit(f"error: {error}")
