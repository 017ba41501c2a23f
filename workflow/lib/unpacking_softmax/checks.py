"""What a schema cannot say: references between the parts of a study, and temperatures that collide."""

from collections import Counter
from collections.abc import Mapping

from unpacking_softmax.errors import StudyError
from unpacking_softmax.networks.names import ARCHITECTURES, supports
from unpacking_softmax.schema import name_error

TORCHVISION_SIZE = 32
TORCHVISION_CLASSES = {"CIFAR10": 10, "CIFAR100": 100, "SVHN": 10}


def check_study(config: Mapping) -> None:
    """Raise StudyError for the first reference or value that makes no sense."""
    for name, architecture in config["architectures"].items():
        _check_architecture(f"architectures.{name}", architecture, config)
    for name, recipe in config["recipes"].items():
        _check_milestones(f"recipes.{name}", recipe)
    for name, grid in config["grids"].items():
        _check_grid(f"grids.{name}", grid, config)
    for name, figure in config["figures"].items():
        _check_layers_figure(f"figures.{name}", figure, config)


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
    _known(f"{key}.variant", variant, "variant", config["variants"])
    network = config["architectures"][grid["architecture"]]["network"]
    if reason := supports(network, config["variants"][variant]):
        raise StudyError(f"config: {key}.variant = {variant!r}: {reason}")
    check_temperatures(f"{key}.temperatures", grid["temperatures"])
    for name in grid.get("ood", ()):
        _check_ood(f"{key}.ood", name, grid["dataset"], config["datasets"])


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


def check_temperatures(key: str, temperatures) -> None:
    """Temperatures must be positive and distinct."""
    for value in temperatures:
        if not 0 < value < float("inf"):
            raise StudyError(f"config: {key} = {value!r}: a temperature must be finite and greater than 0")
    value, count = Counter(map(float, temperatures)).most_common(1)[0]
    if count > 1:
        raise StudyError(f"config: {key} has {value:g} more than once (1 and 1.0 are the same)")


def _check_layers_figure(key: str, figure: Mapping, config: Mapping) -> None:
    _known(f"{key}.grid", figure["grid"], "grid", config["grids"])
    grid = config["grids"][figure["grid"]]
    place = f"grids.{figure['grid']}"
    _subset(
        f"{key}.temperatures",
        figure.get("temperatures", ()),
        f"{place}.temperatures",
        grid["temperatures"],
    )
    seeds = grid.get("seeds", config["seeds"])
    _subset(f"{key}.seeds", figure.get("seeds", ()), f"{place}.seeds", seeds)
    _subset(f"{key}.ood", [figure["ood"]], f"{place}.ood", grid.get("ood", []))


def _subset(key: str, chosen, source: str, available) -> None:
    for value in chosen:
        if value not in available:
            raise StudyError(f"config: {key}: {value!r} is not in {source} = {list(available)}")
