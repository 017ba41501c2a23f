"""Claims on made-up studies: supported, contradicted, not decidable, without runs; rank and depth."""

import numpy as np
import pandas as pd
import pytest
from made_up import (
    FULL,
    effects_study,
    evidence,
    grid,
    outcome,
    records,
    settings,
    spectra,
    table,
    verdict_of,
)

from unpacking_softmax.verdict import claims
from unpacking_softmax.verdict.findings import (
    AGAINST,
    CONTRADICTED,
    IN_FAVOUR,
    OPEN,
    SUPPORTED,
    SUPPORTED_IN_PART,
    UNDECIDED,
)


def test_every_claim_has_a_name_of_its_own_and_says_what_it_rests_on():
    names = [claim.id for claim in claims.CLAIMS]
    assert len(names) == len(set(names))
    for claim in claims.CLAIMS:
        for text in (claim.section, claim.statement, claim.statistic, claim.null, claim.decides):
            assert text, claim.id


def test_a_study_without_the_runs_decides_nothing():
    g = grid("g", temperatures=("1",))
    found = evidence(settings(g), {"record": records(g), "spectra": spectra(g)})
    verdicts = claims.judge(found)
    # SR = C - 1 at T = 1 in every seed is all that such a study shows.
    assert {v.claim.id for v in verdicts if v.outcome != UNDECIDED} == {"baseline-full-rank"}
    assert all(v.reason.startswith("no runs") for v in verdicts if v.outcome == UNDECIDED)


def test_a_study_all_of_whose_runs_failed_is_judged():
    """Files are there, and hold no numbers."""
    g = grid("g", temperatures=("1", "10", "100"))
    failed = dict.fromkeys(g["temperatures"], "failed_to_train")
    found = evidence(settings(g), {"record": records(g, status=failed), "spectra": spectra(g)})
    verdicts = claims.judge(found)
    assert {v.outcome for v in verdicts} == {UNDECIDED}
    (monotone,) = next(v for v in verdicts if v.claim.id == "sr-monotone").findings
    assert monotone.reason == "fewer than three temperatures of matched accuracy in every seed"


class TestRank:
    def test_falls(self):
        assert outcome(effects_study({"100": [1, 2, 1]}), "sr-falls") == (
            SUPPORTED,
            "1 in favour, 0 against, 0 open",
        )

    def test_rises(self):
        assert outcome(effects_study({"1": 1, "100": [3, 3, 2]}), "sr-falls")[0] == CONTRADICTED

    def test_differences_of_either_sign(self):
        # -1, 0, 1: the interval contains 0.
        found = outcome(effects_study({"1": 2, "100": [1, 2, 3]}), "sr-falls")
        assert found == (UNDECIDED, "the interval of 3 seeds contains 0")

    def test_no_difference(self):
        assert outcome(effects_study({}), "sr-falls") == (UNDECIDED, "0 in every seed: no difference")

    def test_one_seed(self):
        found = outcome(effects_study({"100": 1}, seeds=(0,)), "sr-falls")
        assert found == (UNDECIDED, "1 seed: no interval")

    def test_paired_by_seed(self):
        # 4, 3, 2 against 3, 2, 1: unpaired the samples overlap, paired each falls by exactly 1.
        found = outcome(effects_study({"1": [4, 3, 2], "100": [3, 2, 1]}), "sr-falls")
        assert found[0] == SUPPORTED

    def test_failed_runs(self):
        found = outcome(effects_study({"100": 1}, status={"100": "failed_to_train"}), "sr-falls")
        assert found == (UNDECIDED, "every run at T = 100 failed to train")

    def test_failed_baseline(self):
        found = outcome(effects_study({"100": 1}, status={"1": "diverged"}), "sr-falls")
        assert found == (UNDECIDED, "every run at T = 1 failed to train")

    def test_some_seeds_failed(self):
        status = {"100": ["trained", "trained", "failed_to_train"]}
        verdict = claims.judge(effects_study({"100": [1, 1, 4]}, status=status))[0]
        assert verdict.outcome == SUPPORTED
        assert verdict.findings[0].n == 2

    def test_says_under_which_rules_it_holds(self):
        """As the paper's 99 to 85 by torch's rule is 99 to 99 by Equation 5: three of the four singular
        values of T = 100 that torch's rule takes for zero are above the cut of the other."""
        found = verdict_of(effects_study({"1": 4, "100": 1}, faint={"100": 3}), "sr-falls")
        assert found.outcome == SUPPORTED_IN_PART
        assert found.reason == "1 in favour, 0 against, 0 open; not so under 1e-8, 1e-8-absolute"
        outcomes = {rule: findings[0].outcome for rule, findings in found.others.items()}
        assert outcomes == {"1e-8": OPEN, "1e-8-absolute": OPEN, "1e-3": IN_FAVOUR}
        assert (found.reading, found.findings[0].outcome) == ("torch", IN_FAVOUR)

    def test_the_mlp_is_no_convolutional_network(self):
        found = outcome(effects_study({"1": FULL}, architecture="mlp"), "baseline-full-rank")
        assert found[0] == UNDECIDED

    def test_mse_is_judged_apart(self):
        found = effects_study({"100": 1}, variants={"mse": {"loss": "mse"}}, variant="mse")
        assert outcome(found, "mse-sr")[0] == SUPPORTED
        assert outcome(found, "sr-falls")[1].startswith("no runs")

    def test_vgg_is_judged_apart(self):
        found = effects_study({"100": 1}, architecture="vgg19")
        assert outcome(found, "vgg-rank-falls")[0] == SUPPORTED
        assert outcome(found, "sr-falls")[1].startswith("no runs")

    @pytest.mark.parametrize("variant", [{"init": {"scheme": "kaiming"}}, {"normalisation": "layernorm"}])
    def test_a_grid_with_a_variant_is_judged_since_its_runs_differ_in_temperature_alone(self, variant):
        found = effects_study({"100": 1}, variants={"v": variant}, variant="v", architecture="mlp")
        assert outcome(found, "sr-falls")[0] == SUPPORTED

    def test_a_rank_that_the_classifier_limits_is_no_case(self):
        found = effects_study({"100": 1}, variants={"two": {"head_rank": 2}}, variant="two")
        assert outcome(found, "sr-falls")[1].startswith("no runs")

    def test_monotone(self):
        g = grid("g", temperatures=("1", "10", "100"))
        for ranks, expected in (((4, 3, 1), SUPPORTED), ((1, 2, 3), CONTRADICTED)):
            rank = dict(zip(g["temperatures"], ranks, strict=True))
            found = evidence(settings(g), {"record": records(g), "spectra": spectra(g, rank)})
            assert outcome(found, "sr-monotone")[0] == expected


