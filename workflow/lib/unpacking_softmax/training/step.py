"""The optimisation step: eager on a CPU, captured once as a CUDA graph on a GPU."""

import logging

import torch
from torch import Tensor, nn

from unpacking_softmax.arithmetic import float32_arithmetic, training_dtype
from unpacking_softmax.images.augment import EpochPlan, crop_flip, normalise, pad
from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.training.recipe import Loss, Recipe
from unpacking_softmax.training.sgd import SGD

log = logging.getLogger(__name__)
WARM_UP_STEPS = 3


class Step:
    """Gather, crop, flip, forward, loss, backward, SGD, over tensors that never move.

    Everything that changes between steps or runs (temperature, learning rate, the epoch's sample
    order and augmentation, the step counter) is a tensor, so that one capture serves all.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Dataset,
        recipe: Recipe,
        loss: Loss,
        temperature: float,
        padding: int,
    ):
        device = data.train.images.device
        self.model, self.loss, self.size = model, loss, data.image_size
        self.padded = pad(data.train.images, padding)
        self.labels = data.train.labels
        self.mean = torch.tensor(data.mean, device=device)
        self.std = torch.tensor(data.std, device=device)
        self.dtype = training_dtype(recipe.precision, device)
        self.temperature = torch.tensor(float(temperature), device=device)
        self.rate = torch.tensor(recipe.learning_rate, device=device)
        self.sgd = SGD(model.parameters(), self.rate, recipe.momentum, recipe.weight_decay)
        self.counter = torch.zeros(1, dtype=torch.int64, device=device)
        self.loss_sum = torch.zeros((), device=device)
        self.plan: EpochPlan | None = None
        self.graph: torch.cuda.CUDAGraph | None = None

    def epoch(self, plan: EpochPlan, rate: float) -> float:
        """Run every step of one epoch; returns the mean training loss."""
        self._load(plan)
        self.rate.fill_(rate)
        self.counter.zero_()
        self.loss_sum.zero_()
        self.model.train()
        with float32_arithmetic(tf32=False):
            if self.graph is None and self.padded.is_cuda:
                self._capture()
            for _ in plan.rows:
                self._once() if self.graph is None else self.graph.replay()
        return self.loss_sum.item() / len(plan.rows)

    def _load(self, plan: EpochPlan) -> None:
        if self.plan is None:
            device = self.padded.device
            self.plan = EpochPlan(plan.rows.to(device), plan.shift.to(device), plan.flip.to(device))
        else:
            for name in ("rows", "shift", "flip"):
                getattr(self.plan, name).copy_(getattr(plan, name))

    def _once(self) -> None:
        rows, shift, flip = (
            values.index_select(0, self.counter).squeeze(0)
            for values in (self.plan.rows, self.plan.shift, self.plan.flip)
        )
        images = normalise(crop_flip(self.padded, rows, shift, flip, self.size), self.mean, self.std)
        logits = self._forward(images.contiguous(memory_format=torch.channels_last))
        loss = self.loss(logits.float(), self.labels.index_select(0, rows), self.temperature)
        self.sgd.step(torch.autograd.grad(loss, self.sgd.parameters))
        self.loss_sum += loss.detach()
        self.counter += 1

    def _forward(self, images: Tensor) -> Tensor:
        # No cast cache: cached casts of weights would outlive the step inside a captured graph.
        lower = self.dtype != torch.float32
        with torch.autocast(images.device.type, self.dtype, enabled=lower, cache_enabled=False):
            return self.model(images)

    def _capture(self) -> None:
        """Capture one step; the warm-up that capturing needs leaves no trace."""
        torch.backends.cudnn.benchmark = True  # shapes never change: let cuDNN time its algorithms
        moving = [*self.model.state_dict().values(), *self.sgd.velocities]
        before = [value.clone() for value in moving]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP_STEPS):
                self.counter.zero_()
                self._once()
        torch.cuda.current_stream().wait_stream(side)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self._once()
        for value, kept in zip(moving, before, strict=True):
            value.copy_(kept)
        self.counter.zero_()
        self.loss_sum.zero_()
