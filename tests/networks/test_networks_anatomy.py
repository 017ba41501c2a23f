"""Points and classifier of networks that name none: against our own ResNets, and by hand."""

import pytest
import timm
import torch
import torchvision
from small_networks import assert_identical, read
from torch import nn
from torch.nn import functional as F

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.networks.anatomy import dissect
from unpacking_softmax.networks.door import build
from unpacking_softmax.networks.heads import Classifier


class Net(nn.Module):
    """Two convolutions and a classifier; tests replace parts, and what happens in `forward`."""

    def __init__(self, forward=None, classes=4, **parts):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1)
        self.act1 = nn.ReLU()
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.act2 = nn.ReLU()
        self.fc = nn.Linear(6, classes)
        for name, part in parts.items():
            setattr(self, name, part)
        self.way = forward or (lambda net, x: net.fc(net.body(x).mean((2, 3))))

    def body(self, x):
        return self.act2(self.conv2(self.act1(self.conv1(x))))

    def forward(self, x):
        return self.way(self, x)


def points(model, listed=None, size=16, classes=4):
    found = dissect(model, "mine", classes=classes, image_size=size, listed=listed).points
    return [(point.name, point.weight, point.output, point.call) for point in found]


def refusal(model, listed=None):
    with pytest.raises(StudyError) as caught:
        dissect(model, "mine", classes=4, image_size=16, listed=listed)
    message = str(caught.value)
    assert message.startswith("network mine: ")
    assert "\n" not in message
    return message


# --- Against networks that name their points ---------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "depth"),
    [
        (lambda: timm.create_model("resnet18", num_classes=7), 18),
        # One ReLU module serves a whole block: its calls are counted.
        (lambda: torchvision.models.resnet18(num_classes=7), 18),
        (lambda: torchvision.models.resnet50(num_classes=7), 50),
    ],
    ids=["timm", "torchvision", "bottlenecks"],
)
def test_a_resnets_points_are_those_of_ours(theirs, depth):
    torch.manual_seed(0)
    model = dissect(theirs(), "theirs", classes=7, image_size=64, listed=None)
    ours = build(f"resnet{depth}", classes=7, image_size=64)
    ours.load_state_dict(model.state_dict())
    assert [point.weight for point in model.points] == [point.weight for point in ours.points]
    assert len({point.name for point in model.points}) == depth
    x = torch.randn(2, 3, 64, 64)
    names = dict(zip(*([point.name for point in m.points] for m in (model, ours)), strict=True))
    seen = {names[name]: value for name, value in read(model.eval(), x).items()}
    assert_identical(seen, read(ours.eval(), x))


def test_a_transformers_points_are_in_its_mlps():
    model = build("timm/test_vit", classes=7, image_size=32)
    blocks = [f"blocks.{i}.mlp" for i in range(6)]
    assert [(p.output, p.weight) for p in model.points[:-1]] == [(f"{b}.act", f"{b}.fc1") for b in blocks]
    assert (model.points[-1].weight, model.head_path) == ("head", "head")


# --- By hand -----------------------------------------------------------------------------------------


def test_calls_of_one_module_are_read_apart():
    model = Net(lambda net, x: net.fc(net.act1(net.conv2(net.act1(net.conv1(x)))).mean((2, 3))))
    assert points(model)[:2] == [("act1#1", "conv1", "act1", 1), ("act1#2", "conv2", "act1", 2)]
    x = torch.randn(2, 3, 16, 16)
    first = F.relu(model.conv1(x))
    expected = {"act1#1": first, "act1#2": F.relu(model.conv2(first))}
    for _ in range(2):  # calls are counted anew in every pass
        seen = read(model, x, points=model.points[:2])
        assert_identical(seen, {name: value.detach() for name, value in expected.items()})


def test_a_projection_on_a_shortcut_is_no_points_weight():
    """Called before its branch or after it, the branch's last convolution leads to the sum."""

    def branch(net, x):
        return net.conv2(net.act1(net.conv1(x)))

    def rest(net, x):
        return net.fc(net.act2(x).mean((2, 3)))

    before = Net(lambda net, x: rest(net, net.shortcut(x) + branch(net, x)), shortcut=nn.Conv2d(3, 6, 1))
    after = Net(lambda net, x: rest(net, branch(net, x) + net.shortcut(x)), shortcut=nn.Conv2d(3, 6, 1))
    for model in (before, after):
        assert points(model)[:2] == [("act1", "conv1", "act1", 1), ("act2", "conv2", "act2", 1)]


def test_pre_activation_blocks_lead_by_the_convolution_behind():
    """BN-ReLU-conv: what leads to a ReLU is the convolution of the block before, not the shortcut's."""

    def forward(net, x):
        x = net.conv1(x)
        pre = net.act1(x)
        x = net.shortcut(pre) + net.conv2(net.act2(net.inner(pre)))
        return net.fc(net.last(x).mean((2, 3)))

    model = Net(forward, shortcut=nn.Conv2d(6, 6, 1), inner=nn.Conv2d(6, 6, 1), last=nn.GELU())
    weights = [(name, weight) for name, weight, *_ in points(model)]
    assert weights == [("act1", "conv1"), ("act2", "inner"), ("last", "conv2"), ("logits", "fc")]


def test_points_that_are_listed_come_in_the_order_of_their_calls():
    listed = ["act2", "conv2", "conv1"]
    assert [name for name, *_ in points(Net(), listed)] == ["conv1", "conv2", "act2", "logits"]
    assert points(Net(), ["conv2"])[0] == ("conv2", "conv2", "conv2", 1)


