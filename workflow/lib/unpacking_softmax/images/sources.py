"""Where data sets come from: one function for each source."""

import logging
from collections.abc import Mapping

from unpacking_softmax.artefacts.errors import DataError, StudyError
from unpacking_softmax.images import archives, digits, folder, glyphs
from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.images.overview import overview

SOURCES = {
    "glyphs": glyphs.prepare,
    "digits": digits.prepare,
    "torchvision": archives.prepare,
    "folder": folder.prepare,
}


def prepare(name: str, settings: Mapping) -> Dataset:
    """Make data set `name` from its source.

    Args:
        name: the data set's name in the study.
        settings: `source`, one of SOURCES, and the keyword arguments of that source's `prepare`.

    Raises:
        StudyError: the source is unknown, or refuses a setting.
        DataError: the images are missing or damaged.
    """
    arguments = dict(settings)
    source = arguments.pop("source")
    if source not in SOURCES:
        raise StudyError(f"data set {name}: source is {source}, must be one of {', '.join(SOURCES)}")
    data = SOURCES[source](name, **arguments)
    if source != "folder":  # which tells more
        logging.info("%s", overview(data))
    if 0 in data.std:
        raise DataError(f"data set {name}: all training images have one colour; check what they are")
    return data
