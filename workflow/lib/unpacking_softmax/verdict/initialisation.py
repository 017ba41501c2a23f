"""Claims on the logits norm before training, and what it leads to: Figures 8 and 17, width."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.runs import ranks
from unpacking_softmax.study.temperature import Temperature, spell
from unpacking_softmax.verdict.evidence import Evidence, describe
from unpacking_softmax.verdict.findings import (
    ABOVE,
    BELOW,
    RANK_RULES,
    Claim,
    Expectation,
    Finding,
    decided,
    undecided,
)
from unpacking_softmax.verdict.statistics import (
    correlation_step,
    rank_correlation,
    t_interval,
    welch_interval,
)

LEAST_SCHEMES = 3
TENFOLD = Expectation("below", -1.0)  # of a log10: "orders of magnitude" begin at one
AT_ONE = spell(1)
# The paper does not say in which mode new networks are. Column of the norms: what the mode is called.
MODES = {
    "norm_train_mode": "batch norm by batch statistics",
    "norm_eval": "by running statistics of a new network (0 and 1)",
}


@dataclass(frozen=True)
class Schemes:
    """Grids of one plain network on one data set that differ in the initialisation alone (Figure 17)."""

    grids: Sequence[Mapping]

    @classmethod
    def of_study(cls, evidence: Evidence) -> "list[Schemes]":
        """Every network that the study initialises in two ways or more."""
        groups: dict[tuple, list[Mapping]] = {}
        for grid in evidence.grids(lambda g, variant, _: set(variant) <= {"init"}):
            groups.setdefault((grid["dataset"], grid["architecture"]), []).append(grid)
        return [cls(grids) for grids in groups.values() if len({grid["variant"] for grid in grids}) > 1]

    @property
    def matched(self) -> list[str]:
        """The temperatures that match norms to one of the network's own schemes."""
        names = dict.fromkeys(t for grid in self.grids for t in grid["temperatures"])
        return [t for t in names if (_reference(t) or ("",))[0] == self.grids[0]["architecture"]]

    def is_common(self, temperature: str) -> bool:
        """Whether two schemes or more are trained at a temperature."""
        having = {grid["variant"] for grid in self.grids if temperature in grid["temperatures"]}
        return len(having) > 1

    def runs(self, evidence: Evidence, temperature: str, rule: str) -> pd.DataFrame:
        """`penultimate_ranks` of all schemes at one temperature, each run once."""
        found = [penultimate_ranks(evidence, grid, rule) for grid in self.grids]
        runs = pd.concat(found).drop_duplicates(IDENTITY)
        return runs[runs["temperature"] == temperature]

    def describe(self, runs: pd.DataFrame, temperature: str) -> str:
        """Network, data, schemes that trained, temperature."""
        grid = self.grids[0]
        names = ", ".join(dict.fromkeys(runs["variant"]))
        return f"{grid['architecture']} on {grid['labels'][grid['dataset']]}, T = {temperature}: {names}"


def _reference(temperature: str) -> tuple[str, str] | None:
    """(architecture, variant) whose norm a temperature matches; None for a plain number."""
    return Temperature.parse(temperature).reference


def norm_predicts_rank(evidence: Evidence, rule: str) -> list[Finding]:
    """Across initialisation schemes, a smaller logits norm leads to a lower final rank, seed by seed."""
    findings = []
    for schemes in Schemes.of_study(evidence):
        runs = schemes.runs(evidence, AT_ONE, rule)
        place, what = schemes.describe(runs, AT_ONE), "rank correlation of initial ||M|| and penultimate rank"
        seeds = [rows for _, rows in runs.groupby("seed") if len(rows) >= LEAST_SCHEMES]
        if not seeds:
            reason = f"fewer than {LEAST_SCHEMES} schemes trained in every seed"
            findings.append(undecided(place, what, reason))
            continue
        values = [rank_correlation(rows["norm"], rows["rank"]) for rows in seeds]
        interval = t_interval(values, correlation_step(min(map(len, seeds))))
        findings.append(decided(place, what, interval, ABOVE))
    return findings


