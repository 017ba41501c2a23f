"""Figures and tables of before are kept until their new version is there.

Snakemake removes a job's outputs before the job starts. Its own flag `update` would bring them back if the
job fails, but with the new settings on record: from then on the old figure would pass for the new one.
"""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

# Older than any input: Snakemake makes such a file again.
STALE = 1


class Kept:
    """Copies of what is about to be made again, beside it."""

    def __init__(self) -> None:
        self._aside: dict[Path, Path] = {}

    def keep(self, paths: Iterable[str | Path]) -> None:
        """Set those files aside that are there. A file system that takes no copy keeps none."""
        for path in map(Path, paths):
            aside = path.with_name(f".{path.name}.before")
            with suppress(OSError):
                aside.unlink(missing_ok=True)
                _link(path, aside)
                self._aside[path] = aside

    def forget(self) -> None:
        """All were made again."""
        for aside in self._aside.values():
            aside.unlink(missing_ok=True)
        self._aside.clear()

    def put_back(self) -> list[Path]:
        """Bring back those that were not made again, as stale files; returns them."""
        lost = [path for path in self._aside if not path.exists()]
        for path in lost:
            os.replace(self._aside[path], path)
            os.utime(path, (STALE, STALE))
        self.forget()
        return lost


def _link(path: Path, aside: Path) -> None:
    try:
        os.link(path, aside)
    except FileNotFoundError:
        raise
    except OSError:  # no hard links here
        shutil.copy2(path, aside)
