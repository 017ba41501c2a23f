"""An intervention on the logits norm: each snapshot's logits at every other's norm (Section 3.2, Figure 5).

Over training the logits norm and the rank after the softmax grow together, and so would anything else
that grows with time. Scaled by a number, logits keep their rank and their directions: what the rank after
the softmax does then, it owes to the norm alone.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from unpacking_softmax.images.protocol import Data, Images
from unpacking_softmax.measures.features import Reader, named_stream, open_reader
from unpacking_softmax.measures.spectrum import Moments
from unpacking_softmax.networks.door import load_weights
from unpacking_softmax.study.paths import snapshot_file


def rescaled_rows(
    folder: Path, epochs: Sequence[int], data: Data, images: Images, settings: Mapping, temperature: float
) -> list[dict]:
    """Rows (epoch, norm_epoch, n, d, norm, sigma): the logits M (n, d) after `epoch`, scaled to the norm of
    those after `norm_epoch`, and the singular values of their softmax, descending.

    folder, epochs, data, settings (of a reader), temperature: as for
    `dynamics.follow`; images: training images that every snapshot is shown. norm: Frobenius, before
    the division by the temperature. softmax in float64 along the classes.
    """
    reader = open_reader(str(snapshot_file(folder, epochs[0])), settings, data)
    logits = {}
    for epoch in epochs:
        load_weights(reader.model, snapshot_file(folder, epoch), settings["network"])
        logits[epoch] = _logits(reader, images)
    norms = {epoch: m.norm().item() for epoch, m in logits.items()}
    return [
        {
            "epoch": epoch,
            "norm_epoch": other,
            "n": m.shape[0],
            "d": m.shape[1],
            "norm": norm,
            "sigma": _after_softmax(m * (norm / (norms[epoch] or 1.0)), temperature),
        }
        for epoch, m in logits.items()
        for other, norm in norms.items()
    ]


def _logits(reader: Reader, images: Images) -> Tensor:
    """(n, d) float64."""
    return torch.cat([part["logits"].double() for _, part in named_stream(reader, images, ["logits"])])


def _after_softmax(logits: Tensor, temperature: float) -> list[float]:
    n, d = logits.shape
    moments = Moments(d, 1, logits.device)
    softmax = torch.softmax(logits / temperature, dim=1)
    moments.update(softmax, torch.zeros(n, dtype=torch.int64, device=logits.device))
    return moments.spectrum().tolist()
