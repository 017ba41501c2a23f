"""Weights that a study imports in place of training: what must be so before anything runs."""

from collections.abc import Mapping
from pathlib import Path

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.temperature import Temperature, spell

SUFFIX = ".safetensors"
# What may stand in the path of an architecture's weights, where its grids have several runs.
PLACES = {"temperatures": "{temperature}", "seeds": "{seed}"}


def weights_file(architecture: Mapping, temperature: str, seed: int) -> str:
    """The file of weights of a run: the architecture's path, with the run's temperature and seed put in."""
    path = architecture["weights"].replace(PLACES["temperatures"], temperature)
    return path.replace(PLACES["seeds"], str(seed))


def check_weights(key: str, architecture: Mapping) -> None:
    """Raise StudyError unless an architecture has either a recipe or weights, these in safetensors."""
    if ("recipe" in architecture) == ("weights" in architecture):
        both = "has both" if "recipe" in architecture else "lacks both"
        raise StudyError(
            f"config: {key} {both} a recipe, to be trained by, and weights, to be imported; give one of them"
        )
    if not architecture.get("weights", SUFFIX).endswith(SUFFIX):
        raise StudyError(
            f"config: {key}.weights = {architecture['weights']!r}: must end in {SUFFIX}; "
            "python workflow/convert_checkpoint.py makes such a file of a .pt or .pth"
        )


def check_imported(key: str, grid: Mapping, architecture: Mapping) -> None:
    """Raise StudyError where a grid asks of imported weights what only a training has, or of one file
    to be several runs, or a file is not there."""
    if "weights" not in architecture:
        return
    if grid["snapshots"]:
        raise StudyError(f"config: {key}.snapshots: imported weights have no early epochs; set it to false")
    for temperature in grid["temperatures"]:
        if Temperature.parse(temperature).matched:
            raise StudyError(
                f"config: {key}.temperatures = {temperature!r}: imported weights were trained at a number"
            )
    for setting, place in PLACES.items():
        if len(grid[setting]) > 1 and place not in architecture["weights"]:
            raise StudyError(
                f"config: {key}.{setting} = {list(grid[setting])}, but the weights of "
                f"{grid['architecture']!r} are one file; name one, or put {place} into the path"
            )
    for temperature in map(spell, grid["temperatures"]):
        for seed in grid["seeds"]:
            file = Path(weights_file(architecture, temperature, seed))
            if not file.is_file():
                raise StudyError(
                    f"config: architectures.{grid['architecture']}.weights: there is no {file} in the folder "
                    "that Snakemake works in"
                )
