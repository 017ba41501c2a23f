"""Which representations the points name, and that reading them changes nothing."""

from dataclasses import replace

import pytest
import torch
from small_networks import assert_identical, read, settled, small
from torch import nn

from unpacking_softmax.networks.points import Point, reading, reading_inputs, unlike_a_matrix
from unpacking_softmax.networks.registry import NETWORKS

# The number in the name; the paper's MLP has 8 weight layers.
DEPTH = {
    "mlp": 8,
    "vgg8": 8,
    "vgg19": 19,
    "resnet8": 8,
    "resnet18": 18,
    "resnet20": 20,
    "resnet34": 34,
    "resnet50": 50,
}


@pytest.mark.parametrize("architecture", NETWORKS)
def test_points_are_the_weight_layers_of_the_main_path(architecture):
    model = small(architecture)
    main_path = [
        path
        for path, module in model.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and "downsample" not in path
    ]
    assert [point.weight for point in model.points] == main_path
    assert len(main_path) == DEPTH[architecture]
    names = [point.name for point in model.points]
    assert len(set(names)) == len(names)
    assert names[-1] == "logits"


@pytest.mark.parametrize("architecture", ["mlp", "vgg8", "resnet8"])
def test_a_factored_classifier_stays_one_point(architecture):
    plain, factored = small(architecture), small(architecture, variant={"head_rank": 2})
    assert factored.points[:-1] == plain.points[:-1]
    assert factored.points[-1] == Point("logits", weight="fc.expand", output="fc")


@pytest.mark.parametrize("architecture", NETWORKS)
def test_each_hidden_point_has_a_relu_of_its_own_that_is_not_in_place(architecture):
    model = small(architecture)
    outputs = [model.get_submodule(point.output) for point in model.points[:-1]]
    assert all(isinstance(module, nn.ReLU) and not module.inplace for module in outputs)
    assert len({id(module) for module in outputs}) == len(outputs)
    relus = [module for module in model.modules() if isinstance(module, nn.ReLU)]
    assert relus == outputs


NAMES = {
    "mlp": [f"hidden{i}" for i in range(1, 8)],
    "vgg8": [*(f"conv{i}" for i in range(1, 6)), "fc1", "fc2"],
    "vgg19": [*(f"conv{i}" for i in range(1, 17)), "fc1", "fc2"],
    "resnet8": ["conv1", *(f"layer{s}.0.conv{i}" for s in (1, 2, 3) for i in (1, 2))],
    "resnet18": [
        "conv1",
        *(f"layer{s}.{b}.conv{i}" for s in (1, 2, 3, 4) for b in (0, 1) for i in (1, 2)),
    ],
}


@pytest.mark.parametrize("architecture", NAMES)
def test_names_of_points(architecture):
    names = [point.name for point in small(architecture).points]
    assert names == [*NAMES[architecture], "logits"]


def stages(*shapes):
    return [shape for shape, times in shapes for _ in range(times)]


@pytest.mark.parametrize(
    ("architecture", "image_size", "shapes"),
    [
        ("mlp", 32, stages(((24,), 7))),
        (
            "vgg8",
            16,
            [(16, 16, 16), (32, 8, 8), (64, 4, 4), (128, 2, 2), (128, 2, 2), (128,), (128,)],
        ),
        (
            "vgg19",
            32,
            stages(
                ((64, 32, 32), 2),
                ((128, 16, 16), 2),
                ((256, 8, 8), 4),
                ((512, 4, 4), 4),
                ((512, 2, 2), 4),
                ((512,), 2),
            ),
        ),
        ("resnet8", 16, stages(((16, 8, 8), 3), ((32, 4, 4), 2), ((128, 2, 2), 2))),
        (
            "resnet18",
            32,
            stages(((64, 32, 32), 5), ((128, 16, 16), 4), ((256, 8, 8), 4), ((512, 4, 4), 4)),
        ),
        ("resnet20", 32, stages(((16, 32, 32), 7), ((32, 16, 16), 6), ((64, 8, 8), 6))),
        (
            "resnet34",
            64,
            [
                (64, 32, 32),
                *stages(((64, 16, 16), 6), ((128, 8, 8), 8), ((256, 4, 4), 12), ((512, 2, 2), 6)),
            ],
        ),
    ],
)
def test_shapes_of_points(architecture, image_size, shapes):
    seen = read(small(architecture, image_size=image_size), torch.randn(2, 3, image_size, image_size))
    assert [tuple(value.shape[1:]) for value in seen.values()] == [*shapes, (10,)]


