"""Training as one would first write it: image by image, torch's optimiser and schedule. A reference."""

import torch
import torch.nn.functional as F
import torchvision.transforms.functional as TF
from torch import nn

from unpacking_softmax.images.augment import epoch_plan
from unpacking_softmax.networks.door import new_network


def plain_training(settings, data) -> tuple[nn.Module, list[float]]:
    """The network after all epochs, and the mean loss of each epoch."""
    recipe, augmented = settings["recipe"], settings["augment"] == "crop-flip"
    padding = 4 if augmented else 0
    model = new_network(settings, data)
    optimiser = torch.optim.SGD(
        model.parameters(),
        lr=recipe["learning_rate"],
        momentum=recipe["momentum"],
        weight_decay=recipe["weight_decay"],
    )
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, recipe["milestones"], recipe["gamma"])
    means = []
    for epoch in range(recipe["epochs"]):
        plan = epoch_plan(
            len(data.train.labels), recipe["batch"], padding, augmented, settings["seed"], epoch
        )
        losses = []
        model.train()
        for rows, shifts, flips in zip(plan.rows, plan.shift, plan.flip, strict=True):
            choices = zip(rows, shifts.tolist(), flips, strict=True)
            images = torch.stack([_image(data, row, shift, flip, padding) for row, shift, flip in choices])
            loss = _loss(model(images), data.train.labels[rows], settings)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        schedule.step()
        means.append(sum(losses) / len(losses))
    return model, means


def _image(data, row, shift, flip, padding):
    image = TF.crop(TF.pad(data.train.images[row], padding), *shift, data.image_size, data.image_size)
    image = TF.hflip(image) if flip else image
    return TF.normalize(TF.convert_image_dtype(image, torch.float32), data.mean, data.std)


def _loss(logits, labels, settings):
    probabilities = F.softmax(logits / settings["temperature"], dim=1)
    if settings["variant"].get("loss") == "mse":
        return ((probabilities - torch.eye(logits.shape[1])[labels]) ** 2).mean()
    return -probabilities[torch.arange(len(labels)), labels].log().mean()
