"""Claims on made-up studies: supported, contradicted, not decidable, and without runs."""

import numpy as np
import pandas as pd
import pytest
from made_up import CLASSES, evidence, grid, identities, ones, records, settings, spectra, table

from unpacking_softmax.verdict import claims
from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, UNDECIDED

FULL = CLASSES - 1


def outcome(found, name):
    verdict = next(v for v in claims.judge(found) if v.claim.id == name)
    return verdict.outcome, verdict.reason


def effects_study(rank, seeds=(0, 1, 2), variants=None, variant="base", architecture="resnet18", **record):
    g = grid("g", seeds=seeds, variant=variant, architecture=architecture)
    return evidence(
        settings(g, variants=variants), {"record": records(g, **record), "spectra": spectra(g, rank)}
    )


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


class TestDynamics:
    def history(self, g, growth, after, before=None):
        rows = []
        for run in identities(g):
            for epoch, scale in enumerate((0, 0.5, 1.0, 1.0, 1.0)):
                norm = 10 * np.exp(growth[run["temperature"]][run["seed"]] * scale * (1 + 0.1 * epoch))
                rows.append(
                    {
                        **run,
                        "epoch": epoch,
                        "n": 100,
                        "logits_norm": norm,
                        "singular_values_centred": ones((before or [1] * 5)[epoch], 5),
                        "singular_values_softmax": ones(after[epoch], 5),
                    }
                )
        return pd.DataFrame(rows)

    def judged(self, name, growth, after=(1, 2, 3, 4, 5), before=None):
        g = grid("g")
        frames = {
            "record": records(g),
            "spectra": spectra(g),
            "history": self.history(g, growth, after, before),
        }
        return outcome(evidence(settings(g), frames), name)[0]

    def test_logits_norm_grows_faster(self):
        slow, fast = [1.0, 1.1, 0.9], [3.0, 3.2, 3.1]
        assert self.judged("norm-grows", {"1": slow, "100": fast}) == SUPPORTED
        assert self.judged("norm-grows", {"1": fast, "100": slow}) == CONTRADICTED

    def test_post_softmax_rank_follows_the_norm(self):
        growth = {"1": [1.0] * 3, "100": [1.0] * 3}
        # The norm grows in every epoch, as the rank after softmax; the rank before never changes.
        assert self.judged("post-softmax-rank-follows-norm", growth) == SUPPORTED
        # The rank after softmax copies the rank before, which falls while the norm grows.
        falling = [5, 4, 3, 2, 1]
        assert self.judged("post-softmax-rank-follows-norm", growth, falling, falling) == CONTRADICTED

    def alignment(self, g, largest, top, others=0.1):
        rows = []
        for epoch in (0, 1, 10):
            matrix = np.full((5, 5), others)
            matrix[:3] = top
            rows.append(
                table(g, epoch=epoch, point="fc", index=1, max=largest, rows=5, columns=5).assign(
                    matrix=lambda t, m=matrix: [m.flatten().tolist()] * len(t)
                )
            )
        return pd.concat(rows)

    def test_alignment(self):
        g = grid("g")
        largest = {"1": [0.2, 0.3, 0.2], "100": [0.8, 0.9, 0.8]}
        frames = {"record": records(g), "spectra": spectra(g), "alignment": self.alignment(g, largest, 0.9)}
        found = evidence(settings(g), frames)
        assert outcome(found, "alignment-early")[0] == SUPPORTED
        assert outcome(found, "alignment-top-only")[0] == SUPPORTED
        frames["alignment"] = self.alignment(g, 0.5, 0.1, others=0.4)
        found = evidence(settings(g), frames)
        assert outcome(found, "alignment-early") == (UNDECIDED, "0 in every seed: no difference")
        assert outcome(found, "alignment-top-only")[0] == CONTRADICTED

    @pytest.mark.parametrize(("inputs", "expected"), [(3, SUPPORTED), (1, CONTRADICTED)])
    def test_gradient_rank(self, inputs, expected):
        g = grid("g")
        rows = table(g, epoch=5, point="fc", index=1, n=8, d=6, rank={"1": 2, "100": 1})
        rows = rows.assign(
            sigma=[ones(r, 6) for r in rows["rank"]], sigma_input=[ones(inputs, 6)] * len(rows)
        )
        found = evidence(settings(g), {"record": records(g), "spectra": spectra(g), "gradients": rows})
        verdict = next(v for v in claims.judge(found) if v.claim.id == "gradient-rank-bounded")
        assert verdict.findings[0].outcome == expected  # T = 1: rank 2 under a bound of `inputs`
        assert outcome(found, "gradient-collapse")[0] == SUPPORTED


