"""Where a study may write: in a folder of its own."""

import os
from collections.abc import Mapping
from pathlib import Path

from unpacking_softmax.artefacts.errors import StudyError

PROJECT = Path(__file__).resolve().parents[4]
# The workflow's own folders; `results` among them is for results.
OWN = ("workflow", "config", "envs", "profiles", "docs", "tests", "benchmarks")
# Folders that tools keep for themselves, wherever they are; and those of the system that are no disks.
OF_TOOLS = {".git", ".github", ".snakemake", ".venv"}
OF_SYSTEM = ("/dev", "/proc", "/sys")
RAM_DISK = "/dev/shm"


def check_results(config: Mapping) -> None:
    """Raise StudyError for results that would lie among files of a repository, the workflow or the data."""
    key = f"config: results = {config['results']!r}"
    place = _resolved(key, config["results"])
    instead = "name a folder for results alone"
    if tool := next((part for part in place.parts if part.casefold() in OF_TOOLS), None):
        raise StudyError(f"{key} lies in {tool}; {instead}")
    if place in (Path.cwd(), PROJECT):
        raise StudyError(f"{key} is the folder that the workflow runs in; {instead}, in it or elsewhere")
    if any(folder.is_relative_to(place) for folder in (Path.cwd(), PROJECT)):
        raise StudyError(f"{key} holds the folder that the workflow runs in; {instead}")
    for name in OWN:
        if place.is_relative_to(PROJECT / name):
            raise StudyError(f"{key} lies in the workflow's own folder {name}; {instead}")
    there = next(path for path in (place, *place.parents) if os.path.lexists(path))
    if not there.is_dir():
        raise StudyError(f"{key}: {there} is no folder; {instead}")
    if any(place.is_relative_to(folder) for folder in OF_SYSTEM) and not place.is_relative_to(RAM_DISK):
        raise StudyError(f"{key} lies among the system's devices; {instead}")
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