class TestFullRank:
    """A bound without exception, not a mean: one run below it is a counterexample."""

    def judged(self, ranks, classes=5, hidden_width=16, width=16):
        g = grid("g")
        sigma = spectra(g, {"1": ranks}, classes=classes, hidden_width=hidden_width)
        frames = {"record": records(g), "spectra": sigma}
        if width:
            frames["collapse"] = table(
                g, point="penultimate", index=2, measure="width", source="own", value=float(width)
            )
        return verdict_of(evidence(settings(g), frames), "baseline-full-rank")

    def test_every_seed_counts(self):
        assert self.judged(FULL).outcome == SUPPORTED
        assert self.judged(FULL - 1).outcome == CONTRADICTED
        found = self.judged([FULL, FULL, FULL - 1])
        assert found.outcome == CONTRADICTED
        assert found.findings[0].reason == "1 of 3 break it"

    def test_the_width_of_the_classifiers_input_bounds_it_not_that_of_the_last_map(self):
        # As ResNet-34 on ImageNet-1k: 512 features give at most rank 512 of 999, though the last map that
        # is averaged to them has 10,000.
        assert self.judged(8, classes=20, hidden_width=64, width=8).outcome == SUPPORTED
        assert self.judged(7, classes=20, hidden_width=64, width=8).outcome == CONTRADICTED

    def test_a_width_that_was_not_measured_may_have_been_the_bound(self):
        assert self.judged(8, classes=20, width=None).outcome == UNDECIDED
        assert self.judged(19, classes=20, width=None).outcome == SUPPORTED


class TestTemperatureCompared:
    def judged_on(self, g, **record):
        found = evidence(
            settings(g), {"record": records(g, **record), "spectra": spectra(g, {"1": 4, "10": 2})}
        )
        return [f.runs for f in claims.judge(found)[0].findings]

    def test_the_one_that_the_grid_names(self):
        g = grid("g", temperatures=("1", "10", "100"), low_norm="10")
        assert self.judged_on(g) == ["resnet18 on Own, T = 10 against T = 1"]

    def test_else_all_above_the_baseline_not_one_chosen_by_its_accuracy(self):
        g = grid("g", temperatures=("1", "10", "100"))
        expected = [f"resnet18 on Own, T = {t} against T = 1" for t in (10, 100)]
        assert self.judged_on(g) == expected
        assert self.judged_on(g, accuracy={"100": 0.7}) == expected

    def test_temperatures_below_the_baseline_are_no_low_norm(self):
        assert self.judged_on(grid("g", temperatures=("1", "0.1"))) == []

    def test_neither_tables_nor_figures_are_asked(self):
        g = grid("g")
        known = settings(g)
        assert not {"tables", "figures"} & known.keys()


