"""Sizes, gradients, precision and variants of the built networks."""

import pytest
import torch
import torchvision
from torch import nn
from torch.nn import functional as F

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.networks.door import build
from unpacking_softmax.networks.registry import NETWORKS

# One of each kind of network and of shortcut, for what does not depend on the depth.
KINDS = ("mlp", "vgg8", "resnet8", "resnet20")


def small(architecture, variant=None, classes=10):
    """A network for 32 px images, the MLP narrowed so that tests stay fast."""
    width = 24 if architecture == "mlp" else None
    return build(architecture, classes=classes, image_size=32, variant=variant or {}, width=width)


def parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("architecture", "classes", "image_size", "count"),
    [
        # Counts that public CIFAR implementations of the same networks print.
        ("resnet18", 10, 32, 11_173_962),
        ("resnet34", 10, 32, 21_282_122),
        ("resnet50", 10, 32, 23_520_842),
        ("resnet20", 10, 32, 269_722),
        # By hand: stem, three blocks (the last two with projections), classifier.
        ("resnet8", 100, 16, 464 + 4_672 + 14_528 + 189_184 + 12_900),
        # By hand: five convolutions with bias and batch norm, two linear layers, classifier.
        ("vgg8", 100, 16, 480 + 4_704 + 18_624 + 74_112 + 147_840 + 2 * 16_512 + 12_900),
        ("mlp", 10, 32, (3072 + 1) * 2048 + 6 * (2048 + 1) * 2048 + (2048 + 1) * 10),
    ],
)
def test_parameter_counts(architecture, classes, image_size, count):
    assert parameters(build(architecture, classes=classes, image_size=image_size)) == count


def test_vgg19_is_torchvisions_convolutions_and_a_narrow_head():
    model = build("vgg19", classes=10, image_size=32)
    head = 2 * (512 + 1) * 512 + (512 + 1) * 10
    with torch.device("meta"):
        convolutions = parameters(torchvision.models.vgg19_bn().features)
    assert parameters(model) == convolutions + head
    widths = [model.get_submodule(p.weight).weight.shape[0] for p in model.points]
    assert widths == [64] * 2 + [128] * 2 + [256] * 4 + [512] * 8 + [512] * 2 + [10]


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_imagenet_resnets_are_torchvisions_seed_for_seed(name):
    torch.manual_seed(3)
    reference = getattr(torchvision.models, name)(num_classes=20).eval()
    torch.manual_seed(3)
    model = build(name, classes=20, image_size=64).eval()
    assert model.state_dict().keys() == reference.state_dict().keys()
    for key, value in reference.state_dict().items():
        assert torch.equal(model.state_dict()[key], value), key
    x = torch.randn(2, 3, 64, 64)
    assert torch.equal(model(x), reference(x))


@pytest.mark.parametrize("name", ["resnet18", "resnet34", "resnet50"])
def test_cifar_resnets_differ_from_torchvisions_in_the_stem_only(name):
    model = build(name, classes=1000, image_size=32)
    shapes = {key: value.shape for key, value in model.state_dict().items()}
    reference = getattr(torchvision.models, name)().state_dict()
    assert shapes.pop("conv1.weight") == (64, 3, 3, 3)
    reference.pop("conv1.weight")
    assert shapes == {key: value.shape for key, value in reference.items()}
    assert not any(isinstance(module, nn.MaxPool2d) for module in model.modules())


