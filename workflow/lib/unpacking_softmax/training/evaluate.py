"""What a history keeps of an epoch: accuracies, and statistics of the logits matrix."""

import torch
from torch import Tensor, nn

from unpacking_softmax.images.augment import normalise
from unpacking_softmax.images.protocol import Data, Images, in_batches
from unpacking_softmax.machine.arithmetic import float32_arithmetic
from unpacking_softmax.measures.spectrum import Moments
from unpacking_softmax.networks.accuracy import accuracy

BATCH = 1000


def evaluate(model: nn.Module, data: Data, temperature: float) -> dict:
    """Accuracies and logits statistics on whole splits without augmentation, in eval mode, in TF32."""
    train, test = (_logits(model, split, data) for split in (data.train, data.test))
    return {
        "train_accuracy": accuracy(train, data.train.labels),
        "test_accuracy": accuracy(test, data.test.labels),
        **logits_statistics(train, data.train.labels, data.num_classes, temperature),
    }


def finite_logits(model: nn.Module, data: Data) -> bool:
    """Whether the logits of the first training images are finite: a look at a run's health, not a measure."""
    return bool(_logits(model, data.train.take(slice(BATCH)), data).isfinite().all())


def _logits(model: nn.Module, images: Images, data: Data) -> Tensor:
    mean, std = (torch.tensor(values, device=images.device) for values in (data.mean, data.std))
    with float32_arithmetic(tf32=True):
        return all_logits(model, images, mean, std, BATCH)


@torch.inference_mode()
def all_logits(model: nn.Module, images: Images, mean: Tensor, std: Tensor, batch: int) -> Tensor:
    """The logits matrix M (n, C) in float32, raw: not divided by the temperature; eval mode.

    images: handed out on the model's device.
    """
    model.eval()
    return torch.cat(
        [
            model(normalise(part, mean, std).contiguous(memory_format=torch.channels_last)).float()
            for part in images.batches(in_batches(images, batch))
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
