"""Train one network from its settings: the loop over epochs, the history, the verdict on the run."""

import json
import logging
import math
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.artefacts.kinds import Status
from unpacking_softmax.images.augment import epoch_plan
from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.networks.door import new_network, save_weights
from unpacking_softmax.networks.losses import LOSSES
from unpacking_softmax.networks.points import unlike_a_matrix
from unpacking_softmax.study.paths import snapshot_file
from unpacking_softmax.training import outcome
from unpacking_softmax.training.evaluate import evaluate, finite_logits
from unpacking_softmax.training.initial import with_data_statistics
from unpacking_softmax.training.preemption import Preempted, notices
from unpacking_softmax.training.recipe import Recipe
from unpacking_softmax.training.resume import Checkpoint
from unpacking_softmax.training.step import Step, pays_to_compile

log = logging.getLogger(__name__)
CROP_PADDING = 4
SECONDS_BETWEEN_RESUME_FILES = 120
RESUME_FILE = "resume.safetensors"


@dataclass(frozen=True)
class Trained:
    """A trained network, its history (one dict an epoch, epoch 0 = initialisation) and its status.

    seconds_before: what the epochs took that an earlier process trained.
    """

    model: nn.Module
    history: list[dict]
    status: str
    seconds_before: float


def train(settings: Mapping, data: Dataset, folder: Path) -> Trained:
    """Train to the end of the recipe, or until the loss or the logits are no longer finite.

    settings: as `settings.Settings.train` gives them, with the temperature as a number. data lies
    on the device to train on. folder: the run's; its resume file, where one fits, is continued
    from, and snapshots (`snapshot_file`) go there after the epochs that settings["snapshots"] names.
    A run that overflows keeps the weights of its last finite epoch: status `diverged`.

    A notice to stop (`preemption`) ends training at once, however long an epoch lasts: the resume
    file is written as of the last finished epoch, and Preempted goes on to the caller.
    """
    recipe = Recipe.from_settings(settings["recipe"])
    model = new_network(settings, data)
    _check_snapshots(model, settings)
    augmented = settings["augment"] == "crop-flip"
    step = Step(
        model,
        data,
        recipe,
        LOSSES[settings["variant"].get("loss", "cross-entropy")],
        settings["temperature"],
        CROP_PADDING if augmented else 0,
        compiled=pays_to_compile(recipe, data),
    )
    fingerprint = json.dumps({**settings, "data": data.sha256}, sort_keys=True)
    checkpoint = Checkpoint(folder / RESUME_FILE, step, fingerprint)
    if not checkpoint.read():
        row = {"epoch": 0, "rate": recipe.rate(0), "loss": math.nan, "seconds": 0.0}
        new = with_data_statistics(model, data)
        _keep_snapshot(new, folder, 0, settings["snapshots"])
        checkpoint.keep(row | evaluate(new, data, settings["temperature"]))
    seconds_before = sum(row["seconds"] for row in checkpoint.history)
    with notices():
        try:
            finite = _remaining_epochs(checkpoint, data, recipe, settings, augmented)
        except Preempted as notice:
            checkpoint.write()
            epoch = checkpoint.history[-1]["epoch"]
            log.warning("stopped by %s; started again, training goes on after epoch %d", notice, epoch)
            raise
    *earlier, last = checkpoint.history
    if not finite:
        last = evaluate(model, data, settings["temperature"]) | last
    status = _status(last, data.train.labels, finite)
    return Trained(model, [*earlier, last], status, seconds_before)


def _check_snapshots(model: nn.Module, settings: Mapping) -> None:
    """What snapshots are kept for must be possible: better said before the training than after it."""
    if settings["snapshots"] and (reason := unlike_a_matrix(model)):
        raise StudyError(
            f"network {settings['network']}: {reason}, so that alignment and gradients cannot be read; "
            "set the grid's snapshots to false, or list other `points`"
        )