@pytest.mark.parametrize("architecture", ["mlp", "vgg8", "resnet8"])
def test_inputs_are_what_the_weights_act_on(architecture):
    """A weight layer applied to the input that was read gives the layer's own output."""
    model = settled(architecture)
    x = torch.randn(2, 3, 32, 32)
    inputs = read(model, x, reading_inputs)
    outputs = read(model, x, points=[replace(p, output=p.weight) for p in model.points])
    assert torch.equal(inputs[model.points[0].name].reshape(2, -1), x.reshape(2, -1))
    for point in model.points:
        with torch.no_grad():
            again = model.get_submodule(point.weight)(inputs[point.name])
        assert torch.equal(again, outputs[point.name]), point


def test_inputs_follow_the_points_before():
    """In a chain without pooling, the input of layer i is the output of point i - 1."""
    model = small("mlp")
    x = torch.randn(3, 3, 32, 32)
    inputs, outputs = read(model, x, reading_inputs), read(model, x)
    for before, after in zip(model.points[:-1], model.points[1:], strict=True):
        assert torch.equal(inputs[after.name], outputs[before.name])


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (nn.Conv2d(4, 4, 3), None),
        (nn.Conv2d(4, 4, 3, groups=2), "layer has 2 groups of channels"),
        (nn.Conv2d(4, 4, 3, padding="same"), "layer is no plain convolution"),
        (nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), "layer is no plain convolution"),
        (nn.Linear(4, 4), None),
    ],
)
def test_layers_that_are_no_matrix_on_patches(layer, said):
    model = nn.Module()
    model.layer, model.points = layer, (Point("only", "layer", "layer"),)
    found = unlike_a_matrix(model)
    assert found is said is None or said in found


@pytest.mark.parametrize("door", [reading, reading_inputs])
def test_a_selection_of_points(door):
    model = small("resnet8")
    chosen = model.points[2::3]
    seen = read(model, torch.randn(2, 3, 32, 32), door, chosen)
    assert list(seen) == [point.name for point in chosen]


@pytest.mark.parametrize("door", [reading, reading_inputs])
def test_what_is_read_is_detached_and_the_gradients_stay(door):
    model, x = small("resnet8"), torch.randn(4, 3, 32, 32)
    plain = torch.autograd.grad(model(x).square().sum(), model.conv1.weight)[0]
    seen = {}
    with door(model, seen.__setitem__):
        logits = model(x)
    assert not any(value.requires_grad for value in seen.values())
    assert torch.equal(torch.autograd.grad(logits.square().sum(), model.conv1.weight)[0], plain)


@pytest.mark.parametrize("architecture", NETWORKS)
def test_what_is_read_is_not_overwritten_later(architecture):
    """Neither the rest of the forward pass nor the backward pass works in place on an output."""
    model = small(architecture)
    kept, copies = {}, {}

    def consume(name, output):
        kept[name], copies[name] = output, output.clone()

    with reading(model, consume):
        model(torch.randn(2, 3, 32, 32)).sum().backward()
    assert_identical(kept, copies)
    for point in model.points[:-1]:
        assert kept[point.name].min() >= 0, point


@pytest.mark.parametrize("door", [reading, reading_inputs])
def test_hooks_vanish_after_the_block_and_after_an_error(door):
    model, x = small("resnet8"), torch.randn(2, 3, 32, 32)
    calls = []
    with door(model, lambda name, value: calls.append(name)):
        model(x)
        model(x)
    assert calls == 2 * [point.name for point in model.points]
    model(x)

    def refuse(name, value):
        raise KeyError(name)

    with pytest.raises(KeyError), door(model, refuse):
        model(x)
    model(x)
    assert len(calls) == 16
    hooked = [m for m in model.modules() if m._forward_hooks or m._forward_pre_hooks]
    assert hooked == []
