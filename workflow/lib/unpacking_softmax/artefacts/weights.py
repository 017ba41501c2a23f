"""Files of weights: whose they are, and whether they are still what was trained. No torch."""

import json
from collections.abc import Mapping
from pathlib import Path

from unpacking_softmax.artefacts.errors import ArtefactError, first_line, unusable
from unpacking_softmax.artefacts.identity import mismatch, sha256_of, weights_at
from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.artefacts.reading import is_number, kept_snapshots, read_record

# How far a network's test accuracy may lie from that of its record, which was measured in TF32 and in
# other batches (in 20 runs on a card at most 0.0004 apart); of few test images so many may change sides.
TOLERANCE, IMAGES = 0.005, 2


def naming(path: str | Path) -> dict[str, str] | None:
    """The metadata that weights are written with at this path: their run; none outside a run's folder."""
    named = weights_at(path)
    return {"run": json.dumps(named)} if named else None


def check_weights(path: str | Path, metadata: Mapping[str, str] | None) -> None:
    """Raise ArtefactError unless weights are those that the run their path names has trained.

    metadata: of the file. What it says (`naming`) is compared with the path, and the file's hash with
    that of the run's `run.json`, of a snapshot with that of its `index.json`. Weights of earlier
    versions name no run, and their records no hash: of them `check_accuracy` alone is asked. Outside a
    run's folder nothing is compared.
    """
    named = weights_at(path)
    if not named:
        return
    if metadata and "run" in metadata and (other := mismatch(_parsed(metadata["run"]), named)):
        raise spoilt(path, other)
    if "epoch" in named:
        keeper = Path(path).with_name("index.json")
        kept = kept_snapshots(keeper).get(named["epoch"])
    else:
        keeper = Path(path).with_name("run.json")
        kept = read_record(keeper, {}).get("weights_sha256")
    if kept not in (None, sha256_of(path)):
        raise spoilt(path, f"is not what was trained: {keeper} has another SHA-256")


def check_accuracy(path: str | Path, measured: float, count: int) -> None:
    """Raise ArtefactError where a trained network's accuracy on `count` test images is not its record's.

    path: of its weights, in its run's folder.
    """
    form = {"test_accuracy": is_number, "status": tuple(Status).__contains__}
    record = read_record(Path(path).with_name("run.json"), form)
    apart = abs(measured - record["test_accuracy"])
    sound = record["status"] in (Status.TRAINED, Status.IMPORTED)
    if sound and not apart <= max(TOLERANCE, IMAGES / count):
        said = f"its test accuracy is {measured:.4f}, but {record['test_accuracy']:.4f} in its run.json"
        raise spoilt(path, said)


def check_data(path: str | Path, name: str, sha256: str) -> None:
    """Raise ArtefactError where weights in a run's folder were trained on other data than these.

    name, sha256: of the data set, as it is now.
    """
    if named := weights_at(path):
        folder = Path(path).parents[1 if "epoch" in named else 0]
        trained_on = read_record(folder / "run.json", {}).get("data")
        if isinstance(trained_on, Mapping) and trained_on.get("sha256") not in (None, sha256):
            raise spoilt(path, f"was trained on other images than the data set {name} has now")


def spoilt(path: str | Path, reason: object) -> ArtefactError:
    """The error for weights that cannot be used. A snapshot is made again when its run is, for its index."""
    if "epoch" not in weights_at(path):
        return unusable(path, reason, "trained")
    index = Path(path).with_name("index.json")
    return ArtefactError(f"{path}: {first_line(reason)}; delete {index}, and the run is trained again")


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