def test_an_activation_that_no_layer_leads_to_is_no_point():
    model = Net(lambda net, x: net.fc(net.body(net.first(x)).mean((2, 3))), first=nn.ReLU())
    assert [name for name, *_ in points(model)] == ["act1", "act2", "logits"]


def test_the_classifier_gives_float32_logits_under_autocast():
    model = Net()
    points(model)
    assert type(model.fc) is Classifier
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        assert model(torch.randn(2, 3, 16, 16)).dtype == torch.float32
    assert list(model.state_dict()) == list(Net().state_dict())


def test_logits_that_are_no_affine_map_are_read_where_they_come_out():
    model = Net(lambda net, x: net.norm(net.fc(net.body(x).mean((2, 3)))), norm=nn.LayerNorm(4))
    assert points(model)[-1] == ("logits", "fc", "", 1)
    x = torch.randn(2, 3, 16, 16)
    assert torch.equal(read(model, x)["logits"], model(x))


def test_looking_changes_neither_weights_nor_draws():
    torch.manual_seed(3)
    model = timm.create_model("test_resnet", num_classes=4, drop_rate=0.5)
    draw = torch.rand(1)
    torch.manual_seed(3)
    looked_at = timm.create_model("test_resnet", num_classes=4, drop_rate=0.5)
    dissect(looked_at, "x", classes=4, image_size=16, listed=None)
    assert torch.equal(torch.rand(1), draw)
    assert_identical(looked_at.state_dict(), model.state_dict())
    assert looked_at.training
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in looked_at.modules())


# --- What is refused ---------------------------------------------------------------------------------


class Functional(Net):
    def body(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x))))


class InPlace(Net):
    """The next block adds to the output of act1 itself."""

    def body(self, x):
        x = self.act1(self.conv1(x))
        return self.act2(x.add_(1))


def tied():
    model = Net(lambda net, x: net.fc(net.act2(net.other(net.act1(net.conv1(x)))).mean((2, 3))))
    model.other = nn.Conv2d(6, 6, 3, padding=1)
    model.conv2.weight = model.other.weight
    return model


def frozen():
    model = Net()
    model.conv1.weight.requires_grad_(False)
    return model


FAULTS = {
    "functions": (Functional, "calls no activation module"),
    "in place": (InPlace, "output of act1 is written over"),
    "tied": (tied, "conv2.weight and other.weight are one tensor"),
    "frozen": (frozen, "conv1.weight is frozen"),
    "float64": (lambda: Net().double(), "conv1.weight is torch.float64"),
    "shape": (lambda: Net(classes=5), "returns (2, 5), must return raw logits of shape (2, 4)"),
    "tuple": (lambda: Net(lambda net, x: (x,)), "returns a tuple"),
    "softmax": (
        lambda: Net(lambda net, x: net.fc(net.body(x).mean((2, 3))).softmax(1)),
        "returns probabilities, must return raw logits",
    ),
    "log-softmax": (
        lambda: Net(lambda net, x: net.fc(net.body(x).mean((2, 3))).log_softmax(1)),
        "returns log-probabilities",
    ),
    "not finite": (lambda: Net(lambda net, x: net.fc(net.body(x).mean((2, 3))) / 0), "not finite"),
    "convolution": (
        lambda: Net(lambda net, x: net.fc(net.body(x)).mean((2, 3)), fc=nn.Conv2d(6, 4, 1)),
        "come from fc (Conv2d), must come from one nn.Linear with 4 outputs",
    ),
    "two heads": (
        lambda: Net(lambda n, x: sum(f(n.body(x).mean((2, 3))) for f in (n.fc, n.b)), b=nn.Linear(6, 4)),
        "come from b (Linear), fc (Linear)",
    ),
    "a head on tokens": (
        lambda: Net(lambda net, x: net.fc(net.body(x).flatten(2).transpose(1, 2)).mean(1)),
        "must be called once, with features of shape (images, d)",
    ),
    "unused": (lambda: Net(spare=nn.Linear(2, 2)), "spare.weight does not reach the logits"),
    "view": (
        lambda: Net(lambda net, x: net.fc(net.body(x).view(2, -1)), fc=nn.Linear(6 * 256, 4)),
        "use .flatten(1) or .reshape in place of .view",
    ),
    "other size": (
        lambda: Net(lambda net, x: net.fc(net.body(x).flatten(1))),
        "fails on images of 16 x 16 pixels: RuntimeError: addmm: mat1",
    ),
    "shared layer": (
        lambda: Net(lambda n, x: n.fc(n.act2(n.conv2(n.act1(n.conv2(n.conv1(x))))).mean((2, 3)))),
        "conv2 is called 2 times in one pass",
    ),
    "points": (lambda: Net(points=nn.ReLU()), "an attribute points or head_path of its own"),
    "name": (
        lambda: Net(lambda n, x: n.fc(n.logits(n.conv1(x)).mean((2, 3))), logits=nn.ReLU(), conv2=None),
        "module logits has a name that means something else",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_what_cannot_be_read_is_said(case):
    make, said = FAULTS[case]
    assert said in refusal(make())


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (["act3"], "it has no module act3 (did you mean 'act2'?)"),
        (["spare"], "spare is not called"),
        (["act1"], "act1 is called 2 times; name one call, such as act1#1"),
        (["act1#3"], "act1 is called 2 times"),
        (["first"], "no convolution or linear layer leads to first"),
    ],
)
def test_points_that_are_not_there_are_said(listed, said):
    model = Net(
        lambda net, x: net.fc(net.act1(net.conv2(net.act1(net.conv1(net.first(x))))).mean((2, 3))),
        first=nn.ReLU(),
        spare=nn.ReLU(),
    )
    assert f"points: {said}" in refusal(model, listed)