class TestAccuracy:
    """ "Matched" and "accuracy kept" are one test: they cannot disagree."""

    @pytest.mark.parametrize(
        ("low", "expected"),
        [
            ([0.80, 0.80, 0.80], SUPPORTED),  # no difference
            ([0.799, 0.798, 0.799], SUPPORTED),  # less than a point, surely
            ([0.70, 0.71, 0.70], CONTRADICTED),
            ([0.90, 0.91, 0.90], CONTRADICTED),  # better is no more comparable than worse
            ([0.80, 0.78, 0.80], UNDECIDED),  # 0.7 points lost on average, but give or take 2
        ],
    )
    def test_equivalence_decides_both(self, low, expected):
        found = effects_study({"100": 1}, accuracy={"100": low})
        assert outcome(found, "accuracy-kept")[0] == expected
        assert outcome(found, "sr-falls")[0] == (SUPPORTED if expected == SUPPORTED else UNDECIDED)

    def test_a_comparison_that_is_set_aside_says_why_and_tests_nothing(self):
        finding = verdict_of(effects_study({"100": 1}, accuracy={"100": 0.75}), "sr-falls").findings[0]
        assert finding.outcome == OPEN
        assert finding.reason == "accuracy differs: -5.0 points [-5.0, -5.0]"
        assert finding.estimate == -3
        assert np.isnan(finding.p)
        mean = [0.80, 0.78, 0.80]
        finding = verdict_of(effects_study({"100": 1}, accuracy={"100": mean}), "sr-falls").findings[0]
        assert finding.reason.startswith("accuracy not shown to match: -0.7 points")
        # A third of a point from the margin of one, with an s.d. of 1.155, one-sided: by Guenther's (1981)
        # approximation ((1.645 + 0.842) / 0.2887)^2 + 1.645^2 / 2 = 75.5.
        assert finding.reason.endswith("; 76 seeds would decide that first")

    def test_all_temperatures_above_the_baseline_are_judged(self):
        g = grid("g", temperatures=("1", "10", "100", "1000"))
        record = records(g, accuracy={"100": 0.7}, status={"1000": "failed_to_train"})
        found = evidence(settings(g), {"record": record, "spectra": spectra(g)})
        verdict = verdict_of(found, "accuracy-kept")
        runs = "resnet18 on Own, T = {} against T = 1"
        judged = [(f.runs, f.outcome) for f in verdict.findings if f.n]
        assert judged == [(runs.format(10), IN_FAVOUR), (runs.format(100), AGAINST)]
        assert verdict.findings[-1].reason == "every run at T = 1000 failed to train"
        assert verdict.outcome == SUPPORTED_IN_PART


class TestManyComparisons:
    def study(self, ranks):
        """A grid for each pair of ranks, at T = 1 and T = 100."""
        grids = [grid(f"g{i}", architecture=f"resnet{i}") for i in range(len(ranks))]
        frames = {"record": [], "spectra": []}
        for g, (base, low) in zip(grids, ranks, strict=True):
            frames["record"].append(records(g))
            frames["spectra"].append(spectra(g, {"1": base, "100": low}))
        return evidence(settings(*grids), {kind: pd.concat(parts) for kind, parts in frames.items()})

    def test_one_of_many_is_a_part(self):
        found = verdict_of(self.study([(4, [1, 1, 2]), (2, [1, 2, 3]), (4, 4)]), "sr-falls")
        assert (found.outcome, found.reason) == (SUPPORTED_IN_PART, "1 in favour, 0 against, 2 open")

    def test_comparisons_that_disagree(self):
        found = verdict_of(self.study([(4, 1), (1, 4)]), "sr-falls")
        assert (found.outcome, found.reason) == (SUPPORTED_IN_PART, "1 in favour, 1 against, 0 open")

    def test_p_values_are_corrected_within_a_claim_and_over_claims(self):
        # Differences -3, -3, -2 and -1, 0, 1: p = 0.0152 (t = -8, two degrees of freedom) and 1.
        found = self.study([(4, [1, 1, 2]), (2, [1, 2, 3])])
        verdicts = {verdict.claim.id: verdict for verdict in claims.judge(found)}
        claim = verdicts["sr-falls"]
        assert claim.p == pytest.approx(2 * 0.015268, abs=1e-5)
        # accuracy-kept is tested too, on accuracies that are all the same: p = 0.
        assert claim.p_holm == pytest.approx(claim.p)
        tested = {name for name, verdict in verdicts.items() if not np.isnan(verdict.p)}
        assert tested == {"sr-falls", "accuracy-kept"}


def test_runs_that_two_grids_share_count_once():
    one, more = grid("one", seeds=(0, 1)), grid("more")
    frames = {"record": records(more), "spectra": spectra(more, {"100": [1, 2, 1]})}
    verdict = claims.judge(evidence(settings(one, more), frames))[0]
    assert [finding.n for finding in verdict.findings] == [3]
