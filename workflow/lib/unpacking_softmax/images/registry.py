"""Every source of images, known without importing torch: what a study may say of it, and how much it holds.

A new one is its module in this folder, with a function `prepare`, and an entry here. As with networks,
its module's hash is in the settings of the data sets it makes, and of no other.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Settings = Mapping[str, object]

ARCHIVE_SIZE = 32
# What the paper calls each archive's images; images for training and for testing; classes.
ARCHIVES = {
    "CIFAR10": ("CIFAR-10", (50_000, 10_000), 10),
    "CIFAR100": ("CIFAR-100", (50_000, 10_000), 100),
    "SVHN": ("SVHN", (73_257, 26_032), 10),
}
SHARE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["test", "seed"],
    "properties": {
        "test": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "seed": {"$ref": "#/$defs/seed"},
    },
}
NO_FOLDER = {"type": "null", "description": "left out beside `split`, which makes both splits of `root`"}


def _unknown(_: Settings) -> None:
    return None


@dataclass(frozen=True)
class Source:
    """One source.

    module: the file in this folder whose prepare(data set's name, **keys) returns a `Dataset`.
    keys: JSON Schema of each key that is its own (`$defs` of the configuration's schema may be
    referred to); required: those that a study must give; between: JSON Schema of what one key says of
    another. counts: images of the (train, test) split; classes: how many; None where one must look
    first. papers_name: what the paper calls these images; None where it uses others. size: side of the
    images in pixels. processes: how many `prepare` can use, by its keyword `workers`; 0 if it knows
    none. reports: whether `prepare` itself logs an overview.
    """

    name: str
    module: str
    keys: Mapping[str, Mapping]
    required: tuple[str, ...]
    counts: Callable[[Settings], tuple[int, int] | None] = _unknown
    classes: Callable[[Settings], int | None] = _unknown
    papers_name: Callable[[Settings], str | None] = _unknown
    size: Callable[[Settings], int] = field(default=lambda settings: settings["size"])
    between: Mapping[str, Mapping] = field(default_factory=dict)
    processes: int = 0
    reports: bool = False


def _refer(name: str) -> dict:
    return {"$ref": f"#/$defs/{name}"}


def _glyphs(settings: Settings) -> tuple[int, int]:
    classes = settings["classes"]
    return classes * settings["train_per_class"], classes * settings["test_per_class"]


SOURCES = {
    source.name: source
    for source in (
        Source(
            "glyphs",
            "glyphs",
            keys={
                "size": _refer("size"),
                "classes": {"type": "integer", "minimum": 2, "maximum": 100},
                "train_per_class": _refer("count"),
                "test_per_class": _refer("count"),
                "seed": _refer("seed"),
            },
            required=("size", "classes", "train_per_class", "test_per_class", "seed"),
            counts=_glyphs,
            classes=lambda settings: settings["classes"],
        ),
        Source(
            "digits",
            "digits",
            keys={
                "size": _refer("size"),
                "scene": {"type": "boolean"},
                "train": _refer("count"),
                "test": _refer("count"),
                "seed": _refer("seed"),
            },
            required=("size", "scene", "train", "test", "seed"),
            counts=lambda settings: (settings["train"], settings["test"]),
            classes=lambda settings: 10,
        ),
        Source(
            "torchvision",
            "archives",
            keys={
                "name": {"enum": [*ARCHIVES]},
                "root": _refer("root"),
                "url": {
                    "type": ["string", "null"],
                    "pattern": "^(https|file)://",
                    "description": "an address that begins with https:// or file://",
                },
            },
            required=("name", "root"),
            counts=lambda settings: ARCHIVES[settings["name"]][1],
            classes=lambda settings: ARCHIVES[settings["name"]][2],
            papers_name=lambda settings: ARCHIVES[settings["name"]][0],
            size=lambda settings: ARCHIVE_SIZE,
        ),
        Source(
            "folder",
            "folder",
            keys={
                "root": _refer("root-or-null"),
                "size": _refer("size"),
                "train": {"type": "string", "minLength": 1},
                "test": {"type": "string", "minLength": 1},
                "split": SHARE,  # instead of two folders: a share of the classes in root is the test split
            },
            required=("root", "size"),
            # With `split`, neither of the two folders.
            between={"dependentSchemas": {"split": {"properties": {"train": NO_FOLDER, "test": NO_FOLDER}}}},
            processes=8,
            reports=True,
        ),
    )
}


def source_of(dataset: Settings) -> Source:
    """The source of a data set, from its settings in a study."""
    return SOURCES[dataset["source"]]


def image_size(dataset: Settings) -> int:
    """Side of a data set's images in pixels, from its settings alone."""
    return source_of(dataset).size(dataset)


def training_images(dataset: Settings) -> int | None:
    """How many images a data set has for training; None for one that must be looked at first."""
    counts = source_of(dataset).counts(dataset)
    return counts and counts[0]
