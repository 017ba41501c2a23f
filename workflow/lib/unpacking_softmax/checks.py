"""What a schema cannot say: references between the parts of a study, and temperatures that collide."""

from collections import Counter
from collections.abc import Iterable, Mapping

from unpacking_softmax.errors import StudyError
from unpacking_softmax.networks.names import ARCHITECTURES, supports
from unpacking_softmax.schema import name_error

TORCHVISION_SIZE = 32
MATCH = "match-"
# Families of figures that show how a run develops, read from its snapshots.
FROM_SNAPSHOTS = {"fig3", "fig4", "fig7", "fig10", "fig24", "fig25"}


def check_study(config: Mapping) -> None:
    """Raise StudyError for the first reference or value that makes no sense."""
    for name, architecture in config["architectures"].items():
        _check_architecture(f"architectures.{name}", architecture, config)
    for name, recipe in config["recipes"].items():
        _check_milestones(f"recipes.{name}", recipe)
    for name, grid in config["grids"].items():
        _check_grid(f"grids.{name}", grid, config)
    for section in ("figures", "tables"):
        for name, binding in config[section].items():
            _check_binding(f"{section}.{name}", name, binding, config)


def image_size(dataset: Mapping) -> int:
    """Side of a data set's images in pixels, from its settings alone."""
    return dataset.get("size", TORCHVISION_SIZE)


def _known(key: str, name: str, what: str, section: Mapping) -> None:
    if name not in section:
        raise name_error(key, name, what, section)


def _check_architecture(key: str, architecture: Mapping, config: Mapping) -> None:
    if architecture["network"] not in ARCHITECTURES:
        raise name_error(f"{key}.network", architecture["network"], "network", ARCHITECTURES)
    _known(f"{key}.recipe", architecture["recipe"], "recipe", config["recipes"])
    for setting in ("width", "depth"):
        if setting in architecture and architecture["network"] != "mlp":
            raise StudyError(f"config: {key}.{setting} is for the mlp only; remove it")


def _check_milestones(key: str, recipe: Mapping) -> None:
    beyond = [m for m in recipe["milestones"] if m >= recipe["epochs"]]
    if beyond:
        raise StudyError(
            f"config: {key}.milestones = {recipe['milestones']}: {beyond[0]} is not below "
            f"epochs = {recipe['epochs']}"
        )


def _check_grid(key: str, grid: Mapping, config: Mapping) -> None:
    variant = grid.get("variant", "base")
    _known(f"{key}.dataset", grid["dataset"], "data set", config["datasets"])
    _known(f"{key}.architecture", grid["architecture"], "architecture", config["architectures"])
    _check_variant(f"{key}.variant", grid["architecture"], variant, config)
    check_temperatures(f"{key}.temperatures", grid["temperatures"])
    for temperature in grid["temperatures"]:
        if isinstance(temperature, str):
            _check_match(f"{key}.temperatures", temperature, config)
    for role in ("ood", "detection"):
        for name in grid.get(role, ()):
            _check_ood(f"{key}.{role}", name, grid["dataset"], config["datasets"])


def _check_variant(key: str, architecture: str, variant: str, config: Mapping) -> None:
    _known(key, variant, "variant", config["variants"])
    network = config["architectures"][architecture]["network"]
    if reason := supports(network, config["variants"][variant]):
        raise StudyError(f"config: {key} = {variant!r}: {reason}")


def _check_match(key: str, temperature: str, config: Mapping) -> None:
    architecture, _, variant = temperature.removeprefix(MATCH).partition("@")
    _known(f"{key} ({temperature})", architecture, "architecture", config["architectures"])
    _check_variant(f"{key} ({temperature})", architecture, variant or "base", config)


def _check_ood(key: str, name: str, dataset: str, datasets: Mapping) -> None:
    _known(key, name, "data set", datasets)
    if name == dataset:
        raise StudyError(f"config: {key} names {name!r}, the data set that the grid is trained on")
    ours, theirs = image_size(datasets[dataset]), image_size(datasets[name])
    if ours != theirs:
        raise StudyError(
            f"config: {key} = {name!r} has images of {theirs} px, but {dataset!r} has {ours} px; "
            "give both the same size"
        )


def check_temperatures(key: str, temperatures: Iterable[float | str]) -> None:
    """Temperatures must be positive and distinct."""
    numbers = [value for value in temperatures if not isinstance(value, str)]
    for value in numbers:
        if not 0 < value < float("inf"):
            raise StudyError(f"config: {key} = {value!r}: a temperature must be finite and greater than 0")
    for value, count in Counter(map(float, numbers)).items():
        if count > 1:
            raise StudyError(f"config: {key} has {value:g} more than once (1 and 1.0 are the same)")


def _check_binding(key: str, target: str, binding: Mapping, config: Mapping) -> None:
    """A figure or table asks only for what the grids it names have."""
    for name in binding.get("datasets", ()):
        _known(f"{key}.datasets", name, "data set", config["datasets"])
    for name in binding.get("architectures", ()):
        _known(f"{key}.architectures", name, "architecture", config["architectures"])
    for name in binding.get("recipes", ()):
        _known(f"{key}.recipes", name, "recipe", config["recipes"])
    for part in [binding, *binding.get("rows", []), *binding.get("panels", [])]:
        for name in [*([part["grid"]] if "grid" in part else []), *part.get("grids", ())]:
            _known(f"{key}.grid", name, "grid", config["grids"])
            _check_part(key, target, {**binding, **part}, name, config)


def _check_part(key: str, target: str, part: Mapping, name: str, config: Mapping) -> None:
    grid = config["grids"][name]
    chosen = [*part.get("temperatures", ()), *(part[k] for k in ("low", "temperature") if k in part)]
    seeds = grid.get("seeds", config["seeds"])
    for setting, asked, available in (
        ("temperatures", chosen, grid["temperatures"]),
        ("seeds", part.get("seeds", ()), seeds),
        ("ood", [part["ood"]] if "ood" in part else [], grid.get("ood", [])),
        ("detection", [part["detection"]] if "detection" in part else [], grid.get("detection", [])),
    ):
        for value in asked:
            if value not in available:
                raise StudyError(
                    f"config: {key}: {value!r} is not in grids.{name}.{setting} = {list(available)}"
                )
    if target in FROM_SNAPSHOTS and not grid.get("snapshots", False):
        raise StudyError(f"config: {key} needs the early epochs of grids.{name}: set its snapshots to true")
