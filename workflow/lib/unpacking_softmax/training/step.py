"""The optimisation step: eager on a CPU, compiled and captured once as a CUDA graph on a GPU."""

import logging

import torch
from torch import Tensor, nn

from unpacking_softmax.images.augment import EpochPlan, crop_flip, normalise, pad
from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.machine.arithmetic import float32_arithmetic, training_dtype
from unpacking_softmax.machine.memory import is_out_of_memory
from unpacking_softmax.networks.losses import Loss
from unpacking_softmax.training.lowered import lowered
from unpacking_softmax.training.recipe import Recipe
from unpacking_softmax.training.sgd import SGD

log = logging.getLogger(__name__)
WARM_UP_STEPS = 3
# Compiling takes 5 to 20 s the first time, then 3 to 7 s from its cache; a step gains 0.2 to 0.7 ms.
COMPILE_FROM_STEPS = 20_000


def pays_to_compile(recipe: Recipe, data: Dataset) -> bool:
    """Whether a training on a GPU is long enough for torch's compiler to save more than it takes."""
    steps = recipe.epochs * (len(data.train.labels) // recipe.batch)
    return data.device.type == "cuda" and steps >= COMPILE_FROM_STEPS


class Step:
    """Gather, crop, flip, forward, loss, backward, SGD, over tensors that never move.

    Everything that changes between steps or runs (temperature, learning rate, the epoch's sample
    order and augmentation, the step counter) is a tensor, so that one capture serves all.
    compiled: whether torch's compiler fuses what lies between the convolutions and products.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Dataset,
        recipe: Recipe,
        loss: Loss,
        temperature: float,
        padding: int,
        compiled: bool = False,
    ):
        device = data.device
        self.model, self.loss, self.size = model, loss, data.image_size
        self.padded = pad(data.train.images, padding)
        self.labels = data.train.labels
        self.mean = torch.tensor(data.mean, device=device)
        self.std = torch.tensor(data.std, device=device)
        self.dtype = training_dtype(recipe.precision, device)
        self.temperature = torch.tensor(float(temperature), device=device)
        self.rate = torch.tensor(recipe.learning_rate, device=device)
        self.twin = lowered(model, self.dtype) if compiled and self.dtype != torch.float32 else model
        self.sgd = SGD(model, self.twin, self.rate, recipe.momentum, recipe.weight_decay)
        self.counter = torch.zeros(1, dtype=torch.int64, device=device)
        self.loss_sum = torch.zeros((), device=device)
        self.plan: EpochPlan | None = None
        self.graph: torch.cuda.CUDAGraph | None = None
        self.captures = device.type == "cuda"
        self._compile() if compiled else self._use_eager()

    def epoch(self, plan: EpochPlan, rate: float) -> float:
        """Run every step of one epoch; returns the mean training loss."""
        self._load(plan)
        self.rate.fill_(rate)
        self.counter.zero_()
        self.loss_sum.zero_()
        self.twin.train()
        self.sgd.follow()
        with float32_arithmetic(tf32=False):
            if self.captures and self.graph is None:
                self._prepare()
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

    def _use_eager(self) -> None:
        self.compiled, self._batch_loss, self._update = False, self._loss_of, self.sgd.step

    def _compile(self) -> None:
        self.compiled = True
        self._batch_loss = torch.compile(self._loss_of, dynamic=False)
        self._update = torch.compile(self.sgd.step_to_compile, dynamic=False)

    def _once(self) -> None:
        batch = [
            values.index_select(0, self.counter).squeeze(0)
            for values in (self.plan.rows, self.plan.shift, self.plan.flip)
        ]
        loss = self._batch_loss(*batch)
        self._update(torch.autograd.grad(loss, self.sgd.leaves))
        self.loss_sum += loss.detach()
        self.counter += 1

    def _loss_of(self, rows: Tensor, shift: Tensor, flip: Tensor) -> Tensor:
        images = normalise(crop_flip(self.padded, rows, shift, flip, self.size), self.mean, self.std)
        lower = self.dtype != torch.float32
        # No cast cache: cached casts of weights would outlive the step inside a captured graph.
        with torch.autocast(images.device.type, self.dtype, enabled=lower, cache_enabled=False):
            logits = self.twin(images.contiguous(memory_format=torch.channels_last))
        return self.loss(logits.float(), self.labels.index_select(0, rows), self.temperature)

    def _prepare(self) -> None:
        """Warm up and capture one step, leaving no trace of either; on trouble, do without."""
        torch.backends.cudnn.benchmark = True  # shapes never change: let cuDNN time its algorithms
        try:
            self._without_trace(self._warm_up)
        except RuntimeError as error:
            if is_out_of_memory(error) or not self.compiled:
                raise
            log.warning("torch's compiler does not work here (%s): training without it", _first_line(error))
            self._give_up_compiling()
            self._without_trace(self._warm_up)
        try:
            self.graph = self._without_trace(self._capture)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            log.warning("no CUDA graph can be captured here (%s): training without it", _first_line(error))
            self.captures = False

    def _without_trace(self, action):
        moving = [*self.model.state_dict().values(), *self.sgd.velocities]
        before = [value.clone() for value in moving]
        try:
            return action()
        finally:
            for value, kept in zip(moving, before, strict=True):
                value.copy_(kept)
            self.sgd.follow()
            self.counter.zero_()
            self.loss_sum.zero_()

    def _warm_up(self) -> None:
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(WARM_UP_STEPS):
                self.counter.zero_()
                self._once()
        torch.cuda.current_stream().wait_stream(side)

    def _capture(self) -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._once()
        return graph

    def _give_up_compiling(self) -> None:
        velocities = self.sgd.velocities
        self.twin = self.model.train()
        self.sgd = SGD(self.model, self.model, self.rate, self.sgd.momentum, self.sgd.weight_decay)
        self.sgd.velocities = velocities
        self._use_eager()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
