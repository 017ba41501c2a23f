"""What a schema cannot say: references between the parts of a study, and temperatures that collide."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from unpacking_softmax.artefacts.errors import StudyError, did_you_mean
from unpacking_softmax.artefacts.kinds import KINDS
from unpacking_softmax.images.registry import image_size, training_images
from unpacking_softmax.networks import model_file
from unpacking_softmax.networks.registry import FORMS, NETWORKS, network_of
from unpacking_softmax.networks.variants import supports
from unpacking_softmax.study.catalogue import family_of
from unpacking_softmax.study.imported import check_imported, check_weights
from unpacking_softmax.study.places import check_results
from unpacking_softmax.study.schema import name_error
from unpacking_softmax.study.temperature import HIGHEST, LOWEST, Temperature

# Some fifty times the paper's grid. Snakemake would plan for minutes, and more is hardly meant.
MOST_RUNS = 10_000
# What a figure or table may need of a grid, by the grid's setting, and what to do.
NEEDED = {
    "ood": "out-of-distribution data: name some in grids.{}.ood",
    "detection": "data to detect: name some in grids.{}.detection",
    "low_norm": "a temperature that stands for a low logits norm: name it in grids.{}.low_norm",
    "snapshots": "the early epochs of grids.{}: set its snapshots to true",
    "history": "a training: the weights of grids.{} are imported, and have no history",
}
# What a figure, row or panel asks of its grid, and the setting of the grid that must have it.
ASKED = {
    "temperatures": "temperatures",
    "temperature": "temperatures",
    "seeds": "seeds",
    "ood": "ood",
    "detection": "detection",
}


def check_study(config: Mapping) -> None:
    """Raise StudyError for the first reference or value that makes no sense."""
    check_results(config)
    for section in ("datasets", "architectures", "variants", "grids"):
        _check_case(section, config[section])
    _check_runs(config["grids"].values())
    for name, architecture in config["architectures"].items():
        _check_architecture(f"architectures.{name}", architecture, config)
    for name, recipe in config["recipes"].items():
        _check_milestones(f"recipes.{name}", recipe)
    for name, grid in config["grids"].items():
        _check_grid(f"grids.{name}", grid, config)
        _check_counts(f"grids.{name}.dataset", grid, config)
    _check_theory("theory.softmax_rank", config["theory"]["softmax_rank"])
    for section in ("figures", "tables"):
        for name, binding in config[section].items():
            _check_binding(f"{section}.{name}", name, binding, config)


def _check_case(section: str, names: Iterable[str]) -> None:
    """Where a file system knows no case, two names would have one folder."""
    seen = dict[str, str]()
    for name in names:
        if (other := seen.setdefault(name.casefold(), name)) != name:
            raise StudyError(
                f"config: {section} has both {other!r} and {name!r}, which are one folder on some disks; "
                "rename one of them"
            )


def _check_runs(grids: Iterable[Mapping]) -> None:
    runs = sum(len(grid["temperatures"]) * len(grid["seeds"]) for grid in grids)
    if runs > MOST_RUNS:
        raise StudyError(
            f"config: grids ask for {runs:,} runs (a temperature and a seed each), more than {MOST_RUNS:,}; "
            "take fewer seeds or temperatures, or make several studies of it"
        )


def known(key: str, name: str, what: str, section: Mapping) -> None:
    """Raise StudyError for a name that a section of the study has not."""
    if name not in section:
        raise name_error(key, name, what, section)


def _check_architecture(key: str, architecture: Mapping, config: Mapping) -> None:
    name = architecture["network"]
    network, file = network_of(name), model_file.parts(name)
    if network is None:
        raise name_error(f"{key}.network", name, "network", [*NETWORKS, *FORMS])
    if file and (reason := model_file.fault(*file)):
        raise StudyError(f"config: {key}.network = {name!r}: {reason}")
    if "points" in architecture and not network.foreign:
        raise StudyError(f"config: {key}.points is for {' and '.join(FORMS)} only; remove it")
    check_weights(key, architecture)
    if "recipe" in architecture:
        known(f"{key}.recipe", architecture["recipe"], "recipe", config["recipes"])
    for setting in ("width", "depth"):
        if setting in architecture and not network.sized:
            sized = ", ".join(name for name, network in NETWORKS.items() if network.sized)
            raise StudyError(f"config: {key}.{setting} is for {sized} only; remove it")


def _check_milestones(key: str, recipe: Mapping) -> None:
    beyond = [m for m in recipe["milestones"] if m >= recipe["epochs"]]
    if beyond:
        raise StudyError(
            f"config: {key}.milestones = {recipe['milestones']}: {beyond[0]} is not below "
            f"epochs = {recipe['epochs']}"
        )


def _check_grid(key: str, grid: Mapping, config: Mapping) -> None:
    known(f"{key}.dataset", grid["dataset"], "data set", config["datasets"])
    known(f"{key}.architecture", grid["architecture"], "architecture", config["architectures"])
    check_variant(f"{key}.variant", grid["architecture"], grid["variant"], config)
    check_size(f"{key}.dataset", grid["dataset"], grid["architecture"], config)
    check_temperatures(f"{key}.temperatures", grid["temperatures"])
    for temperature in grid["temperatures"]:
        if Temperature.parse(temperature).matched:
            check_match(f"{key}.temperatures", temperature, grid["dataset"], config)
    check_imported(key, grid, config["architectures"][grid["architecture"]])
    _check_low_norm(key, grid)
    for role in ("ood", "detection"):
        for name in grid[role]:
            check_ood(f"{key}.{role}", name, grid["dataset"], config["datasets"])


def _check_low_norm(key: str, grid: Mapping) -> None:
    if "low_norm" not in grid:
        return
    low_norm, temperatures = grid["low_norm"], grid["temperatures"]
    parsed = [Temperature.parse(temperature) for temperature in temperatures]
    if Temperature.parse(low_norm) not in parsed:
        raise StudyError(
            f"config: {key}.low_norm = {low_norm!r} is not in {key}.temperatures = {temperatures}"
            f"{did_you_mean(low_norm, temperatures)}"
        )
    if Temperature.parse(low_norm) == parsed[0]:
        raise StudyError(f"config: {key}.low_norm = {low_norm!r} is its baseline; name another temperature")


def _check_counts(key: str, grid: Mapping, config: Mapping) -> None:
    """What is taken from the training images at once must be there."""
    images = training_images(config["datasets"][grid["dataset"]])
    recipe = config["architectures"][grid["architecture"]].get("recipe")
    asked = {f"recipes.{recipe}.batch": config["recipes"][recipe]["batch"]} if recipe else {}
    if grid["detection"]:
        neighbours = config["analysis"]["detection"]["knn_neighbours"]
        asked["analysis.detection.knn_neighbours"] = neighbours
    for setting, count in asked.items():
        if images is not None and count > images:
            raise StudyError(
                f"config: {setting} = {count} is more than the {images} training images of {key} = "
                f"{grid['dataset']!r}; lower it, or make more images"
            )


def _check_theory(key: str, settings: Mapping) -> None:
    if settings["ranks"] > settings["size"]:
        raise StudyError(
            f"config: {key}.ranks = {settings['ranks']}: a matrix of {key}.size = {settings['size']} has "
            "no higher rank than that; lower it"
        )


def check_variant(key: str, architecture: str, variant: str, config: Mapping) -> None:
    """Raise StudyError for a variant that is unknown, or that the network cannot carry."""
    known(key, variant, "variant", config["variants"])
    network = config["architectures"][architecture]["network"]
    if reason := supports(network, config["variants"][variant]):
        raise StudyError(f"config: {key} = {variant!r}: {reason}")


def check_size(key: str, dataset: str, architecture: str, config: Mapping) -> None:
    """Raise StudyError for images that are too small for the network."""
    network = config["architectures"][architecture]["network"]
    size, least = image_size(config["datasets"][dataset]), network_of(network).smallest_image
    if size < least:
        raise StudyError(
            f"config: {key} = {dataset!r} has images of {size} px; {network} needs {least} px or more"
        )


def check_match(key: str, temperature: str, dataset: str, config: Mapping) -> None:
    """Raise StudyError for a matched temperature whose reference cannot be built on the data set."""
    architecture, variant = Temperature.parse(temperature).reference
    known(f"{key} ({temperature})", architecture, "architecture", config["architectures"])
    check_variant(f"{key} ({temperature})", architecture, variant, config)
    check_size(f"{key} ({temperature})", dataset, architecture, config)


def check_ood(key: str, name: str, dataset: str, datasets: Mapping) -> None:
    """Raise StudyError for a second data set that is unknown, the first one, or of another image size."""
    known(key, name, "data set", datasets)
    if name == dataset:
        raise StudyError(f"config: {key} names {name!r}, the data set that the grid is trained on")
    ours, theirs = image_size(datasets[dataset]), image_size(datasets[name])
    if ours != theirs:
        raise StudyError(
            f"config: {key} = {name!r} has images of {theirs} px, but {dataset!r} has {ours} px; "
            "give both the same size"
        )


def check_temperatures(key: str, temperatures: Iterable[float | str]) -> None:
    """Temperatures must be positive, of a sane size, and distinct."""
    for value in temperatures:
        if not Temperature.parse(value).sane:
            limits = f"greater than 0, from {LOWEST:g} to {HIGHEST:g}"
            raise StudyError(f"config: {key} = {value!r}: a temperature must be {limits}")
    parsed = [Temperature.parse(value) for value in temperatures]
    for temperature, count in Counter(parsed).items():
        if count > 1:
            first = temperatures[parsed.index(temperature)]
            raise StudyError(f"config: {key} has {first} more than once (1 and 1.0 are the same)")


def _check_binding(key: str, target: str, binding: Mapping, config: Mapping) -> None:
    """A figure or table asks only for what the grids it names have."""
    for setting, what in (("datasets", "data set"), ("architectures", "architecture"), ("recipes", "recipe")):
        for name in binding.get(setting, ()):
            known(f"{key}.{setting}", name, what, config[setting])
    for dataset in binding.get("datasets", ()):
        for architecture in binding.get("architectures", ()):
            check_size(f"{key}.datasets", dataset, architecture, config)
    for part_key, part in _parts(key, binding):
        for setting in ("grid", "grids"):
            for name in _listed(part.get(setting, ())):
                known(f"{part_key}.{setting}", name, "grid", config["grids"])
                _check_asked(key, binding, name, config)
                _check_asked(part_key, part, name, config)
                _check_reads(key, target, name, config)


def _parts(key: str, binding: Mapping) -> Iterator[tuple[str, Mapping]]:
    """A binding and its rows or panels, each with its key."""
    yield key, binding
    for kind in ("rows", "panels"):
        for i, part in enumerate(binding.get(kind, ())):
            yield f"{key}.{kind}.{i}", part


def _listed(value) -> Iterable:
    return value if isinstance(value, list | tuple) else [value]


def _check_asked(key: str, part: Mapping, name: str, config: Mapping) -> None:
    grid = config["grids"][name]
    for setting, of in ASKED.items():
        for value in _listed(part.get(setting, ())):
            if value not in grid[of]:
                raise StudyError(
                    f"config: {key}.{setting} = {value!r} is not in grids.{name}.{of} = {list(grid[of])}"
                    f"{did_you_mean(value, grid[of])}"
                )
    check_temperatures(f"{key}.temperatures", part.get("temperatures", ()))


def _check_reads(key: str, target: str, name: str, config: Mapping) -> None:
    """What its family reads, and shows it with, can be made. (What `ood` asks for can be made without it.)"""
    family, grid = family_of(target), config["grids"][name]
    has = {**grid, "history": "recipe" in config["architectures"][grid["architecture"]]}
    needed = {KINDS[kind].asked_by for kind in family.reads} - {"ood"} | {family.against}
    needed |= {"low_norm"} if family.low_norm else set()
    for setting, what in NEEDED.items():
        if setting in needed and not has.get(setting):
            raise StudyError(f"config: {key} needs {what.format(name)}")
