"""Where a study may write: in a folder of its own."""

import os
from collections.abc import Mapping
from pathlib import Path

from unpacking_softmax.artefacts.errors import StudyError

PROJECT = Path(__file__).resolve().parents[4]
# The workflow's own folders; `results` among them is for results.
OWN = ("workflow", "config", "envs", "profiles", "docs", "tests", "benchmarks")


def check_results(config: Mapping) -> None:
    """Raise StudyError for results that would lie among files of a repository, the workflow or the data."""
    key = f"config: results = {config['results']!r}"
    place = _resolved(key, config["results"])
    instead = "name a folder for results alone"
    if ".git" in place.parts:
        raise StudyError(f"{key} lies in .git; {instead}")
    if place in (Path.cwd(), PROJECT):
        raise StudyError(f"{key} is the folder that the workflow runs in; {instead}, in it or elsewhere")
    for name in OWN:
        if place.is_relative_to(PROJECT / name):
            raise StudyError(f"{key} lies in the workflow's own folder {name}; {instead}")
    there = next(path for path in (place, *place.parents) if os.path.lexists(path))
    if not there.is_dir():
        raise StudyError(f"{key}: {there} is no folder; {instead}")
    for name, dataset in config["datasets"].items():
        root = dataset.get("root")
        if root is not None and place.is_relative_to(_resolved(f"config: datasets.{name}.root", root)):
            raise StudyError(f"{key} lies in datasets.{name}.root = {root!r}, where images are; {instead}")


def _resolved(key: str, path: str) -> Path:
    """The path without links. Raises StudyError for what cannot be one."""
    try:
        return Path(path).resolve()
    except (ValueError, OSError) as error:  # such as a null character
        raise StudyError(f"{key} cannot be a folder ({error})") from error
