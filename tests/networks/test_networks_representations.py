"""Representations that are read against torchvision's networks and forward passes written by hand."""

import pytest
import torch
import torchvision
from small_networks import assert_identical, read, settled, small
from torch.nn import functional as F


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
    for name in (f"hidden{i}" for i in range(1, 8)):
        x = linear(state, x, f"{name}.linear")
        if normalisation == "layernorm":
            x = F.layer_norm(x, (24,))
        expected[name] = x = x.relu()
    x = linear(state, x, "fc")
    expected["logits"] = F.layer_norm(x, (10,)) if normalisation == "layernorm-logits" else x
    assert_identical(read(model, images), expected)
