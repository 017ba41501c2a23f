"""Checks of architectures and variants, which must not need torch."""

import pytest

from unpacking_softmax.networks.registry import NETWORKS
from unpacking_softmax.networks.variants import supports

CARRIED_BY_ALL = [
    {},
    {"init": {"scheme": "default"}},
    {"init": {"scheme": "kaiming"}},
    {"init": {"scheme": "normal", "std": 0.02}},
    {"last_init": {"uniform": 1e-12}},
    {"normalisation": "none"},
    {"head_rank": 2},
    {"loss": "mse"},  # another room's key
]

REFUSED = [
    ("resnet43", {}, "did you mean 'resnet34'?"),
    ("densenet-bc", {}, "choose from mlp, vgg8"),
    ("mlp", {"normalisation": "layernorms"}, "did you mean 'layernorm'?"),
    ("resnet18", {"normalisation": "layernorm"}, "for mlp only"),
    ("vgg19", {"normalisation": "layernorm-logits"}, "for mlp only"),
    ("mlp", {"init": "kaiming"}, "mapping with a scheme"),
    ("mlp", {"init": {"scheme": "kaimming"}}, "did you mean 'kaiming'?"),
    ("mlp", {"init": {"scheme": "normal"}}, "takes std"),
    ("mlp", {"init": {"scheme": "kaiming", "std": 0.1}}, "takes std"),
    ("mlp", {"init": {"scheme": "normal", "std": -0.1}}, "-0.1 is not a positive number"),
    ("mlp", {"init": {"scheme": "normal", "std": "0.1"}}, "'0.1' is not a positive number"),
    ("mlp", {"last_init": 1e-12}, "form {uniform: 1e-12}"),
    ("mlp", {"last_init": {"uniform": 0}}, "0 is not a positive number"),
    ("mlp", {"head_rank": 0}, "head_rank: 0"),
    ("mlp", {"head_rank": True}, "head_rank: True"),
    ("mlp", {"head_rank": 2.0}, "head_rank: 2.0"),
]


@pytest.mark.parametrize("architecture", NETWORKS)
@pytest.mark.parametrize("variant", CARRIED_BY_ALL, ids=str)
def test_every_network_carries_the_general_variants(architecture, variant):
    assert supports(architecture, variant) is None


@pytest.mark.parametrize("normalisation", ["layernorm", "layernorm-logits", "layernorm-all"])
def test_the_mlp_carries_layer_normalisation(normalisation):
    assert supports("mlp", {"normalisation": normalisation}) is None


@pytest.mark.parametrize(("architecture", "variant", "words"), REFUSED)
def test_refusals_say_why_in_one_line(architecture, variant, words):
    reason = supports(architecture, variant)
    assert words in reason
    assert "\n" not in reason