def test_orthodev_and_neco():
    g = grid("g")
    collapse = table(
        g, point="penultimate", index=2, measure="orthodev", source="other",
        value={"1": [0.5, 0.6, 0.5], "100": [0.2, 0.3, 0.1]},
    )  # fmt: skip
    neco = table(
        g, source="far", score="neco", dimension=4,
        auroc={"1": [0.6, 0.7, 0.6], "100": [0.8, 0.9, 0.8]},
        fpr95={"1": [0.5, 0.4, 0.6], "100": [0.9, 0.8, 0.9]},
    )  # fmt: skip
    other = neco.assign(score="msp", auroc=0.0)
    frames = {"record": records(g), "spectra": spectra(g), "collapse": collapse}
    found = evidence(settings(g), {**frames, "detection": pd.concat([other, neco])})
    assert outcome(found, "orthodev-falls")[0] == SUPPORTED
    assert outcome(found, "neco-auroc")[0] == SUPPORTED
    assert outcome(found, "neco-fpr95")[0] == CONTRADICTED


@pytest.mark.parametrize(("sign", "expected"), [(-1, SUPPORTED), (1, CONTRADICTED)])
def test_trade_off_over_networks_and_temperatures(sign, expected):
    grids = [grid("a"), grid("b", architecture="resnet34")]
    probes, found, record, sigma = [], [], [], []
    for place, g in enumerate(grids):
        accuracy = {"1": 0.5 + place / 10, "100": 0.3 + place / 10}
        auroc = {t: 0.7 + sign * a for t, a in accuracy.items()}
        for index, value in ((1, 0.0), (2, accuracy), (3, 0.0)):
            probes.append(
                table(g, source="other", index=index, point="p", accuracy=value, model_accuracy=0.8)
            )
            probes.append(table(g, source="own", index=index, point="p", accuracy=0.8, model_accuracy=0.8))
        found.append(table(g, source="far", score="neco", auroc=auroc, fpr95=0.5))
        record.append(records(g))
        sigma.append(spectra(g))
    frames = {"record": record, "spectra": sigma, "probes": probes, "detection": found}
    study = evidence(settings(*grids), {k: pd.concat(v, ignore_index=True) for k, v in frames.items()})
    assert outcome(study, "trade-off")[0] == expected


def test_rank_two_networks():
    for accuracy, expected in ((1.0, SUPPORTED), ([0.90, 0.91, 0.92], CONTRADICTED)):
        g = grid("g", variant="two", temperatures=("1",))
        record = records(g).assign(train_accuracy=accuracy)
        found = evidence(
            settings(g, variants={"two": {"head_rank": 2}}), {"record": record, "spectra": spectra(g)}
        )
        assert outcome(found, "rank-two-networks")[0] == expected


def test_rank_two_networks_are_not_blamed_for_too_short_a_training():
    two, free = grid("two", variant="two", temperatures=("1",)), grid("free", temperatures=("1",))
    for reached, expected in ((0.95, UNDECIDED), (1.0, CONTRADICTED)):
        record = [
            records(two).assign(train_accuracy=[0.90, 0.91, 0.92]),
            records(free).assign(train_accuracy=reached),
        ]
        frames = {"record": pd.concat(record), "spectra": pd.concat([spectra(two), spectra(free)])}
        found = evidence(settings(two, free, variants={"two": {"head_rank": 2}}), frames)
        assert outcome(found, "rank-two-networks")[0] == expected


def test_runs_that_two_grids_share_count_once():
    one, more = grid("one", seeds=(0, 1)), grid("more")
    frames = {"record": records(more), "spectra": spectra(more, {"100": [1, 2, 1]})}
    verdict = claims.judge(evidence(settings(one, more), frames))[0]
    assert [finding.n for finding in verdict.findings] == [3]


class TestVgg:
    def test_norm_of_new_networks(self):
        rng = np.random.default_rng(0)
        rows = [
            {"dataset": "own", "architecture": a, "norm_train_mode": scale * rng.uniform(0.9, 1.1)}
            for a, scale in (("vgg19", 1.0), ("resnet18", 300.0), ("resnet34", 5.0))
            for _ in range(5)
        ]
        g = grid("g")
        networks = {"vgg19": "vgg19", "resnet34": "resnet34"}
        frames = {"record": records(g), "spectra": spectra(g), "initial_norms": pd.DataFrame(rows)}
        verdict = next(
            v
            for v in claims.judge(evidence(settings(g, networks=networks), frames))
            if v.claim.id == "vgg-norm-lower"
        )
        # 300 times smaller than one; only 5 times than the other: the comparisons disagree.
        assert sorted(f.outcome for f in verdict.findings) == sorted([SUPPORTED, CONTRADICTED])
        assert verdict.outcome == UNDECIDED
        assert "disagree" in verdict.reason

    def test_relief_at_low_temperature(self):
        g = grid("g", architecture="vgg19", temperatures=("1", "match-resnet18"))
        kappa = {"1": [0.5, 0.5, 0.6], "match-resnet18": [0.8, 0.9, 0.9]}
        depth = table(g, source="other", kappa_n=kappa, kappa_relu=1.0, rho=0.1, rho_logits=0.1)
        probes = pd.concat(
            table(g, source="own", point="p", index=i, accuracy=0.8, model_accuracy=0.8) for i in (1, 2, 3)
        )
        frames = {"record": records(g), "spectra": spectra(g), "depth": depth, "probes": probes}
        assert outcome(evidence(settings(g), frames), "vgg-relieved")[0] == SUPPORTED


