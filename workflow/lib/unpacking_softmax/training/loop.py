"""Train one network from its settings: the loop over epochs, the history, the verdict on the run."""

import copy
import json
import logging
import math
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from unpacking_softmax.arithmetic import float32_arithmetic
from unpacking_softmax.images.augment import epoch_plan
from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.measures.accuracy import accuracy
from unpacking_softmax.networks.weights import new_network, save_weights
from unpacking_softmax.paths import snapshot_file
from unpacking_softmax.training import resume
from unpacking_softmax.training.evaluate import all_logits, logits_statistics
from unpacking_softmax.training.recipe import LOSSES, Recipe
from unpacking_softmax.training.step import Step

log = logging.getLogger(__name__)
CROP_PADDING = 4
EVALUATION_BATCH = 1000
SECONDS_BETWEEN_RESUME_FILES = 120
RESUME_FILE = "resume.safetensors"


@dataclass(frozen=True)
class Trained:
    """A trained network, its history (one dict an epoch, epoch 0 = initialisation) and its status."""

    model: nn.Module
    history: list[dict]
    status: str


def train(settings: Mapping, data: Dataset, folder: Path) -> Trained:
    """Train to the end of the recipe, or until the loss or the logits are no longer finite.

    settings: as `settings.Settings.train` gives them, with the temperature as a number. data lies
    on the device to train on. folder: the run's; its resume file, where one fits, is continued
    from, and snapshots (`snapshot_file`) go there after the epochs that settings["snapshots"] names.
    A run that overflows keeps the weights of its last finite epoch: status `diverged`.
    """
    recipe = Recipe.from_settings(settings["recipe"])
    model = new_network(settings, data)
    augmented = settings["augment"] == "crop-flip"
    step = Step(
        model,
        data,
        recipe,
        LOSSES[settings["variant"].get("loss", "cross-entropy")],
        settings["temperature"],
        CROP_PADDING if augmented else 0,
    )
    fingerprint = json.dumps({**settings, "data": data.sha256}, sort_keys=True)
    resume_file = folder / RESUME_FILE
    history = resume.load(resume_file, step, fingerprint)
    if not history:
        history = [{"epoch": 0, "rate": recipe.rate(0), "loss": math.nan, "seconds": 0.0}]
        history[0] |= evaluate(model, data, settings["temperature"])
        _keep_snapshot(model, folder, 0, settings["snapshots"])
    saved = time.monotonic()
    for epoch in range(history[-1]["epoch"], recipe.epochs):
        row, finite = _one_epoch(step, data, recipe, settings, epoch, augmented)
        if not finite:
            return Trained(model, history, "diverged")
        history.append(row)
        _keep_snapshot(model, folder, row["epoch"], settings["snapshots"])
        _report(history, recipe.epochs)
        if time.monotonic() - saved > SECONDS_BETWEEN_RESUME_FILES and epoch + 1 < recipe.epochs:
            resume.save(resume_file, step, history, fingerprint)
            saved = time.monotonic()
    return Trained(model, history, _status(history[-1], data.num_classes))


def _keep_snapshot(model: nn.Module, folder: Path, epoch: int, wanted: Collection[int]) -> None:
    if epoch in wanted:
        save_weights(model, snapshot_file(folder, epoch))


def _one_epoch(
    step: Step, data: Dataset, recipe: Recipe, settings: Mapping, epoch: int, augmented: bool
) -> tuple[dict, bool]:
    began = time.monotonic()
    before = copy.deepcopy(step.model.state_dict())
    plan = epoch_plan(
        len(data.train.labels),
        recipe.batch,
        CROP_PADDING if augmented else 0,
        augmented,
        settings["seed"],
        epoch,
    )
    loss = step.epoch(plan, recipe.rate(epoch))
    row = {"epoch": epoch + 1, "rate": recipe.rate(epoch), "loss": loss}
    row |= evaluate(step.model, data, settings["temperature"])
    # The loss precedes each update: the last update shows in the logits alone.
    if not (math.isfinite(loss) and math.isfinite(row["logits_norm"])):
        step.model.load_state_dict(before)
        log.warning("epoch %d: loss %s, |M| %s: the run has diverged", epoch + 1, loss, row["logits_norm"])
        return {}, False
    return row | {"seconds": time.monotonic() - began}, True


def evaluate(model: nn.Module, data: Dataset, temperature: float) -> dict:
    """Accuracies and logits statistics on whole splits without augmentation, in eval mode."""
    device = data.train.images.device
    mean, std = torch.tensor(data.mean, device=device), torch.tensor(data.std, device=device)
    with float32_arithmetic(tf32=True):
        train = all_logits(model, data.train.images, mean, std, EVALUATION_BATCH)
        test = all_logits(model, data.test.images, mean, std, EVALUATION_BATCH)
    return {
        "train_accuracy": accuracy(train, data.train.labels),
        "test_accuracy": accuracy(test, data.test.labels),
        **logits_statistics(train, data.train.labels, data.num_classes, temperature),
    }


def _status(last: dict, classes: int) -> str:
    """`failed_to_train` below twice chance on the training split (App. A.4: "did not finish").

    With two classes twice chance is everything: there, halfway from chance to everything.
    """
    bar = min(2 / classes, (1 + 1 / classes) / 2)
    return "trained" if last["train_accuracy"] >= bar else "failed_to_train"


def _report(history: list[dict], epochs: int) -> None:
    row = history[-1]
    recent = [r["seconds"] for r in history[1:]][-5:]
    log.info(
        "epoch %d/%d  loss %.4f  train %.3f  test %.3f  |M| %.3g  %.2f s  ETA %.0f s",
        row["epoch"],
        epochs,
        row["loss"],
        row["train_accuracy"],
        row["test_accuracy"],
        row["logits_norm"],
        row["seconds"],
        sum(recent) / len(recent) * (epochs - row["epoch"]),
    )
