"""A network's logits on a whole split, and the statistics of the logits matrix that a history keeps."""

import torch
from torch import Tensor, nn

from unpacking_softmax.images.augment import normalise
from unpacking_softmax.measures.spectrum import Moments


@torch.inference_mode()
def all_logits(model: nn.Module, images: Tensor, mean: Tensor, std: Tensor, batch: int) -> Tensor:
    """The logits matrix M (n, C) in float32, raw: not divided by the temperature; eval mode.

    images: uint8 (n, 3, h, w) on the model's device.
    """
    model.eval()
    return torch.cat(
        [
            model(normalise(part, mean, std).contiguous(memory_format=torch.channels_last)).float()
            for part in images.split(batch)
        ]
    )


def logits_statistics(logits: Tensor, labels: Tensor, classes: int, temperature: float) -> dict:
    """Norms and spectra of M (n, C): Frobenius, per-sample RMS norm, raw, class-centred, post-softmax.

    Spectra are descending lists of C float64 singular values, from float64 Gram matrices.
    softmax_T(M) is taken in float64 along the classes.
    """
    raw = Moments(logits.shape[1], classes, logits.device)
    raw.update(logits, labels)
    softmax = Moments(logits.shape[1], classes, logits.device)
    softmax.update(torch.softmax(logits.double() / temperature, dim=1), labels)
    norm = raw.gram.trace().sqrt().item()
    return {
        "n": raw.n,
        "logits_norm": norm,
        "logits_norm_rms": norm / raw.n**0.5,
        "singular_values": raw.spectrum().tolist(),
        "singular_values_centred": raw.class_centred_spectrum().tolist(),
        "singular_values_softmax": softmax.spectrum().tolist(),
    }
