"""Claims on the logits norm before training: Figures 8 and 17."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.effects import of_grid
from unpacking_softmax.readings.runs import ranks
from unpacking_softmax.study.temperature import Temperature, spell
from unpacking_softmax.verdict.evidence import Evidence, describe
from unpacking_softmax.verdict.findings import ABOVE, BELOW, Claim, Expectation, Finding, decided, undecided
from unpacking_softmax.verdict.statistics import rank_correlation, t_interval, welch_interval

LEAST_SCHEMES = 3
TENFOLD = Expectation("below", -1.0)  # of a log10: "orders of magnitude" begin at one
AT_ONE = spell(1)
INITIALISATION = ("init", "last_init")  # what schemes differ in
# A scheme has collapsed where its rank is below this share of the best scheme's. The paper says
# "collapse" without a number; half is a plain reading of it.
COLLAPSED = 0.5
# The paper does not say in which mode new networks are. Column of the norms: what the mode is called.
MODES = {
    "norm_train_mode": "batch norm by batch statistics",
    "norm_eval": "by running statistics of a new network (0 and 1)",
}


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
    """A scheme that collapses without LayerNorm ends at a higher penultimate rank with it, by seed."""
    normalised = evidence.grids(lambda g, variant, _: "layernorm" in variant.get("normalisation", "none"))
    return [
        _layernorm_finding(evidence, grid, other)
        for grid in normalised
        for other in evidence.grids(lambda g, variant, _, grid=grid: _without_norm(evidence, grid, g))
    ]


def _layernorm_finding(evidence: Evidence, grid: Mapping, other: Mapping) -> Finding:
    """A grid with LayerNorm against the other, without; decides only where the latter has collapsed."""
    with_norm, without = (_ranks_at_one(evidence, g) for g in (grid, other))
    differences = (with_norm - without).dropna()
    runs = f"{describe(grid)} against {other['variant']}, T = {AT_ONE}"
    what = "difference of penultimate rank"
    if without.empty:
        return undecided(runs, what, f"{other['variant']}: {evidence.why_missing(other, AT_ONE)}")
    if differences.empty:
        return undecided(runs, what, "no seed trained both with and without")
    interval = t_interval(differences)
    if without.mean() >= COLLAPSED * _highest_rank(evidence, other):
        return undecided(runs, f"{what} {ABOVE}", "no collapse without LayerNorm", interval)
    return decided(runs, what, interval, ABOVE)


def _without_norm(evidence: Evidence, grid: Mapping, other: Mapping) -> bool:
    """Whether the other grid is the same but for its normalisation layers."""
    rest = _but_for(evidence.variant(grid), "normalisation")
    return _alike(grid, other) and evidence.variant(other) == rest


def _alike(grid: Mapping, other: Mapping) -> bool:
    return all(grid[key] == other[key] for key in ("dataset", "architecture"))


def _but_for(variant: Mapping, *keys: str) -> dict:
    return {key: value for key, value in variant.items() if key not in keys}


def _ranks_at_one(evidence: Evidence, grid: Mapping) -> pd.Series:
    """Penultimate ranks at T = 1, by seed.

    By the temperature's name: one that matches norms can be 1 too, and would count a seed twice.
    """
    runs = penultimate_ranks(evidence, grid)
    return runs[runs["temperature"] == AT_ONE].set_index("seed")["rank"]


def _highest_rank(evidence: Evidence, grid: Mapping) -> float:
    """The highest mean rank at T = 1 of a scheme that differs from the grid's by initialisation alone."""
    rest = _but_for(evidence.variant(grid), *INITIALISATION)
    schemes = evidence.grids(
        lambda g, variant, _: _alike(grid, g) and _but_for(variant, *INITIALISATION) == rest
    )
    return pd.Series([_ranks_at_one(evidence, scheme).mean() for scheme in schemes]).max()


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
        if normalised or "temperature" not in panel:  # a panel without one mixes temperatures
            continue
        temperature = Temperature.parse(panel["temperature"])
        if temperature.matched != (kind == "matched"):
            continue
        runs = [penultimate_ranks(evidence, grid) for grid in grids]
        found[panel["title"]] = pd.concat([rows[rows["temperature"] == str(temperature)] for rows in runs])
    return found


def _schemes(title: str, runs: pd.DataFrame) -> str:
    return f"Figure 17, {title!r}: {', '.join(dict.fromkeys(runs['variant']))}"


def vgg_norm(evidence: Evidence) -> list[Finding]:
    """New VGGs have a logits norm at least ten times smaller than new ResNets, on the same images.

    A finding for each of MODES: where they disagree the claim is not decided.
    """
    norms = evidence.table("initial_norms")
    if norms.empty:
        return []
    findings = []
    for dataset, rows in norms.groupby("dataset"):
        logs = {name: np.log10(part[[*MODES]]) for name, part in rows.groupby("architecture")}
        for vgg in _of_family(evidence, logs, "vgg"):
            for resnet in _of_family(evidence, logs, "resnet"):
                place = f"new networks on {dataset}: {vgg} against {resnet}"
                for column, mode in MODES.items():
                    interval = welch_interval(logs[vgg][column], logs[resnet][column])
                    what = f"difference of mean log10 ||M||, {mode}"
                    findings.append(decided(place, what, interval, TENFOLD))
    return findings


def _of_family(evidence: Evidence, architectures: Iterable[str], family: str) -> list[str]:
    return [name for name in architectures if evidence.settings["families"][name] == family]


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
        "interval over seeds. Only schemes that collapse without it decide: those of a mean rank below "
        f"{COLLAPSED:.0%} of the highest that an initialisation of this network has on the same data. "
        "Where nothing collapses LayerNorm need not raise the rank.",
        layernorm_prevents,
    ),
    Claim(
        "vgg-norm-lower",
        "A.8, Figure 8",
        "A new VGG has a logits norm orders of magnitude (here: at least ten times) below ResNets'.",
        "Means of log10 ||M|| over random initialisations; Welch's 95 % interval of their difference. "
        "The paper does not say how batch norm is evaluated in a new network: by batch statistics, as "
        "training begins, and by running statistics, which are 0 and 1 then; both are judged.",
        vgg_norm,
    ),
)