def _remaining_epochs(
    checkpoint: Checkpoint, data: Dataset, recipe: Recipe, settings: Mapping, augmented: bool
) -> bool:
    """Train to the end of the recipe; False if the run diverged, with the last finite epoch restored."""
    step, folder = checkpoint.step, checkpoint.path.parent
    written, parent = time.monotonic(), os.getppid()
    for epoch in range(checkpoint.history[-1]["epoch"], recipe.epochs):
        row, finite = _one_epoch(step, data, recipe, settings, epoch, augmented)
        if not finite:
            checkpoint.restore()
            return False
        # Before it counts as finished: a run that goes on from here has all its snapshots.
        _keep_snapshot(step.model, folder, row["epoch"], settings["snapshots"])
        checkpoint.keep(row)
        _report(checkpoint.history, recipe.epochs)
        if os.getppid() != parent:  # the Snakemake that wanted this is gone; another may start the same
            raise Preempted("the end of its parent process")
        if time.monotonic() - written > SECONDS_BETWEEN_RESUME_FILES and epoch + 1 < recipe.epochs:
            checkpoint.write()
            written = time.monotonic()
    return True


def _keep_snapshot(model: nn.Module, folder: Path, epoch: int, wanted: Collection[int]) -> None:
    if epoch in wanted:
        save_weights(model, snapshot_file(folder, epoch))


def _one_epoch(
    step: Step, data: Dataset, recipe: Recipe, settings: Mapping, epoch: int, augmented: bool
) -> tuple[dict, bool]:
    began = time.monotonic()
    plan = epoch_plan(
        len(data.train.labels),
        recipe.batch,
        CROP_PADDING if augmented else 0,
        augmented,
        settings["seed"],
        epoch,
    )
    # What a network draws as it trains (dropout) is, like the plan, a function of seed and epoch.
    torch.manual_seed(int(np.random.SeedSequence([settings["seed"], epoch, 1]).generate_state(1)[0]))
    loss = step.epoch(plan, recipe.rate(epoch))
    row = {"epoch": epoch + 1, "rate": recipe.rate(epoch), "loss": loss}
    if recipe.evaluates_after(epoch + 1):
        row |= evaluate(step.model, data, settings["temperature"])
    # The loss precedes each update: the last update shows in the logits alone.
    healthy = math.isfinite(row["logits_norm"]) if "logits_norm" in row else finite_logits(step.model, data)
    finite = math.isfinite(loss) and healthy
    if not finite:
        log.warning("epoch %d: loss %s, logits finite: %s: the run has diverged", epoch + 1, loss, healthy)
    return row | {"seconds": time.monotonic() - began}, finite


def _status(last: dict, labels: Tensor, finite: bool) -> str:
    """The status of a run with this last finite epoch, which the log says with the reason."""
    if not finite:
        log.warning("diverged: the weights are those after epoch %d, the last finite one", last["epoch"])
        return Status.DIVERGED
    came = outcome.status(last["train_accuracy"], labels)
    log.log(
        logging.INFO if came == Status.TRAINED else logging.WARNING,
        "%s: training accuracy %.4f, needed %.4f (the largest class alone has %.4f of the images)",
        came,
        last["train_accuracy"],
        outcome.accuracy_needed(labels),
        outcome.largest_share(labels),
    )
    return came


def _report(history: list[dict], epochs: int) -> None:
    row = history[-1]
    recent = [r["seconds"] for r in history[1:]][-5:]
    seen = "  train {train_accuracy:.3f}  test {test_accuracy:.3f}  |M| {logits_norm:.3g}"
    log.info(
        "epoch %d/%d  loss %.4f%s  %.2f s  ETA %.0f s",
        row["epoch"],
        epochs,
        row["loss"],
        seen.format(**row) if "logits_norm" in row else "",
        row["seconds"],
        sum(recent) / len(recent) * (epochs - row["epoch"]),
    )
