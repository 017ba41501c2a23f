"""A study made up for tests of the verdict: tables whose numbers are chosen, so the answer is known."""

import numpy as np
import pandas as pd

from unpacking_softmax.verdict import claims
from unpacking_softmax.verdict.evidence import Evidence

CLASSES, SAMPLES = 5, 100
FAINT = 3e-6  # between the cuts of 100 samples: 1e-6 (1e-8) and 1.2e-5 (torch), of sigma_1 = 1
FULL = CLASSES - 1


FAMILIES = ("mlp", "resnet", "vgg")


def grid(
    name,
    architecture="resnet18",
    variant="base",
    temperatures=("1", "100"),
    seeds=(0, 1, 2),
    low_norm=None,
    dataset="own",
):
    return {
        "name": name,
        "dataset": dataset,
        "architecture": architecture,
        "variant": variant,
        "temperatures": list(temperatures),
        "seeds": list(seeds),
        "ood": ["other"],
        "detection": ["far"],
        "snapshots": True,
        "low_norm": low_norm,
        "baseline": temperatures[0],
        "labels": {"own": "Own", "other": "Other", "far": "Far", "hundred": "Hundred"},
    }


def settings(*grids, variants=None, networks=None, **more):
    names = {g["architecture"] for g in grids}
    networks = {name: name for name in names} | (networks or {})
    return {
        "title": "made up",
        "grids": {g["name"]: g for g in grids},
        "variants": {"base": {}, **(variants or {})},
        "networks": networks,
        "families": {
            name: next((f for f in FAMILIES if network.startswith(f)), network)
            for name, network in networks.items()
        },
        "shapes": {name: {"depth": None, "width": None} for name in networks},
        "papers_data": {},
        "rank_rule": "torch",
        "depth_threshold": 0.99,
        "depth_reference": "model",
        "equivalent_within": 0.01,
        **more,
    }


def identities(g):
    return [
        {
            "dataset": g["dataset"],
            "architecture": g["architecture"],
            "variant": g["variant"],
            "temperature": temperature,
            "seed": seed,
        }
        for temperature in g["temperatures"]
        for seed in g["seeds"]
    ]


def records(g, accuracy=None, status=None, **columns):
    """accuracy, status: by temperature; a value, or one for each seed. columns: the same for others."""
    rows = []
    for run in identities(g):
        row = {
            "temperature_value": _number(run["temperature"]),
            "status": _of(status, run, "trained"),
            "train_accuracy": 1.0,
            "test_accuracy": _of(accuracy, run, 0.8),
            "logits_norm": 100.0,
            "initial_logits_norm": 10.0,
        }
        rows.append({**run, **row, **{name: _of(values, run, None) for name, values in columns.items()}})
    return pd.DataFrame(rows)


def table(g, **columns):
    """One row a run: each column by temperature, a value or one for each seed; plain values for all."""
    rows = [
        {**run, **{k: _of(v, run, None) if isinstance(v, dict) else v for k, v in columns.items()}}
        for run in identities(g)
    ]
    return pd.DataFrame(rows)


def spectra(g, rank=None, hidden=None, classes=CLASSES, faint=None, hidden_width=16):
    """Logits of class-centred rank `rank` (raw: one more), last hidden layer of rank `hidden`.

    faint: so many more singular values of the class-centred logits that the torch rule takes for zero
    and Equation 5's does not.
    """
    rows = []
    for run in identities(g):
        r, h = int(_of(rank, run, classes - 1)), int(_of(hidden, run, 8))
        more = int(_of(faint, run, 0))
        for matrix, k in (("raw", r + 1), ("class_centred", r)):
            values = {"point": "logits", "index": 3, "split": "train", "matrix": matrix}
            sigma = ones(k, classes)
            if matrix == "class_centred":
                sigma[k : k + more] = FAINT
            rows.append({**run, **values, "n": SAMPLES, "d": classes, "sigma": sigma})
        values = {"point": "relu2", "index": 2, "split": "train", "matrix": "raw"}
        rows.append({**run, **values, "n": SAMPLES, "d": hidden_width, "sigma": ones(h, hidden_width)})
    return pd.DataFrame(rows)


def ones(k, size):
    """A spectrum of rank k."""
    return np.r_[np.ones(min(k, size)), np.zeros(max(size - k, 0))]


def evidence(setting, frames, theory=None):
    return Evidence(setting, frames, theory or {})


def effects_study(
    rank, seeds=(0, 1, 2), variants=None, variant="base", architecture="resnet18", faint=None, **record
):
    """A grid whose solution rank and records are chosen by temperature."""
    g = grid("g", seeds=seeds, variant=variant, architecture=architecture)
    frames = {"record": records(g, **record), "spectra": spectra(g, rank, faint=faint)}
    return evidence(settings(g, variants=variants), frames)


def verdict_of(found, name):
    """The verdict on the claim of this name."""
    return claims.verdict_on(next(claim for claim in claims.CLAIMS if claim.id == name), found)


def outcome(found, name):
    """What is judged of a claim, and why."""
    verdict = verdict_of(found, name)
    return verdict.outcome, verdict.reason


def _of(values, run, default):
    if values is None:
        return default
    if not isinstance(values, dict):
        return values
    value = values.get(run["temperature"], default)
    return value[run["seed"]] if isinstance(value, list | tuple) else value


def _number(temperature):
    return float(temperature) if not temperature.startswith("match") else 0.1
