"""Where data sets come from: the one door to every source."""

import logging
from collections.abc import Mapping
from importlib import import_module

from unpacking_softmax.artefacts.errors import DataError, StudyError
from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.images.overview import overview
from unpacking_softmax.images.registry import SOURCES


def prepare(name: str, settings: Mapping, workers: int = 1) -> Dataset:
    """Make data set `name` from its source.

    Args:
        name: the data set's name in the study.
        settings: `source`, one of SOURCES, and the keyword arguments of that source's `prepare`.
        workers: processes, for a source that can use more than one; the result does not depend on it.

    Raises:
        StudyError: the source is unknown, or refuses a setting.
        DataError: the images are missing or damaged.
    """
    arguments = dict(settings)
    source = arguments.pop("source")
    if source not in SOURCES:
        raise StudyError(f"data set {name}: source is {source}, must be one of {', '.join(SOURCES)}")
    if SOURCES[source].processes:
        arguments["workers"] = workers
    module = import_module(f"unpacking_softmax.images.{SOURCES[source].module}")
    data = module.prepare(name, **arguments)
    if not SOURCES[source].reports:
        logging.info("%s", overview(data))
    if 0 in data.std:
        raise DataError(f"data set {name}: all training images have one colour; check what they are")
    return data