class TestInitialisation:
    SIGMAS = ("small", "middle", "large")

    def study(self, ranks, matched_ranks, norm_rank=None):
        """Ranks by scheme at T = 1 and at matched norms; norms are 1, 10, 100."""
        variants = {name: {"init": {"scheme": "normal", "std": s}} for s, name in enumerate(self.SIGMAS, 1)}
        grids = [
            grid(name, architecture="mlp", variant=name, temperatures=("1", "match-mlp@small"))
            for name in self.SIGMAS
        ]
        frames = {"record": [], "spectra": []}
        for place, g in enumerate(grids):
            hidden = {"1": ranks[place], "match-mlp@small": matched_ranks[place]}
            frames["record"].append(records(g).assign(initial_logits_norm=10.0**place))
            frames["spectra"].append(spectra(g, hidden=hidden))
        if norm_rank:
            variants["ln"] = {**variants["small"], "normalisation": "layernorm"}
            grids.append(grid("ln", architecture="mlp", variant="ln", temperatures=("1",)))
            frames["record"].append(records(grids[-1]))
            frames["spectra"].append(spectra(grids[-1], hidden=norm_rank))
        panels = [
            {"title": "plain", "grids": list(self.SIGMAS), "temperature": 1},
            {"title": "matched", "grids": list(self.SIGMAS), "temperature": "match-mlp@small"},
        ]
        frames = {kind: pd.concat(parts, ignore_index=True) for kind, parts in frames.items()}
        return evidence(settings(*grids, variants=variants, figures={"fig17": {"panels": panels}}), frames)

    def test_norm_predicts_rank(self):
        assert outcome(self.study((2, 5, 9), (2, 2, 2)), "initial-norm-predicts-rank")[0] == SUPPORTED
        assert outcome(self.study((9, 5, 2), (2, 2, 2)), "initial-norm-predicts-rank")[0] == CONTRADICTED

    def test_matching_shrinks_the_spread(self):
        assert outcome(self.study((2, 5, 9), (2, 3, 2)), "matching-equalises")[0] == SUPPORTED
        assert outcome(self.study((2, 3, 2), (2, 5, 9)), "matching-equalises")[0] == CONTRADICTED

    def test_layernorm(self):
        study = self.study((2, 5, 9), (2, 2, 2), norm_rank={"1": [10, 11, 12]})
        assert outcome(study, "layernorm-prevents-collapse")[0] == SUPPORTED
        study = self.study((2, 5, 9), (2, 2, 2), norm_rank={"1": 1})
        assert outcome(study, "layernorm-prevents-collapse")[0] == CONTRADICTED


class TestNumerics:
    def judged(self, name, **theory):
        g = grid("g")
        return outcome(evidence(settings(g), {"record": records(g), "spectra": spectra(g)}, theory), name)[0]

    def test_norm_raises_rank(self):
        def curves(top):
            return pd.DataFrame(
                [
                    {"n": 10, "k": 1, "seed": s, "scale": c, "rank": r, "rank_before": 1}
                    for s in range(3)
                    for c, r in ((1, 1), (10, top + s % 2), (100, 1))
                ]
            )

        assert self.judged("norm-raises-softmax-rank", softmax_rank=curves(5)) == SUPPORTED
        assert self.judged("norm-raises-softmax-rank", softmax_rank=curves(0)) == UNDECIDED

    def bound(self, violations, gap):
        return pd.DataFrame(
            [
                {"part": "random", "n": 5, "draws": 50, "violations": violations},
                {"part": "cases", "n": 5, "case": "identity", "gap": 0.0, "bound": 0.5},
                {"part": "cases", "n": 5, "case": "one-row", "gap": gap, "bound": 5**0.5},
            ]
        )

    def test_gap_bound(self):
        assert self.judged("gap-bounded", gap_bound=self.bound(0, 5**0.5)) == SUPPORTED
        assert self.judged("gap-bounded", gap_bound=self.bound(1, 5**0.5)) == CONTRADICTED
        assert self.judged("gap-bound-tight", gap_bound=self.bound(0, 5**0.5)) == SUPPORTED

    def test_rank_two(self):
        def curve(reached):
            rows = [{"n": 5, "rule": "torch", "seed": s, "rank": reached} for s in range(3)]
            return pd.DataFrame(rows).assign(part="curve")

        assert self.judged("rank-two-suffices", rank_two=curve(5)) == SUPPORTED
        assert self.judged("rank-two-suffices", rank_two=curve(4)) == UNDECIDED

    def test_interior_minimum(self):
        draws = pd.DataFrame({"part": "draws", "gap_interior": [False] * 30, "ratio_interior": [True] * 30})
        assert self.judged("gap-smallest-inside", spectral_gap=draws) == CONTRADICTED
        assert self.judged("rank-highest-inside", spectral_gap=draws) == SUPPORTED
