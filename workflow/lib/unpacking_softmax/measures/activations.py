"""The stored activations of a run, for measures that need no torch."""

from pathlib import Path

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from unpacking_softmax.artefacts.errors import unusable


class Activations:
    """The tensors that a run's file of one data set holds (see `extract`), each read when asked for.

    points: the network's points in order. source: the data set, after which the file is named.
    Raises ArtefactError for a damaged file, when it is opened or when it lacks a tensor.
    """

    def __init__(self, path: str | Path):
        self._path, self.source = path, Path(path).stem
        try:
            self._file = safe_open(path, framework="numpy")
            self.points = self._file.metadata()["points"].split(",")
        except (SafetensorError, OSError) as error:
            raise unusable(path, error) from error
        except (KeyError, TypeError) as error:
            raise unusable(path, "lacks the names of the network's points") from error
        self._names = set(self._file.keys())

    def __getitem__(self, name: str) -> NDArray:
        try:
            return self._file.get_tensor(name)
        except (SafetensorError, TypeError) as error:
            raise unusable(self._path, error) from error

    def __contains__(self, name: str) -> bool:
        return name in self._names
