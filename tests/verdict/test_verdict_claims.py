"""Claims on made-up studies: supported, contradicted, not decidable, without runs; rank and depth."""

import pandas as pd
import pytest
from made_up import FULL, effects_study, evidence, grid, outcome, records, settings, spectra, table

from unpacking_softmax.verdict import claims
from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, UNDECIDED


def test_every_claim_has_a_name_of_its_own():
    names = [claim.id for claim in claims.CLAIMS]
    assert len(names) == len(set(names))


def test_a_study_without_the_runs_decides_nothing():
    g = grid("g", temperatures=("1",))
    found = evidence(settings(g), {"record": records(g), "spectra": spectra(g)})
    verdicts = claims.judge(found)
    # SR = C - 1 at T = 1 in every seed is all that such a study shows.
    assert {v.claim.id for v in verdicts if v.outcome != UNDECIDED} == {"baseline-full-rank"}
    assert all(v.reason.startswith("no runs") for v in verdicts if v.outcome == UNDECIDED)


class TestRank:
    def test_falls(self):
        assert outcome(effects_study({"100": [1, 2, 1]}), "sr-falls")[0] == SUPPORTED

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

    def test_accuracy_not_matched(self):
        found = outcome(effects_study({"100": 1}, accuracy={"100": 0.75}), "sr-falls")
        assert found == (UNDECIDED, "accuracy not matched: 5.0 points below T = 1")

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

    def test_full_at_baseline(self):
        assert outcome(effects_study({"1": FULL}), "baseline-full-rank")[0] == SUPPORTED
        assert outcome(effects_study({"1": FULL - 1}), "baseline-full-rank")[0] == CONTRADICTED
        assert outcome(effects_study({"1": [FULL, FULL, FULL - 1]}), "baseline-full-rank")[0] == UNDECIDED

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

    def test_monotone(self):
        g = grid("g", temperatures=("1", "10", "100"))
        for ranks, expected in (((4, 3, 1), SUPPORTED), ((1, 2, 3), CONTRADICTED)):
            rank = dict(zip(g["temperatures"], ranks, strict=True))
            found = evidence(settings(g), {"record": records(g), "spectra": spectra(g, rank)})
            assert outcome(found, "sr-monotone")[0] == expected


class TestTemperatureCompared:
    def judged_on(self, g, **record):
        more = record.pop("tables", {})
        found = evidence(
            settings(g, tables=more),
            {"record": records(g, **record), "spectra": spectra(g, {"1": 4, "10": 2})},
        )
        return [f.runs for f in claims.judge(found)[0].findings]

    def test_the_one_that_a_table_names(self):
        g = grid("g", temperatures=("1", "10", "100"))
        bound = {"table1": {"rows": [{"grid": "g", "low": 10.0, "ood": "other"}]}}
        assert self.judged_on(g, tables=bound) == ["resnet18 on Own, T = 10 against T = 1"]

    def test_else_the_highest_of_matched_accuracy(self):
        g = grid("g", temperatures=("1", "10", "100"))
        assert self.judged_on(g, accuracy={"100": 0.7}) == ["resnet18 on Own, T = 10 against T = 1"]
        assert self.judged_on(g) == ["resnet18 on Own, T = 100 against T = 1"]

    def test_temperatures_below_the_baseline_are_no_low_norm(self):
        assert self.judged_on(grid("g", temperatures=("1", "0.1"))) == []


def test_kappa_and_rho():
    g = grid("g")
    depth = table(
        g, source="other", kappa_n={"1": 1.0, "100": [0.6, 0.7, 0.6]}, kappa_relu=1.0, rho_logits=0.0,
        rho={"1": [0.1, 0.2, 0.1], "100": [0.5, 0.6, 0.4]},
    )  # fmt: skip
    points = [
        table(g, source="own", point=p, index=i, accuracy=a, model_accuracy=0.8)
        for i, (p, a) in enumerate((("relu1", {"1": 0.5, "100": 0.8}), ("relu2", 0.8), ("logits", 0.8)), 1)
    ]
    frames = {"record": records(g), "spectra": spectra(g), "depth": depth, "probes": pd.concat(points)}
    found = evidence(settings(g), frames)
    assert outcome(found, "kappa-falls")[0] == SUPPORTED
    assert outcome(found, "rho-rises")[0] == SUPPORTED
    # On the common bar 0.99 * 0.8 the layer is 2 of 3 at T = 1, and 1 of 3 at T = 100.
    common = next(v for v in claims.judge(found) if v.claim.id == "kappa-falls-common-bar").findings[0]
    assert common.estimate == pytest.approx(-1 / 3)
    frames["depth"] = depth.assign(rho=1 - depth["rho"])
    assert outcome(evidence(settings(g), frames), "rho-rises")[0] == CONTRADICTED


@pytest.mark.parametrize(
    ("low", "expected"),
    [
        ([0.80, 0.80, 0.80], SUPPORTED),  # no loss
        ([0.799, 0.798, 0.799], SUPPORTED),  # some, less than a point
        ([0.70, 0.71, 0.70], CONTRADICTED),
        ([0.80, 0.78, 0.79], UNDECIDED),  # 1 point lost on average, give or take 2.5
    ],
)
def test_accuracy_kept_is_a_test_of_non_inferiority(low, expected):
    assert outcome(effects_study({}, accuracy={"100": low}), "accuracy-kept")[0] == expected


class TestTemperaturesOfAccuracy:
    """T = 10 keeps the accuracy of 0.8, T = 100 loses ten points, T = 1000 fails."""

    def verdict(self, **more):
        g = grid("g", temperatures=("1", "10", "100", "1000"))
        record = records(g, accuracy={"100": 0.7}, status={"1000": "failed_to_train"})
        found = evidence(settings(g, **more), {"record": record, "spectra": spectra(g)})
        return next(v for v in claims.judge(found) if v.claim.id == "accuracy-kept")

    def test_where_no_table_names_one_all_are_tested(self):
        verdict = self.verdict()
        runs = "resnet18 on Own, T = {} against T = 1"
        judged = [(f.runs, f.outcome) for f in verdict.findings if f.n]
        assert judged == [(runs.format(10), SUPPORTED), (runs.format(100), CONTRADICTED)]
        assert verdict.findings[-1].reason == "every run at T = 1000 failed to train"
        assert verdict.outcome == UNDECIDED

    def test_where_a_table_names_one_it_alone_is(self):
        for low, expected in ((10, SUPPORTED), (100, CONTRADICTED)):
            bound = {"table1": {"rows": [{"grid": "g", "low": low, "ood": "other"}]}}
            verdict = self.verdict(tables=bound)
            assert [f.outcome for f in verdict.findings] == [verdict.outcome] == [expected]


def test_runs_that_two_grids_share_count_once():
    one, more = grid("one", seeds=(0, 1)), grid("more")
    frames = {"record": records(more), "spectra": spectra(more, {"100": [1, 2, 1]})}
    verdict = claims.judge(evidence(settings(one, more), frames))[0]
    assert [finding.n for finding in verdict.findings] == [3]
