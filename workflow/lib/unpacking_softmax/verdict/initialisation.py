"""Claims on the logits norm before training: Figures 8 and 17."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd

from unpacking_softmax.measures.effects import of_grid
from unpacking_softmax.measures.readings import ranks
from unpacking_softmax.paths import spell
from unpacking_softmax.tables import IDENTITY
from unpacking_softmax.verdict.evidence import Evidence, describe
from unpacking_softmax.verdict.findings import ABOVE, BELOW, Claim, Expectation, Finding, decided, undecided
from unpacking_softmax.verdict.statistics import rank_correlation, t_interval, welch_interval

LEAST_SCHEMES = 3
TENFOLD = Expectation("below", -1.0)  # of a log10: "orders of magnitude" begin at one


def norm_predicts_rank(evidence: Evidence) -> list[Finding]:
    """Across initialisation schemes, a smaller logits norm leads to a lower final rank, seed by seed."""
    findings = []
    for panel, runs in _panels(evidence, "plain").items():
        values = [
            rank_correlation(rows["norm"], rows["rank"])
            for _, rows in runs.groupby("seed")
            if len(rows) >= LEAST_SCHEMES
        ]
        what = "rank correlation of initial ||M / T|| and final penultimate rank"
        if values:
            findings.append(decided(_schemes(panel, runs), what, t_interval(values), ABOVE))
        else:
            reason = f"fewer than {LEAST_SCHEMES} schemes trained in every seed"
            findings.append(undecided(_schemes(panel, runs), what, reason))
    return findings


def matching_equalises(evidence: Evidence) -> list[Finding]:
    """The spread of final ranks over schemes is smaller where temperatures match their norms."""
    findings = []
    for panel, plain in _panels(evidence, "plain").items():
        for other, matched in _panels(evidence, "matched").items():
            common = set(plain["variant"]) & set(matched["variant"])
            differences = (_spread(matched, common) - _spread(plain, common)).dropna()
            what = "difference of the standard deviation of log rank over schemes"
            place = f"{_schemes(other, matched)}, against {panel!r}"
            if len(differences):
                findings.append(decided(place, what, t_interval(differences), BELOW))
            else:
                findings.append(undecided(place, what, "fewer than two schemes trained in both panels"))
    return findings


def _spread(runs: pd.DataFrame, schemes: Collection[str]) -> pd.Series:
    """Standard deviation of log rank over schemes, by seed; NaN where fewer than two trained."""
    rows = runs[runs["variant"].isin(schemes) & (runs["rank"] > 0)]
    return np.log(rows["rank"].astype(float)).groupby(rows["seed"]).std()


def layernorm_prevents(evidence: Evidence) -> list[Finding]:
    """A scheme with LayerNorm ends at a higher penultimate rank than without, paired by seed."""
    findings = []
    for grid in evidence.grids(lambda g, variant, _: "layernorm" in variant.get("normalisation", "none")):
        for other in evidence.grids(lambda g, variant, _, grid=grid: _without_norm(evidence, grid, g)):
            with_norm, without = (
                penultimate_ranks(evidence, g).query("temperature_value == 1").set_index("seed")["rank"]
                for g in (grid, other)
            )
            differences = (with_norm - without).dropna()
            place = f"{describe(grid)} against {other['variant']}, T = 1"
            what = "difference of penultimate rank"
            if len(differences):
                findings.append(decided(place, what, t_interval(differences), ABOVE))
            else:
                findings.append(undecided(place, what, "no seed trained both with and without"))
    return findings


def _without_norm(evidence: Evidence, grid: Mapping, other: Mapping) -> bool:
    """Whether the other grid is the same but for its normalisation layers."""
    rest = {key: value for key, value in evidence.variant(grid).items() if key != "normalisation"}
    same = all(grid[key] == other[key] for key in ("dataset", "architecture"))
    return same and evidence.variant(other) == rest


def penultimate_ranks(evidence: Evidence, grid: Mapping) -> pd.DataFrame:
    """Runs of a grid that trained: identity, temperature_value, `norm` (||M/T|| before), final `rank`.

    The rank is that of the raw representation of the training split at the last post-ReLU point.
    """
    spectra = evidence.rows("spectra", grid)
    if spectra.empty:
        return pd.DataFrame(columns=[*IDENTITY, "temperature_value", "norm", "rank"])
    hidden = spectra[(spectra["point"] != "logits") & (spectra["matrix"] == "raw")]
    runs = of_grid(evidence.table("record"), grid)
    runs = runs.assign(norm=runs["initial_logits_norm"] / runs["temperature_value"])
    read = ranks(hidden, evidence.settings["rank_rule"])[[*IDENTITY, "rank"]]
    return read.merge(runs[[*IDENTITY, "temperature_value", "norm"]], on=IDENTITY)


def _panels(evidence: Evidence, kind: str) -> dict[str, pd.DataFrame]:
    """Runs of the panels of Figure 17: "plain" (schemes as they are) or "matched" (norms matched by T)."""
    found = {}
    for panel in evidence.settings["figures"].get("fig17", {}).get("panels", []):
        grids = [evidence.settings["grids"][name] for name in panel["grids"]]
        normalised = any("normalisation" in evidence.variant(grid) for grid in grids)
        temperature = panel.get("temperature")  # a panel without one mixes temperatures
        matched = str(temperature).startswith("match-")
        if normalised or temperature is None or matched != (kind == "matched"):
            continue
        runs = [penultimate_ranks(evidence, grid) for grid in grids]
        runs = [
            rows[rows["temperature"] == spell(temperature)] for rows, grid in zip(runs, grids, strict=True)
        ]
        found[panel["title"]] = pd.concat(runs)
    return found


def _schemes(title: str, runs: pd.DataFrame) -> str:
    return f"Figure 17, {title!r}: {', '.join(dict.fromkeys(runs['variant']))}"


def vgg_norm(evidence: Evidence) -> list[Finding]:
    """New VGGs have a logits norm at least ten times smaller than new ResNets, on the same images."""
    norms = evidence.table("initial_norms")
    if norms.empty:
        return []
    findings = []
    for dataset, rows in norms.groupby("dataset"):
        logs = {name: np.log10(part["norm_train_mode"]) for name, part in rows.groupby("architecture")}
        for vgg in _of_family(evidence, logs, "vgg"):
            for resnet in _of_family(evidence, logs, "resnet"):
                interval = welch_interval(logs[vgg], logs[resnet])
                place = f"new networks on {dataset}: {vgg} against {resnet}"
                findings.append(decided(place, "difference of mean log10 ||M||", interval, TENFOLD))
    return findings


def _of_family(evidence: Evidence, architectures: Iterable[str], family: str) -> list[str]:
    return [name for name in architectures if evidence.settings["networks"][name].startswith(family)]


CLAIMS = (
    Claim(
        "initial-norm-predicts-rank",
        "5, Figure 17 (top)",
        "Initialisation schemes with a smaller logits norm end at a lower rank.",
        "Spearman's correlation over schemes, for each seed; 95 % t interval over seeds.",
        norm_predicts_rank,
    ),
    Claim(
        "matching-equalises",
        "5, Figure 17 (middle)",
        "Matching the initial logits norm by the temperature makes all schemes end at similar ranks.",
        "Standard deviation of log rank over schemes, matched less unmatched, paired by seed; 95 % t "
        "interval over seeds.",
        matching_equalises,
    ),
    Claim(
        "layernorm-prevents-collapse",
        "5, Figure 17 (bottom)",
        "Layer normalisation prevents the collapse of networks that would collapse without it.",
        "Penultimate rank with LayerNorm less without, the same scheme at T = 1, paired by seed; 95 % t "
        "interval over seeds.",
        layernorm_prevents,
    ),
    Claim(
        "vgg-norm-lower",
        "A.8, Figure 8",
        "A new VGG has a logits norm orders of magnitude (here: at least ten times) below ResNets'.",
        "Means of log10 ||M|| over random initialisations, batch norm by batch statistics; Welch's 95 % "
        "interval of their difference.",
        vgg_norm,
    ),
)
