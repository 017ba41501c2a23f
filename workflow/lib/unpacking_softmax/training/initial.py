"""Networks before training: their logits norm (Fig. 8), which a temperature can be matched to."""

import copy
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from unpacking_softmax.images.augment import normalise
from unpacking_softmax.images.protocol import Data
from unpacking_softmax.machine.arithmetic import float32_arithmetic
from unpacking_softmax.networks.door import new_network

BATCH = 128  # images whose statistics batch norm sees, at most: the batch of Table 4
STATISTICS = 10_000  # images that the statistics of a new network are taken over, at most


def initial_norms(settings: Mapping, data: Data) -> list[dict]:
    """Norms of the logits M (n, C) of new networks, a row for each; n = settings["images"], or all.

    settings: network, variant, width, depth (as for `networks.door.build`), networks, images.
    The same images of the train split are given to every network, in the same batches.

    Columns: network (its seed: a run of this seed starts from it), n, batch (the largest),
    norm_train_mode (||M||_F with batch norm by batch statistics, as the first training steps see
    it), norm_rms (the same over sqrt(n)), norm_eval (by running statistics, which before training
    are 0 and 1 and say nothing of the data). Without batch norm the two modes are one.
    """
    batches = image_batches(len(data.train), settings["images"])
    n, batch = sum(map(len, batches)), max(map(len, batches))
    rows = []
    for network in range(settings["networks"]):
        model = new_network({**settings, "seed": network}, data)
        norm_eval = _norm(model.eval(), data, batches)  # first: train mode moves running statistics
        norm = _norm(model.train(), data, batches)
        rows.append(
            {
                "network": network,
                "n": n,
                "batch": batch,
                "norm_train_mode": norm,
                "norm_rms": norm / math.sqrt(n),
                "norm_eval": norm_eval,
            }
        )
    return rows


def image_batches(available: int, wanted: int) -> Sequence[Tensor]:
    """Indices of at most `wanted` of the available images, chosen once, in near-equal batches.

    Chosen at random because folders and synthetic sets can be sorted by class; near equal because a
    small last batch would have batch statistics unlike the others'.
    """
    order = torch.randperm(available, generator=torch.Generator().manual_seed(0))[:wanted]
    return order.tensor_split(-(-len(order) // BATCH))


@torch.inference_mode()
def _norm(model: nn.Module, data: Data, batches: Sequence[Tensor]) -> float:
    """||M||_F over the batches, in the mode the model is in; summed in float64."""
    mean, std = (torch.tensor(s, device=data.device) for s in (data.mean, data.std))
    total = torch.zeros((), dtype=torch.float64, device=data.device)
    with float32_arithmetic(tf32=False):
        for images in data.train.batches(batches):
            part = normalise(images, mean, std)
            logits = model(part.contiguous(memory_format=torch.channels_last))
            total += logits.double().square().sum()
    return total.sqrt().item()


def with_data_statistics(model: nn.Module, data: Data) -> nn.Module:
    """A new network as it is evaluated: batch norm by the statistics of the training split.

    Its own running statistics, 0 and 1, say nothing of the data: the logits norm would be wrong by a
    factor of up to twenty. In the copy that is returned they are the means over STATISTICS images, in
    batches of BATCH. `model` stays as it is, and is what is returned where it has no batch norm.
    """
    if not _batch_norms(model):
        return model
    settled = copy.deepcopy(model).eval()
    for layer in _batch_norms(settled):
        layer.reset_running_stats()
        layer.momentum = None  # a plain mean over batches
        layer.train()
    _norm(settled, data, image_batches(len(data.train), STATISTICS))
    return settled.eval()


def _batch_norms(model: nn.Module) -> list[nn.Module]:
    return [layer for layer in model.modules() if isinstance(layer, _BatchNorm)]