@pytest.mark.parametrize("architecture", NETWORKS)
def test_gradients_are_finite_and_reach_every_parameter(architecture):
    torch.manual_seed(0)
    model = small(architecture)
    logits = model(torch.randn(4, 3, 32, 32))
    assert logits.shape == (4, 10)
    F.cross_entropy(logits, torch.arange(4)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.isfinite().all(), name
    for point in model.points:
        assert model.get_submodule(point.weight).weight.grad.abs().max() > 0, point


@pytest.mark.parametrize("architecture", KINDS)
@pytest.mark.parametrize("variant", [{}, {"head_rank": 2}], ids=str)
def test_classifier_stays_in_float32_under_autocast(architecture, variant):
    torch.manual_seed(0)
    model = small(architecture, variant).eval()
    seen = {}
    head = model.get_submodule(model.head_path)
    head.register_forward_hook(lambda module, inputs, output: seen.update(features=inputs[0]))
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        logits = model(torch.randn(3, 3, 32, 32))
    assert seen["features"].dtype == torch.bfloat16
    assert logits.dtype == torch.float32
    with torch.no_grad():
        assert torch.equal(logits, head(seen["features"].float()))


@pytest.mark.parametrize("architecture", KINDS)
def test_head_rank_bounds_the_rank_of_the_logits(architecture):
    torch.manual_seed(0)
    model = small(architecture, {"head_rank": 2}).double()
    with torch.no_grad():
        logits = model(torch.randn(12, 3, 32, 32, dtype=torch.float64))
    sigma = torch.linalg.svdvals(logits)
    assert sigma[1] > 1e-8 * sigma[0]
    assert sigma[2] < 1e-13 * sigma[0]


@pytest.mark.parametrize("architecture", KINDS)
def test_head_names_the_layer_that_takes_the_penultimate_features(architecture):
    features = {"mlp": 24, "vgg8": 128, "resnet8": 128, "resnet20": 64}
    for variant in ({}, {"head_rank": 3}):
        model = small(architecture, variant)
        widths = []
        model.get_submodule(model.head_path).register_forward_hook(
            lambda module, inputs, output, widths=widths: widths.append(inputs[0].shape)
        )
        model(torch.randn(2, 3, 32, 32))
        assert widths == [(2, features[architecture])]


@pytest.mark.parametrize(
    ("normalisation", "hidden", "logits"),
    [
        ("none", False, False),
        ("layernorm", True, False),
        ("layernorm-logits", False, True),
        ("layernorm-all", True, True),
    ],
)
def test_layer_normalisation_of_the_mlp(normalisation, hidden, logits):
    torch.manual_seed(0)
    model = small("mlp", {"normalisation": normalisation})
    before_relu = []
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_pre_hook(lambda m, inputs: before_relu.append(inputs[0]))
    # Inputs this large keep LayerNorm's epsilon out of the comparison.
    output = model(1e4 * torch.randn(5, 3, 32, 32))
    assert len(before_relu) == 7
    assert [standardised(x) for x in before_relu] == [hidden] * 7
    assert standardised(output) == logits
    assert model.points[-1].output == ("norm" if logits else "fc")
    assert parameters(model) == parameters(small("mlp")) + hidden * 7 * 2 * 24 + logits * 2 * 10


def standardised(x):
    """Whether every row has mean 0 and variance 1 (as fresh layer normalisation leaves it)."""
    variance = x.var(dim=1, correction=0)
    return bool(x.mean(dim=1).abs().max() < 1e-5 and (variance - 1).abs().max() < 1e-2)


def test_depth_and_width_of_the_mlp():
    model = build("mlp", classes=7, image_size=4, width=5, depth=3)
    shapes = [tuple(model.get_submodule(p.weight).weight.shape) for p in model.points]
    assert shapes == [(5, 48), (5, 5), (7, 5)]


@pytest.mark.parametrize("architecture", KINDS)
def test_state_dict_round_trip(architecture):
    torch.manual_seed(0)
    model, other = small(architecture), small(architecture)
    x = torch.randn(4, 3, 32, 32)
    model(x)  # moves the running statistics
    assert not torch.equal(model.eval()(x), other.eval()(x))
    other.load_state_dict(model.state_dict())
    assert torch.equal(model(x), other(x))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"architecture": "resnet43"}, "did you mean 'resnet34'"),
        ({"architecture": "resnet18", "variant": {"normalisation": "layernorm"}}, "for mlp only"),
        ({"architecture": "vgg19", "image_size": 16}, "vgg19 needs images of 32 px"),
        ({"architecture": "resnet18", "width": 64}, "width, depth: resnet18 has fixed ones"),
        ({"architecture": "mlp", "depth": 1}, "depth: 1"),
        ({"architecture": "mlp", "width": 0}, "width: 0"),
    ],
)
def test_impossible_networks_are_refused(settings, words):
    with pytest.raises(StudyError, match=words):
        build(**{"classes": 10, "image_size": 32, **settings})


def test_smallest_images_pass_through_the_vggs():
    assert build("vgg8", classes=3, image_size=16)(torch.randn(2, 3, 16, 16)).shape == (2, 3)
    model = build("vgg19", classes=3, image_size=32).eval()
    assert model(torch.randn(1, 3, 32, 32)).shape == (1, 3)


@pytest.mark.parametrize("architecture", KINDS)
def test_channels_last_gives_the_same_logits(architecture):
    torch.manual_seed(0)
    model = small(architecture).double().eval()
    x = torch.randn(2, 3, 32, 32, dtype=torch.float64)
    expected = model(x)
    model.to(memory_format=torch.channels_last)
    actual = model(x.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(actual, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.gpu
@pytest.mark.parametrize("architecture", NETWORKS)
def test_a_captured_step_replays_the_eager_gradients(architecture):
    torch.manual_seed(0)
    model = small(architecture).cuda().to(memory_format=torch.channels_last)
    x = torch.randn(8, 3, 32, 32, device="cuda").contiguous(memory_format=torch.channels_last)
    labels = torch.arange(8, device="cuda")
    weights = [model.get_submodule(point.weight).weight for point in model.points]

    def gradients():
        with torch.autocast("cuda", torch.bfloat16, cache_enabled=False):
            logits = model(x)
        return torch.autograd.grad(F.cross_entropy(logits, labels), weights)

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            gradients()
    stream.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):
        captured = gradients()
    x.copy_(torch.randn_like(x))
    graph.replay()
    for replayed, eager in zip(captured, gradients(), strict=True):
        # bfloat16 keeps 8 bits, and deep networks amplify them; a stale input would give noise.
        assert F.cosine_similarity(replayed.flatten(), eager.flatten(), dim=0) > 0.9
