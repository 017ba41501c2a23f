"""Claims on what low logits norm does to trained networks: rank, depth, OOD drop, accuracy."""

from collections.abc import Callable, Mapping

from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.effects import TRAINED
from unpacking_softmax.verdict.evidence import PAIRED, Evidence, describe, plain
from unpacking_softmax.verdict.findings import ABOVE, BELOW, Claim, Expectation, Finding, decided, undecided
from unpacking_softmax.verdict.statistics import rank_correlation, t_interval


def effect(measure: str, what: str, expected: Expectation, choose: Callable) -> Callable:
    """A judge: does a measure of `measures.effects` change as expected, on the grids chosen?"""

    def judge(evidence: Evidence) -> list[Finding]:
        findings = []
        for grid in evidence.grids(choose):
            runs = evidence.effects[grid["name"]]
            if runs[measure].isna().all() and (runs["status"] == TRAINED).any():
                continue  # not measured
            by_source = measure in ("rho", "rho_logits")
            # Another grid with the same runs may have had them probed on data sets of its own.
            for source in grid["ood"] if by_source else [None]:
                rows = runs[runs["source"] == source] if by_source else runs
                values = rows.drop_duplicates(IDENTITY).assign(value=rows[measure]).dropna(subset=["value"])
                place = f"{what} on {grid['labels'][source]}" if by_source else what
                findings += [
                    evidence.paired(grid, low, values, place, expected)
                    for low in evidence.high_temperatures(grid)
                ]
        return findings

    return judge


def accuracy_kept(evidence: Evidence) -> list[Finding]:
    """Test accuracy is no more than matched_within lower: a test of non-inferiority.

    At every temperature above the baseline where no table names one: `high_temperatures` prefers those
    of matched accuracy, which is what is to be tested.
    """
    within = evidence.settings["matched_within"]
    findings = []
    for grid in evidence.grids(plain):
        values = evidence.rows("record", grid).assign(value=lambda t: t["test_accuracy"])
        by_seed = values.pivot_table(index="seed", columns="temperature", values="value")
        for low in evidence.named_temperatures(grid) or evidence.above_baseline(grid):
            if low not in by_seed or grid["baseline"] not in by_seed:
                lacking = low if low not in by_seed else grid["baseline"]
                reason = evidence.why_missing(grid, lacking)
                findings.append(undecided(describe(grid), "difference of test accuracy", reason))
                continue
            interval = t_interval((by_seed[low] - by_seed[grid["baseline"]]).dropna())
            runs = f"{describe(grid)}, T = {low} against T = {grid['baseline']}"
            findings.append(
                decided(runs, "difference of test accuracy", interval, Expectation("at least", -within))
            )
    return findings


def full_rank(evidence: Evidence) -> list[Finding]:
    """SR = C - 1 at T = 1, or the feature width where that is smaller."""
    findings = []
    for grid in evidence.grids(lambda g, variant, family: not variant and family == "resnet"):
        runs = evidence.effects[grid["name"]].drop_duplicates(IDENTITY)
        runs = runs[(runs["temperature_value"] == 1) & runs["sr"].notna()]
        if runs.empty:
            continue
        most = min(runs["classes"].iloc[0] - 1, _width(evidence, grid))
        interval = t_interval(runs["sr"])
        findings.append(
            decided(f"{describe(grid)}, T = 1", "SR", interval, Expectation("at least", float(most)))
        )
    return findings


def _width(evidence: Evidence, grid: Mapping) -> float:
    """Features of the last hidden point: a bound on the rank of the logits, from above."""
    hidden = evidence.rows("spectra", grid).query("point != 'logits' and matrix == 'raw'")
    return float(hidden["d"].min()) if len(hidden) else float("inf")


def monotone(evidence: Evidence) -> list[Finding]:
    """The higher T, the lower SR: rank correlation over a grid's matched temperatures, seed by seed."""
    findings = []
    for grid in evidence.grids(plain):
        runs = evidence.effects[grid["name"]].drop_duplicates(IDENTITY).dropna(subset=["sr"])
        runs = runs[~runs["temperature"].isin(evidence.gaps(grid))]
        seeds = [rows for _, rows in runs.groupby("seed") if len(rows) > 2]
        what = "rank correlation of T and SR"
        if not seeds:
            if len(grid["temperatures"]) > 2:
                reason = "fewer than three temperatures of matched accuracy in every seed"
                findings.append(undecided(describe(grid), what, reason))
            continue
        values = [rank_correlation(rows["temperature_value"], rows["sr"]) for rows in seeds]
        temperatures = ", ".join(runs.sort_values("temperature_value")["temperature"].unique())
        findings.append(decided(f"{describe(grid)}, T = {temperatures}", what, t_interval(values), BELOW))
    return findings


def mse(_: Mapping, variant: Mapping, family: str) -> bool:
    return variant.get("loss") == "mse"


RANK_TEXT = "SR is the rank of class-centred logits of the training split under the study's rank rule. "
CLAIMS = (
    Claim(
        "sr-falls",
        "2.1, Table 1",
        "Networks trained at high temperature find solutions of lower rank (SR) than at the baseline.",
        RANK_TEXT + PAIRED,
        effect("sr", "SR", BELOW, plain),
    ),
    Claim(
        "sr-monotone",
        "Appendix C, Figures 11-16",
        "The higher the temperature, the lower the rank of the solution.",
        "Spearman's correlation of T and SR over the temperatures of a grid with matched accuracy, for "
        "each seed (0 where SR never changes); 95 % t interval over seeds.",
        monotone,
    ),
    Claim(
        "kappa-falls",
        "2.1, Table 1",
        "Low logits norm compresses: fewer layers reach the network's accuracy (kappa falls).",
        "kappa_N on the network's own bar. " + PAIRED,
        effect("kappa_n", "kappa_N", BELOW, plain),
    ),
    Claim(
        "kappa-falls-common-bar",
        "2.1, Table 1",
        "The same, with every temperature held to the accuracy of the baseline.",
        "kappa_N on the bar of the baseline's mean accuracy. " + PAIRED,
        effect("kappa_n_common", "kappa_N on the common bar", BELOW, plain),
    ),
    Claim(
        "rho-rises",
        "2.1, Table 1",
        "Low logits norm harms OOD generalisation in the last layers (rho rises).",
        PAIRED,
        effect("rho", "rho", ABOVE, plain),
    ),
    Claim(
        "accuracy-kept",
        "2.1",
        "All models achieve comparable test accuracies.",
        "Non-inferiority: test accuracy falls by no more than `matched_within`, at the temperatures that "
        "tables name, or, where they name none, at all above the baseline. " + PAIRED,
        accuracy_kept,
    ),
    Claim(
        "baseline-full-rank",
        "3.2, Table 1",
        "At T = 1 convolutional networks (ResNets) find the rank C - 1 that Neural Collapse predicts.",
        RANK_TEXT + "Bounded by the width of the features; 95 % t interval of the mean over seeds.",
        full_rank,
    ),
    *(
        Claim(
            f"mse-{name}",
            "Appendix F, Table 6",
            f"With the mean squared error of softmax outputs the trend is the same: {text}.",
            PAIRED,
            effect(measure, what, expected, mse),
        )
        for name, text, measure, what, expected in (
            ("sr", "SR falls", "sr", "SR", BELOW),
            ("kappa", "kappa falls", "kappa_n", "kappa_N", BELOW),
            ("rho", "rho rises", "rho", "rho", ABOVE),
        )
    ),
)
