"""Pack what a study has finished, without weights and images, into one archive for another machine.

    python workflow/pack.py config/paper.yaml [--to paper.tar.xz]

Called where Snakemake is called. docs/results-that-travel.md says what travels and what runs again elsewhere.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

from unpacking_softmax.artefacts.archive.pack import pack
from unpacking_softmax.artefacts.archive.records import unknown_note
from unpacking_softmax.artefacts.errors import UserError
from unpacking_softmax.machine.runtime import commit
from unpacking_softmax.study.config_files import merged
from unpacking_softmax.study.study import Study


def main(study: str, to: str | None) -> None:
    """Raises UserError where there is nothing to pack, or the study is none."""
    config = Study(merged(ROOT / "config" / "defaults.yaml", study)).config
    target = to or f"{Path(config['results']).name}.tar.xz"
    packed = pack(config, target, commit())
    size = Path(target).stat().st_size / 1e6
    print(f"{target}: {len(packed.files)} files, {size:.1f} MB, SHA-256 {packed.sha256}")
    if packed.unknown:
        print(unknown_note(packed.unknown))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("study", help="its file, such as config/config.yaml")
    parser.add_argument("--to", help="the archive; by default named after the folder of results")
    try:
        main(**vars(parser.parse_args()))
    except UserError as error:
        sys.exit(f"error: {error}")
