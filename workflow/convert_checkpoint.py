"""Make weights that a study can import (safetensors) of a checkpoint (.pt, .pth), and say what is kept.

    python workflow/convert_checkpoint.py checkpoint.pt
    python workflow/convert_checkpoint.py checkpoint.pth --to weights/mine.safetensors

Read are tensors and plain values alone (torch's `weights_only`): nothing in the file is run.
"""

import argparse
import pickle
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "lib"))

import torch
from safetensors.torch import save_file
from torch import Tensor

from unpacking_softmax.artefacts.errors import DataError, UserError, first_line
from unpacking_softmax.artefacts.files import replacing

# Where a checkpoint keeps the weights among other things, the first that is there; and what wrappers
# (DataParallel, torch.compile) put before their names.
ENTRIES = ("state_dict", "model_state_dict", "model", "net", "network")
PREFIXES = ("module.", "_orig_mod.")


def convert(source: Path, target: Path) -> Iterator[str]:
    """Write the weights in `source` to `target`; lines on what is kept and what is not.

    Raises DataError for a file that cannot be read without running it, or that holds no weights.
    """
    loaded, way = _loaded(source), []
    while isinstance(loaded, Mapping) and (entry := _entry(loaded)):
        yield from _left_out(" of ".join(["the file", *way]), [name for name in loaded if name != entry])
        loaded = loaded[entry]
        way.insert(0, repr(entry))
    if not isinstance(loaded, Mapping) or not any(isinstance(value, Tensor) for value in loaded.values()):
        raise DataError(f"{source}: holds no weights by their names (a state_dict)")
    yield from _left_out("the weights", [n for n, value in loaded.items() if not isinstance(value, Tensor)])
    tensors, stripped = {}, set()
    for name, value in loaded.items():
        if isinstance(value, Tensor):
            plain, prefixes = _plain(str(name))
            if plain in tensors:
                raise DataError(f"{source}: two tensors are called {plain}, one of them with a prefix")
            tensors[plain] = value.detach().clone(memory_format=torch.contiguous_format)
            stripped |= prefixes
    if stripped:
        yield f"names without {' and '.join(sorted(stripped))}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacing(target) as draft:
        save_file(tensors, draft)
    numbers = sum(value.numel() for value in tensors.values())
    yield f"kept {len(tensors)} tensors, {numbers:,} numbers: {target}"


def _loaded(source: Path) -> object:
    try:
        return torch.load(source, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise DataError(
            f"{source}: holds more than weights, which to read would be to run it; where it was trained, "
            "save model.state_dict() alone"
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise DataError(f"{source}: cannot be read ({first_line(error)})") from error


def _entry(loaded: Mapping) -> str | None:
    return next((name for name in ENTRIES if isinstance(loaded.get(name), Mapping)), None)


def _left_out(where: str, names: list) -> Iterator[str]:
    if names:
        yield f"left out of {where}: {', '.join(map(str, names))}"


def _plain(name: str) -> tuple[str, set[str]]:
    """A name without the prefixes of wrappers, and which these were."""
    found = set()
    while prefix := next((prefix for prefix in PREFIXES if name.startswith(prefix)), None):
        name = name.removeprefix(prefix)
        found.add(prefix)
    return name, found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--to", type=Path, help="by default beside it, as .safetensors")
    given = parser.parse_args()
    try:
        for line in convert(given.checkpoint, given.to or given.checkpoint.with_suffix(".safetensors")):
            print(line)
    except UserError as error:
        sys.exit(f"error: {error}")
