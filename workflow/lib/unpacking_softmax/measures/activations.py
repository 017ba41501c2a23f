"""The stored activations of a run, for measures that need no torch."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from unpacking_softmax.artefacts.errors import unusable
from unpacking_softmax.artefacts.identity import mismatch, named_by


def described(path: str | Path, points: Sequence[str], tensors: Mapping[str, NDArray]) -> dict[str, str]:
    """The metadata that activations are written with at `path`: points, run and source, a hash a tensor."""
    about = {"run": named_by("activations", path), "sha256": {k: _sha256(v) for k, v in tensors.items()}}
    return {"points": ",".join(points), "about": json.dumps(about)}


def _sha256(tensor: NDArray) -> str:
    return hashlib.sha256(np.ascontiguousarray(tensor)).hexdigest()


class Activations:
    """The tensors that a run's file of one data set holds (see `extract`), each read when asked for.

    points: the network's points in order. source: the data set, after which the file is named.
    Raises ArtefactError, when it is opened or when a tensor is read, for a damaged file and one of another
    run or source than its path says. (Files of earlier versions do not say.)
    """

    def __init__(self, path: str | Path):
        self._path, self.source = path, Path(path).stem
        try:
            self._file = safe_open(path, framework="numpy")
            metadata = self._file.metadata()
            self.points = metadata["points"].split(",")
            about = json.loads(metadata.get("about", "{}"))
            self._sha256 = dict(about.get("sha256", {}))
        except (SafetensorError, OSError) as error:
            raise unusable(path, error) from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise unusable(path, "lacks the names of the network's points") from error
        if "run" in about and (other := mismatch(about["run"], named_by("activations", path))):
            raise unusable(path, other)
        self._names = set(self._file.keys())

    def __getitem__(self, name: str) -> NDArray:
        try:
            tensor = self._file.get_tensor(name)
        except (SafetensorError, TypeError) as error:
            raise unusable(self._path, error) from error
        if self._sha256.get(name) not in (None, _sha256(tensor)):
            raise unusable(self._path, f"{name} is not what was written (another SHA-256)")
        return tensor

    def __contains__(self, name: str) -> bool:
        return name in self._names