def matching_equalises(evidence: Evidence, rule: str) -> list[Finding]:
    """The spread of final ranks over schemes is smaller where temperatures match their norms."""
    findings = []
    for schemes in Schemes.of_study(evidence):
        plain = schemes.runs(evidence, AT_ONE, rule)
        for temperature in filter(schemes.is_common, schemes.matched):
            matched = schemes.runs(evidence, temperature, rule)
            common = set(plain["variant"]) & set(matched["variant"])
            differences = (_spread(matched, common) - _spread(plain, common)).dropna()
            place = f"{schemes.describe(matched, temperature)}; against T = 1"
            what = "difference of the standard deviation of log rank over schemes"
            if len(differences):
                findings.append(decided(place, what, t_interval(differences), BELOW))
            else:
                findings.append(undecided(place, what, "fewer than two schemes trained at both"))
    return findings


def _spread(runs: pd.DataFrame, schemes: Collection[str]) -> pd.Series:
    """Standard deviation of log rank over schemes, by seed; NaN where fewer than two trained."""
    rows = runs[runs["variant"].isin(schemes) & (runs["rank"] > 0)]
    return np.log(rows["rank"].astype(float)).groupby(rows["seed"]).std()


def matching_upward_fails(evidence: Evidence, rule: str) -> list[Finding]:
    """A scheme of small norm, given a larger scheme's by T < 1, ends at a lower rank than that, by seed."""
    findings = []
    for schemes in Schemes.of_study(evidence):
        plain = schemes.runs(evidence, AT_ONE, rule)
        for grid, temperature in _raised(evidence, schemes):
            reference = _reference(temperature)[1]
            place = f"{describe(grid)}, T = {temperature} against {reference}, T = 1"
            what = "difference of log penultimate rank"
            raised = penultimate_ranks(evidence, grid, rule)
            raised = _log_ranks(raised[raised["temperature"] == temperature])
            differences = (raised - _log_ranks(plain[plain["variant"] == reference])).dropna()
            if len(differences):
                findings.append(decided(place, what, t_interval(differences), BELOW))
            else:
                reason = (
                    evidence.why_missing(grid, temperature) if raised.empty else "no seed trained at both"
                )
                findings.append(undecided(place, what, reason))
    return findings


def _raised(evidence: Evidence, schemes: Schemes) -> Iterator[tuple[Mapping, str]]:
    """Grids whose norm is matched by a temperature below 1, with that temperature."""
    for grid in schemes.grids:
        for temperature in schemes.matched:
            of_another = _reference(temperature)[1] != grid["variant"]
            if (
                of_another
                and temperature in grid["temperatures"]
                and evidence.value_of(grid, temperature) < 1
            ):
                yield grid, temperature


def _log_ranks(runs: pd.DataFrame) -> pd.Series:
    """By seed; a rank of 0 counts as 1."""
    return np.log(runs.set_index("seed")["rank"].astype(float).clip(lower=1))


def penultimate_ranks(evidence: Evidence, grid: Mapping, rule: str) -> pd.DataFrame:
    """Runs of a grid that trained: identity, temperature_value, `norm` (||M|| before), final `rank`.

    The rank is that of the raw representation of the training split at the last post-ReLU point.
    """
    key = ("penultimate_ranks", grid["name"], rule)
    return evidence.remember(lambda: _penultimate_ranks(evidence, grid, rule), *key)


def _penultimate_ranks(evidence: Evidence, grid: Mapping, rule: str) -> pd.DataFrame:
    spectra = evidence.rows("spectra", grid)
    if spectra.empty:
        return pd.DataFrame(columns=[*IDENTITY, "temperature_value", "norm", "rank"])
    hidden = spectra[(spectra["point"] != "logits") & (spectra["matrix"] == "raw")]
    runs = evidence.runs(grid).rename(columns={"initial_logits_norm": "norm"})
    read = ranks(hidden, rule)[[*IDENTITY, "rank"]]
    return read.merge(runs[[*IDENTITY, "temperature_value", "norm"]], on=IDENTITY)


