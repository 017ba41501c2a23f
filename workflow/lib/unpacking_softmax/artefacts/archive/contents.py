"""What of a folder of results travels, and what stays where it was made."""

import os
import re
from collections.abc import Iterable, Mapping
from functools import cache

from unpacking_softmax.artefacts.kinds import KINDS

# Images and weights: large, the images perhaps not ours to give. What Snakemake knows of them travels, so
# that a changed setting of theirs is noticed where they are not.
STAY = ("dataset", "model", "snapshots", "activations")
# Drawn again in seconds; each place draws what it has.
DRAWN = ("figure", "table", "verdict", "story", "explorer")
# All else is small and dear to make: from it everything that is shown can be drawn again.
TRAVEL = tuple(name for name in KINDS if name not in (*STAY, *DRAWN))
# Beside the kinds: which code stands for which.
ACCEPTED = "accepted_code.json"

# As the schema lets names and temperatures be spelt: no name begins with a dot.
NAME = r"[A-Za-z0-9][A-Za-z0-9._@-]*"


@cache
def _patterns(results: str) -> dict[str, re.Pattern]:
    """The form of the paths of each kind."""
    patterns = {}
    for name, kind in KINDS.items():
        parts = re.split(r"\{\w+\}", kind.path.replace("{results}", results))
        patterns[name] = re.compile(NAME.join(map(re.escape, parts)), re.ASCII)
    return patterns


def kind_of(path: str, results: str) -> str | None:
    """The kind of result that lies at `path` (with slashes) of the folder `results`; None for any other."""
    return next((name for name, form in _patterns(results).items() if form.fullmatch(path)), None)


def travels(path: str, results: str) -> bool:
    """Whether a file at this path belongs into an archive of these results."""
    return path == f"{results}/{ACCEPTED}" or kind_of(path, results) in TRAVEL


def are_accepted(values: object) -> bool:
    """Whether values have the form of accepted code: by rule and hash, what it stands for."""
    return isinstance(values, Mapping) and all(
        isinstance(entries, Mapping)
        and all(isinstance(e, Mapping) and isinstance(e.get("stands_for"), str) for e in entries.values())
        for entries in values.values()
    )


def travelling_files(results: str) -> Iterable[str]:
    """The paths of all files that are here and travel, in the order of names."""
    found = []
    for folder, folders, files in os.walk(results):
        folders.sort()
        found += [path for name in files if travels(path := f"{folder}/{name}", results)]
    return sorted(found)
