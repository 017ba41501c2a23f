"""Departures from a plain network, and which network carries which, known without importing torch."""

from collections.abc import Iterable, Mapping
from numbers import Real

from unpacking_softmax.artefacts.errors import did_you_mean
from unpacking_softmax.networks.registry import FORMS, NETWORKS, network_of

# The keys of a run's variant that change the network.
#   init          {"scheme": "default"}: what the architecture's reference code does
#                 {"scheme": "kaiming"}: normal, fan-in, gain of ReLU, zero biases
#                 {"scheme": "normal", "std": s}: N(0, s^2), zero biases
#   last_init     {"uniform": a}: weights of the last layer from U(-a, a), zero bias
#   normalisation "none", or LayerNorm at the places named in NORMALISATIONS
#   head_rank     r: the classifier factors through r units, so that the logits have rank <= r
KEYS: tuple[str, ...] = ("init", "last_init", "normalisation", "head_rank")

INIT_SCHEMES: tuple[str, ...] = ("default", "kaiming", "normal")

# Value: (after each hidden linear layer and before its ReLU, after the logits).
NORMALISATIONS: dict[str, tuple[bool, bool]] = {
    "none": (False, False),
    "layernorm": (True, False),
    "layernorm-logits": (False, True),
    "layernorm-all": (True, True),
}


def supports(architecture: str, variant: Mapping) -> str | None:
    """Return None if `architecture` can be built with `variant`, else why not, in one line.

    Keys of `variant` that are not in KEYS concern other rooms and are not looked at.
    """
    network = network_of(architecture)
    if network is None:
        return f"architecture: {_unknown(architecture, [*NETWORKS, *FORMS])}"
    if "init" in variant and (reason := _init_fault(variant["init"])):
        return f"init: {reason}"
    if "last_init" in variant and (reason := _last_init_fault(variant["last_init"])):
        return f"last_init: {reason}"
    normalisation = variant.get("normalisation", "none")
    if normalisation not in NORMALISATIONS:
        return f"normalisation: {_unknown(normalisation, NORMALISATIONS)}"
    rank = variant.get("head_rank", 1)
    if type(rank) is not int or rank < 1:
        return f"head_rank: {rank!r} is not a whole number of at least 1"
    for key in KEYS:
        if variant.get(key, "none") != "none" and key not in network.variants:
            carriers = ", ".join(name for name, other in NETWORKS.items() if key in other.variants)
            return f"{key}: {architecture} has no place for {variant[key]}; it is for {carriers} only"
    return None


def _init_fault(init: object) -> str | None:
    if not isinstance(init, Mapping) or "scheme" not in init:
        return f"{init!r} is not a mapping with a scheme, such as {{scheme: default}}"
    scheme = init["scheme"]
    if scheme not in INIT_SCHEMES:
        return _unknown(scheme, INIT_SCHEMES)
    if set(init) != ({"scheme", "std"} if scheme == "normal" else {"scheme"}):
        return f"{dict(init)!r}: the scheme normal takes std, the others take nothing"
    if scheme == "normal" and not _positive(init["std"]):
        return f"std {init['std']!r} is not a positive number"
    return None


def _last_init_fault(last_init: object) -> str | None:
    if not isinstance(last_init, Mapping) or set(last_init) != {"uniform"}:
        return f"{last_init!r} is not of the form {{uniform: 1e-12}}"
    if not _positive(last_init["uniform"]):
        return f"uniform {last_init['uniform']!r} is not a positive number"
    return None


def _positive(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and 0 < value < float("inf")


def _unknown(value: object, known: Iterable[str]) -> str:
    return f"{value!r} is not known{did_you_mean(value, known)}; choose from {', '.join(known)}"
