"""Which representations the points name, and that reading them changes nothing."""

from dataclasses import replace

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from unpacking_softmax.networks.build import build
from unpacking_softmax.networks.names import ARCHITECTURES
from unpacking_softmax.networks.points import Point, reading, reading_inputs

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


def small(architecture, **settings):
    torch.manual_seed(0)
    width = 24 if architecture == "mlp" else None
    return build(architecture, **{"classes": 10, "image_size": 32, "width": width, **settings})


def settled(architecture, **settings):
    """A network in evaluation mode whose running statistics are no longer the initial ones."""
    model = small(architecture, **settings)
    size = settings.get("image_size", 32)
    with torch.no_grad():
        model(torch.randn(8, 3, size, size))
    return model.eval()


def read(model, x, door=reading, points=None):
    seen = {}
    with torch.no_grad(), door(model, seen.__setitem__, points):
        model(x)
    return seen


def assert_identical(actual, expected):
    assert list(actual) == list(expected)
    for name, value in expected.items():
        assert torch.equal(actual[name], value), name


@pytest.mark.parametrize("architecture", ARCHITECTURES)
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


@pytest.mark.parametrize("architecture", ARCHITECTURES)
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


def torchvision_resnet_points(reference, x):
    """Representations of a torchvision ResNet, whose in-place ReLUs are shared within a block."""
    seen = {}

    def keep(name):
        def hook(module, inputs, output):
            seen[name] = output.clone().relu()

        return hook

    reference.bn1.register_forward_hook(keep("conv1"))
    for path, block in reference.named_modules():
        if isinstance(block, torchvision.models.resnet.BasicBlock):
            block.bn1.register_forward_hook(keep(f"{path}.conv1"))
            block.register_forward_hook(keep(f"{path}.conv2"))
        if isinstance(block, torchvision.models.resnet.Bottleneck):
            block.bn1.register_forward_hook(keep(f"{path}.conv1"))
            block.bn2.register_forward_hook(keep(f"{path}.conv2"))
            block.register_forward_hook(keep(f"{path}.conv3"))
    with torch.no_grad():
        seen["logits"] = reference(x)
    return seen


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_resnet_points_are_torchvisions_representations(name):
    model = settled(name, image_size=64)
    reference = getattr(torchvision.models, name)(num_classes=10).eval()
    reference.load_state_dict(model.state_dict())
    x = torch.randn(2, 3, 64, 64)
    assert_identical(read(model, x), torchvision_resnet_points(reference, x))


def normalised_convolution(state, x, conv, bn, stride=1):
    weight = state[f"{conv}.weight"]
    x = F.conv2d(x, weight, state.get(f"{conv}.bias"), stride, padding=weight.shape[-1] // 2)
    mean, var = state[f"{bn}.running_mean"], state[f"{bn}.running_var"]
    return F.batch_norm(x, mean, var, state[f"{bn}.weight"], state[f"{bn}.bias"])


def linear(state, x, path):
    return F.linear(x, state[f"{path}.weight"], state[f"{path}.bias"])


def cifar_resnet_by_hand(state, x, blocks, stem_stride):
    """Three stages of basic blocks; a stage without projection in `state` takes option A."""
    x = normalised_convolution(state, x, "conv1", "bn1", stem_stride).relu()
    seen = {"conv1": x}
    for stage in (1, 2, 3):
        for block in range(blocks):
            path, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            y = normalised_convolution(state, x, f"{path}.conv1", f"{path}.bn1", stride).relu()
            seen[f"{path}.conv1"] = y
            y = normalised_convolution(state, y, f"{path}.conv2", f"{path}.bn2")
            if f"{path}.downsample.0.weight" in state:
                down = f"{path}.downsample"
                x = normalised_convolution(state, x, f"{down}.0", f"{down}.1", stride)
            elif stride == 2:
                zeros = torch.zeros_like(x[:, ::2, ::2, ::2])  # a half of the channels
                x = torch.cat([zeros, x[:, :, ::2, ::2], zeros], dim=1)
            x = (y + x).relu()
            seen[f"{path}.conv2"] = x
    seen["logits"] = linear(state, x.mean(dim=(2, 3)), "fc")
    return seen


@pytest.mark.parametrize(("architecture", "blocks", "stem_stride"), [("resnet8", 1, 2), ("resnet20", 3, 1)])
def test_cifar_resnet_points_are_a_hand_written_forward_pass(architecture, blocks, stem_stride):
    model = settled(architecture)
    x = torch.randn(3, 3, 32, 32)
    expected = cifar_resnet_by_hand(model.state_dict(), x, blocks, stem_stride)
    assert_identical(read(model, x), expected)


@pytest.mark.parametrize(("architecture", "pooled"), [("vgg8", (1, 2, 3, 5)), ("vgg19", (2, 4, 8, 12, 16))])
def test_vgg_points_are_a_hand_written_forward_pass(architecture, pooled):
    model = settled(architecture)
    state = model.state_dict()
    images = x = torch.randn(3, 3, 32, 32)
    expected = {}
    for i in range(1, pooled[-1] + 1):
        x = normalised_convolution(state, x, f"conv{i}.conv", f"conv{i}.bn").relu()
        expected[f"conv{i}"] = x
        x = F.max_pool2d(x, 2) if i in pooled else x
    x = x.mean(dim=(2, 3))
    for name in ("fc1", "fc2"):
        expected[name] = x = linear(state, x, f"{name}.linear").relu()
    expected["logits"] = linear(state, x, "fc")
    assert_identical(read(model, images), expected)


@pytest.mark.parametrize("normalisation", ["none", "layernorm", "layernorm-logits"])
def test_mlp_points_are_a_hand_written_forward_pass(normalisation):
    model = small("mlp", variant={"normalisation": normalisation})
    state = model.state_dict()
    images = torch.randn(3, 3, 32, 32)
    x, expected = images.reshape(3, -1), {}
    for name in NAMES["mlp"]:
        x = linear(state, x, f"{name}.linear")
        if normalisation == "layernorm":
            x = F.layer_norm(x, (24,))
        expected[name] = x = x.relu()
    x = linear(state, x, "fc")
    expected["logits"] = F.layer_norm(x, (10,)) if normalisation == "layernorm-logits" else x
    assert_identical(read(model, images), expected)


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


@pytest.mark.parametrize("architecture", ARCHITECTURES)
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
