"""Claims on what else sets the logits norm: initialisation, LayerNorm, width."""

import pandas as pd
import pytest
from made_up import (
    evidence,
    grid,
    outcome,
    records,
    settings,
    spectra,
)

from unpacking_softmax.verdict import claims
from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, UNDECIDED

NO_COLLAPSE = "no collapse without LayerNorm"


def verdict_of(found, name):
    return next(v for v in claims.judge(found) if v.claim.id == name)


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

    @pytest.mark.parametrize(
        ("plain", "judged"),
        [
            ((3, 5, 8), True),  # 3 is less than half of 8
            ((4, 5, 8), False),  # 4 is half of it: no collapse, and nothing for LayerNorm to prevent
            ((8, 4, 2), False),  # the scheme that LayerNorm is added to has the highest rank itself
        ],
    )
    def test_layernorm_is_judged_where_a_scheme_collapses_without_it(self, plain, judged):
        study = self.study(plain, (2, 2, 2), norm_rank={"1": 1})
        expected = (CONTRADICTED, "in 1 of 1 comparison") if judged else (UNDECIDED, NO_COLLAPSE)
        assert outcome(study, "layernorm-prevents-collapse") == expected

    def test_a_network_with_another_loss_is_no_scheme(self):
        # 3 is less than half of the 8 of a network trained by another loss, but not of 3, 4, 5.
        study = self.study((3, 4, 5), (2, 2, 2), norm_rank={"1": 9})
        other = grid("mse", architecture="mlp", variant="mse", temperatures=("1",))
        study.settings["grids"]["mse"] = other
        study.settings["variants"]["mse"] = {"loss": "mse"}
        study.frames["record"] = pd.concat([study.frames["record"], records(other)])
        study.frames["spectra"] = pd.concat([study.frames["spectra"], spectra(other, hidden=8)])
        assert outcome(study, "layernorm-prevents-collapse") == (UNDECIDED, NO_COLLAPSE)

    @pytest.mark.parametrize(
        ("failed", "reason"),
        [
            ("small", "small: every run at T = 1 failed to train"),
            ("ln", "no seed trained both with and without"),
        ],
    )
    def test_layernorm_where_either_fails(self, failed, reason):
        study = self.study((2, 5, 9), (2, 2, 2), norm_rank={"1": 10})
        record = study.frames["record"]
        record.loc[record["variant"] == failed, "status"] = "failed_to_train"
        assert outcome(study, "layernorm-prevents-collapse") == (UNDECIDED, reason)

    def test_a_matched_temperature_of_1_does_not_count_a_seed_twice(self):
        study = self.study((2, 5, 9), (2, 2, 2), norm_rank={"1": [10, 11, 12]})
        record = study.frames["record"]
        record.loc[record["variant"] == "small", "temperature_value"] = 1.0
        (finding,) = verdict_of(study, "layernorm-prevents-collapse").findings
        # 8, 9 and 10 more.
        assert (finding.n, finding.estimate) == (3, 9)


class TestNewNetworks:
    def verdict(self, train_mode, evaluated):
        """Two networks of each kind, of norms 10 ** e and 10 ** (e + 0.2): e by network and mode."""
        rows = [
            {
                "dataset": "own",
                "architecture": name,
                "norm_train_mode": 10 ** (train_mode[name] + more),
                "norm_eval": 10 ** (evaluated[name] + more),
            }
            for name in ("vgg19", "resnet18")
            for more in (0, 0.2)
        ]
        g = grid("g")
        frames = {"record": records(g), "spectra": spectra(g), "initial_norms": pd.DataFrame(rows)}
        found = evidence(settings(g, networks={"vgg19": "vgg19"}), frames)
        return verdict_of(found, "vgg-norm-lower")

    def test_both_modes_agree(self):
        verdict = self.verdict({"vgg19": 0, "resnet18": 2}, {"vgg19": -3, "resnet18": 0})
        assert (verdict.outcome, verdict.reason) == (SUPPORTED, "in 2 of 2 comparisons")
        train_mode, evaluated = verdict.findings
        assert "batch statistics" in train_mode.statistic
        assert "running statistics" in evaluated.statistic
        # Variances of 0.02 over 2 each: half width t(0.975, 2) sqrt(0.02) = 4.302653 x 0.141421.
        assert (train_mode.estimate, train_mode.high) == pytest.approx((-2, -2 + 0.608487), abs=1e-5)
        assert (evaluated.estimate, evaluated.high) == pytest.approx((-3, -3 + 0.608487), abs=1e-5)

    def test_modes_that_disagree_decide_nothing(self):
        # 1.1 times smaller by batch statistics, 1000 times by running statistics; then the reverse.
        close, far = {"vgg19": 0, "resnet18": 0.04}, {"vgg19": 0, "resnet18": 3}
        for modes in ((close, far), (far, close)):
            verdict = self.verdict(*modes)
            assert {f.outcome for f in verdict.findings} == {SUPPORTED, CONTRADICTED}
            assert verdict.outcome == UNDECIDED
            assert verdict.reason == "the comparisons disagree: of 2, 1 support it, 1 contradict it"