def vgg_norm(evidence: Evidence) -> list[Finding]:
    """New VGGs have a logits norm at least ten times smaller than new ResNets, on the same images.

    A finding for each of MODES.
    """
    norms = evidence.table("initial_norms")
    if norms.empty:
        return []
    families = evidence.settings["families"]
    findings = []
    for dataset, rows in norms.groupby("dataset"):
        logs = {name: np.log10(part[[*MODES]]) for name, part in rows.groupby("architecture")}
        for vgg in (name for name in logs if families[name] == "vgg"):
            for resnet in (name for name in logs if families[name] == "resnet"):
                place = f"new networks on {dataset}: {vgg} against {resnet}"
                for column, mode in MODES.items():
                    interval = welch_interval(logs[vgg][column], logs[resnet][column])
                    what = f"difference of mean log10 ||M||, {mode}"
                    findings.append(decided(place, what, interval, TENFOLD))
    return findings


def width_raises_norm(evidence: Evidence) -> list[Finding]:
    """Of two new MLPs alike but for their width, the wider has the larger logits norm."""
    shapes, findings = evidence.settings["shapes"], []
    grids = evidence.grids(lambda g, variant, _: not variant and shapes[g["architecture"]]["width"])
    for narrow, wide in permutations(grids, 2):
        ours, theirs = (shapes[grid["architecture"]] for grid in (narrow, wide))
        alike = narrow["dataset"] == wide["dataset"] and ours["depth"] == theirs["depth"]
        if alike and ours["width"] < theirs["width"]:
            interval = welch_interval(*(_initial_norms(evidence, grid) for grid in (wide, narrow)))
            place = f"new networks: {describe(wide)}, {theirs['width']} wide against {ours['width']} wide"
            findings.append(decided(place, "difference of mean log10 ||M||", interval, ABOVE))
    return findings


def _initial_norms(evidence: Evidence, grid: Mapping) -> pd.Series:
    """log10 ||M|| of the networks that a grid's runs begin with: one a seed."""
    return np.log10(evidence.runs(grid).drop_duplicates("seed")["initial_logits_norm"])


CLAIMS = (
    Claim(
        "initial-norm-predicts-rank",
        "5, Figure 17 (top)",
        "Initialisation schemes with a smaller logits norm end at a lower rank.",
        "Spearman's correlation over schemes, for each seed; 95 % t interval over seeds.",
        "0: the final rank does not go with the initial norm.",
        "More schemes, whose norms span orders of magnitude.",
        norm_predicts_rank,
        readings=RANK_RULES,
    ),
    Claim(
        "matching-equalises",
        "5, Figure 17 (middle)",
        "Matching the initial logits norm by the temperature makes all schemes end at similar ranks.",
        "Standard deviation of log rank over schemes, matched less unmatched, paired by seed; 95 % t "
        "interval over seeds.",
        "0: ranks spread as widely.",
        "More seeds; schemes whose ranks differ where norms are not matched.",
        matching_equalises,
        readings=RANK_RULES,
    ),
    Claim(
        "matching-upward-fails",
        "Appendix E",
        "A small initial logits norm cannot be made up for by a temperature below 1: the rank stays low.",
        "log(penultimate rank) of a scheme with T < 1 matched to a larger scheme's norm, less that of the "
        "larger scheme at T = 1, paired by seed; 95 % t interval over seeds.",
        "0: the rank is recovered.",
        "Schemes of small norm with a temperature `match-<network>@<larger scheme>` at which they train. "
        "Where T is far below 1, steps are 1/T times larger: that a run fails then says nothing of its norm.",
        matching_upward_fails,
        readings=RANK_RULES,
    ),
    Claim(
        "vgg-norm-lower",
        "A.8, Figure 8",
        "A new VGG has a logits norm orders of magnitude (here: at least ten times) below ResNets'.",
        "Means of log10 ||M|| over random initialisations; Welch's 95 % interval of their difference. "
        "The paper does not say how batch norm is evaluated in a new network: by batch statistics, as "
        "training begins, and by running statistics, which are 0 and 1 then; both are judged.",
        "-1: just ten times below.",
        "Any new networks of both kinds: no training is needed.",
        vgg_norm,
    ),
    Claim(
        "width-raises-norm",
        "5, network dimensions",
        "Wider layers give larger logits norms.",
        "Means of log10 ||M|| before training over seeds, of MLPs of the same depth; Welch's 95 % interval "
        "of the wider's less the narrower's.",
        "0: width makes no difference.",
        "More seeds; widths further apart.",
        width_raises_norm,
    ),
)
