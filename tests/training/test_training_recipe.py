"""The schedule against torch's and Table 4, the losses against their formulas."""

import math
from pathlib import Path

import pytest
import torch
import yaml

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.networks.losses import LOSSES
from unpacking_softmax.training.recipe import Recipe, check_batch

DEFAULTS = Path(__file__).parents[2] / "config" / "defaults.yaml"
# Table 4: epochs, learning rate, momentum, weight decay, milestones; batch 128 and gamma 0.1.
TABLE_4 = {
    "vgg": (160, 0.1, 0.9, 1e-4, (80, 120)),
    "resnet": (164, 0.1, 0.9, 1e-4, (82, 123)),
    "mlp": (100, 0.05, 0.0, 0.0, ()),
}


@pytest.fixture(scope="module")
def recipes():
    settings = yaml.safe_load(DEFAULTS.read_text(encoding="utf-8"))["recipes"]
    return {name: Recipe.from_settings(settings[name]) for name in TABLE_4}


@pytest.mark.parametrize("name", TABLE_4)
def test_default_recipes_are_table_4(recipes, name):
    recipe = recipes[name]
    assert recipe.batch == 128
    assert (
        recipe.epochs,
        recipe.learning_rate,
        recipe.momentum,
        recipe.weight_decay,
        recipe.milestones,
    ) == TABLE_4[name]


@pytest.mark.parametrize("name", TABLE_4)
def test_rate_is_that_of_multisteplr(recipes, name):
    recipe = recipes[name]
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=recipe.learning_rate)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, recipe.milestones, recipe.gamma)
    for epoch in range(recipe.epochs):
        assert recipe.rate(epoch) == pytest.approx(schedule.get_last_lr()[0], rel=1e-12)
        optimiser.step()
        schedule.step()


@pytest.mark.parametrize(
    ("name", "epoch", "rate"),
    [
        ("resnet", 81, 0.1),
        ("resnet", 82, 0.01),
        ("resnet", 122, 0.01),
        ("resnet", 123, 0.001),
        ("vgg", 80, 0.01),
        ("vgg", 159, 0.001),
        ("mlp", 99, 0.05),
    ],
)
def test_rate_falls_at_the_start_of_a_milestone(recipes, name, epoch, rate):
    assert recipes[name].rate(epoch) == pytest.approx(rate)


def test_evaluated_early_then_now_and_then():
    """evaluate_every: 3 over 10 epochs; where it is not given, after each."""
    settings = {"epochs": 10, "batch": 1, "learning_rate": 1.0, "momentum": 0.0, "weight_decay": 0.0}
    settings |= {"milestones": [], "gamma": 1.0, "precision": "fp32"}
    sparse = Recipe.from_settings({**settings, "evaluate_every": 3})
    assert [e for e in range(1, 11) if sparse.evaluates_after(e)] == [1, 2, 3, 6, 9, 10]
    assert all(Recipe.from_settings(settings).evaluates_after(epoch) for epoch in range(1, 11))


def value(loss, logits, labels, temperature):
    return LOSSES[loss](torch.tensor(logits), torch.tensor(labels), torch.tensor(float(temperature))).item()


def test_temperature_divides_the_logits():
    """Two classes, logits (ln 3, 0): p = 3/4 at T = 1; at T = 1/2 the odds are 9 to 1."""
    logits = [[math.log(3), 0.0]]
    assert value("cross-entropy", logits, [0], 1) == pytest.approx(math.log(4 / 3))
    assert value("cross-entropy", logits, [1], 1) == pytest.approx(math.log(4))
    assert value("cross-entropy", logits, [0], 0.5) == pytest.approx(math.log(10 / 9))
    assert value("cross-entropy", logits, [0], 1e6) == pytest.approx(math.log(2), rel=1e-5)


def test_squared_error_is_a_mean_over_batch_and_classes():
    """p = (3/4, 1/4) against (1, 0): (1/16 + 1/16) / 2; against (0, 1): (9/16 + 9/16) / 2."""
    row = [math.log(3), 0.0]
    assert value("mse", [row], [0], 1) == pytest.approx(1 / 16)
    assert value("mse", [row, row], [0, 1], 1) == pytest.approx((1 / 16 + 9 / 16) / 2)
    assert value("mse", [row], [0], 0.5) == pytest.approx(1 / 100)


def test_a_batch_larger_than_the_data_names_its_key(make_data):
    data = make_data("mine", train=60)
    check_batch("resnet", {"batch": 60}, data)
    said = r"config: recipes\.resnet\.batch = 61 is more than the 60 training images of mine; lower it"
    with pytest.raises(StudyError, match=said):
        check_batch("resnet", {"batch": 61}, data)
