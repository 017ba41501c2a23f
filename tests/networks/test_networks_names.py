"""Checks of architectures and variants, which must not need torch."""

import os
import subprocess
import sys

import pytest

from unpacking_softmax.networks.names import ARCHITECTURES, MIN_IMAGE_SIZE, VARIANT_KEYS, supports

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
    ("resnet18", {"normalisation": "layernorm"}, "only mlp has"),
    ("vgg19", {"normalisation": "layernorm-logits"}, "only mlp has"),
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


@pytest.mark.parametrize("architecture", ARCHITECTURES)
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


def test_tables_speak_of_known_architectures():
    assert set(MIN_IMAGE_SIZE) <= set(ARCHITECTURES)
    assert all(set(carriers) <= set(ARCHITECTURES) for carriers in VARIANT_KEYS.values())


def test_names_are_importable_without_torch():
    check = "import sys, unpacking_softmax.networks.names; sys.exit('torch' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", check], env=environment).returncode == 0
