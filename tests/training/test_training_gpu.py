"""The captured and the compiled step on a CUDA device against the same step run eagerly."""

import logging

import pytest
import torch

from unpacking_softmax.images import dataset
from unpacking_softmax.images.augment import epoch_plan
from unpacking_softmax.machine.arithmetic import float32_arithmetic
from unpacking_softmax.networks.door import new_network
from unpacking_softmax.networks.losses import LOSSES
from unpacking_softmax.training import loop
from unpacking_softmax.training.loop import train
from unpacking_softmax.training.recipe import Recipe
from unpacking_softmax.training.step import Step

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]
RESNET8 = {"network": "resnet8", "width": None, "depth": None, "augment": "crop-flip"}


@pytest.fixture
def data(make_data, tmp_path):
    dataset.save(make_data(size=16, train=256), tmp_path / "data.safetensors")
    return dataset.load(tmp_path / "data.safetensors", "cuda")


@pytest.fixture(autouse=True)
def exact():
    """True float32 and deterministic convolutions, so that only the capture can differ."""
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark  # capturing turns the second on
    cudnn.deterministic = True
    with float32_arithmetic(tf32=False):
        yield
    cudnn.deterministic, cudnn.benchmark = before


def new_step(settings, data, compiled=False) -> Step:
    recipe = Recipe.from_settings(settings["recipe"])
    model = new_network(settings, data)
    return Step(model, data, recipe, LOSSES["cross-entropy"], settings["temperature"], 4, compiled)


def plan(epoch):
    return epoch_plan(256, 16, 4, True, 0, epoch)


def eager_epoch(step, epoch, rate):
    step.captures = False
    loss = step.epoch(plan(epoch), rate)
    step.captures = True
    return loss


def state(step):
    """Copies of everything that a step changes."""
    velocities = {f"velocity {i}": v for i, v in enumerate(step.sgd.velocities)}
    return {name: v.clone() for name, v in {**step.model.state_dict(), **velocities}.items()}


@pytest.mark.parametrize(("compiled", "within"), [(False, 1e-4), (True, 1e-3)])
def test_graph_equals_eager(data, make_settings, compiled, within):
    """Two epochs of 16 steps, the rate falling between them.

    Captured, the arithmetic is the same; 1e-4 leaves room for a kernel chosen differently under
    capture. Compiled, sums are taken in another order, and a batch norm's inputs turn a ReLU now
    and then. Weights move by more than 1e-2.
    """
    settings = make_settings(temperature=2.0, **RESNET8)
    captured, eager = new_step(settings, data, compiled), new_step(settings, data)
    start = state(eager)
    for epoch, rate in enumerate((0.05, 0.005)):
        loss = captured.epoch(plan(epoch), rate)
        assert loss == pytest.approx(eager_epoch(eager, epoch, rate), rel=10 * within)
    assert captured.graph is not None
    assert captured.compiled is compiled
    assert eager.graph is None
    after, expected = state(captured), state(eager)
    for name, value in after.items():
        torch.testing.assert_close(value, expected[name], atol=within, rtol=10 * within)
    assert max((expected[name] - value).abs().max() for name, value in start.items()) > 1e-2
    assert after["bn1.num_batches_tracked"] == 32


@pytest.mark.parametrize("compiled", [False, True])
def test_capture_leaves_no_trace(data, make_settings, compiled):
    """Captured in mid-run, as after a resume: with momenta, running statistics and a counter."""
    settings = make_settings(recipe={"precision": "bf16"}, **RESNET8)
    step = new_step(settings, data, compiled)
    eager_epoch(step, 0, 0.05)
    before = state(step)
    step._prepare()
    assert step.graph is not None
    after = state(step)
    for name, value in before.items():
        assert torch.equal(value, after[name]), name
    assert step.counter.item() == 0
    assert step.loss_sum.item() == 0


def test_capture_before_the_first_step_leaves_the_initial_network(data, make_settings):
    settings = make_settings(**RESNET8)
    step = new_step(settings, data)
    step._load(plan(0))
    step.model.train()
    step._prepare()
    for name, value in new_network(settings, data).state_dict().items():
        assert torch.equal(value, step.model.state_dict()[name]), name
    assert not any(velocity.any() for velocity in step.sgd.velocities)


def test_copies_follow_a_resumed_network(data, make_settings):
    """Weights that a resume file sets reach the compiled twin before its first step."""
    step = new_step(make_settings(recipe={"precision": "bf16"}, **RESNET8), data, compiled=True)
    with torch.no_grad():
        step.model.conv1.weight.fill_(2.0)
    step.epoch(plan(0), 0.0)
    assert (step.twin.conv1.weight == 2).all()


def broken(*_, **__):
    raise RuntimeError("not on this card\nwith a long explanation")


def test_falls_back_with_one_line(data, make_settings, monkeypatch, caplog):
    """Without a compiler, without graphs, without bfloat16: one line each, and the same training."""
    settings = make_settings(recipe={"precision": "bf16"}, **RESNET8)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: False)
    expected = new_step(settings, data)
    loss = eager_epoch(expected, 0, 0.05)
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        step = new_step(settings, data, compiled=True)
        monkeypatch.setattr(step, "_update", broken)
        monkeypatch.setattr(torch.cuda, "CUDAGraph", broken)
        assert step.epoch(plan(0), 0.05) == pytest.approx(loss, rel=1e-3)
    assert [record.getMessage() for record in caplog.records] == [
        "this card has no bfloat16: training in float32",
        "torch's compiler does not work here (not on this card): training without it",
        "no CUDA graph can be captured here (not on this card): training without it",
    ]
    for name, value in state(step).items():
        torch.testing.assert_close(value, state(expected)[name], atol=1e-4, rtol=1e-3)


def test_resumed_run_goes_on_to_the_same_numbers(data, make_settings, monkeypatch, tmp_path):
    settings = make_settings(recipe={"epochs": 2}, **RESNET8)
    expected = train(settings, data, tmp_path / "whole")

    def stop(n, batch, padding, flip, seed, epoch):
        if epoch == 1:
            raise KeyboardInterrupt
        return epoch_plan(n, batch, padding, flip, seed, epoch)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "SECONDS_BETWEEN_RESUME_FILES", -1)
        patched.setattr(loop, "epoch_plan", stop)
        with pytest.raises(KeyboardInterrupt):
            train(settings, data, tmp_path)
    resumed = train(settings, data, tmp_path)
    assert [row["epoch"] for row in resumed.history] == [0, 1, 2]
    for name, value in resumed.model.state_dict().items():
        torch.testing.assert_close(value, expected.model.state_dict()[name], atol=1e-4, rtol=1e-3)


@pytest.mark.skipif(
    not (torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)),
    reason="needs a card with bfloat16",
)
def test_bf16_trains_with_float32_weights(data, make_settings, tmp_path):
    settings = make_settings(recipe={"epochs": 10, "precision": "bf16", "milestones": [8]}, **RESNET8)
    assert new_step(settings, data).dtype == torch.bfloat16
    trained = train(settings, data, tmp_path)
    assert trained.status == "trained"
    assert trained.history[-1]["train_accuracy"] > 0.6
    assert trained.history[-1]["loss"] < trained.history[1]["loss"] / 2
    assert all(parameter.dtype == torch.float32 for parameter in trained.model.parameters())
