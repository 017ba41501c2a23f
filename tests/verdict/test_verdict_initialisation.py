"""Claims on what else sets the logits norm: initialisation, LayerNorm, width."""

import numpy as np
import pandas as pd
import pytest
from made_up import (
    evidence,
    grid,
    outcome,
    records,
    settings,
    spectra,
    verdict_of,
)

from unpacking_softmax.verdict.findings import (
    AGAINST,
    CONTRADICTED,
    IN_FAVOUR,
    SUPPORTED,
    SUPPORTED_IN_PART,
    UNDECIDED,
)

NO_COLLAPSE = "no collapse without LayerNorm"


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
        frames = {kind: pd.concat(parts, ignore_index=True) for kind, parts in frames.items()}
        return evidence(settings(*grids, variants=variants), frames)

    def test_norm_predicts_rank(self):
        assert outcome(self.study((2, 5, 9), (2, 2, 2)), "initial-norm-predicts-rank")[0] == SUPPORTED
        assert outcome(self.study((9, 5, 2), (2, 2, 2)), "initial-norm-predicts-rank")[0] == CONTRADICTED

    def test_matching_shrinks_the_spread(self):
        assert outcome(self.study((2, 5, 9), (2, 3, 2)), "matching-equalises")[0] == SUPPORTED
        assert outcome(self.study((2, 3, 2), (2, 5, 9)), "matching-equalises")[0] == CONTRADICTED

    @pytest.mark.parametrize(
        ("raised", "expected"),
        [(2, SUPPORTED), ([4, 5, 5], UNDECIDED), (9, CONTRADICTED)],
    )
    def test_matching_upward_fails(self, raised, expected):
        """T = 0.1 gives `middle` and `large` the norm of `small`, which ends at 5 by itself."""
        verdict = verdict_of(self.study((5, 9, 9), (5, raised, raised)), "matching-upward-fails")
        assert verdict.outcome == expected
        assert [f.runs.partition(" on ")[0] for f in verdict.findings] == ["mlp (middle)", "mlp (large)"]

    def test_a_norm_that_one_scheme_alone_is_given_equalises_nothing(self):
        study = self.study((5, 9, 9), (5, 2, 2))
        for name in ("small", "large"):
            study.settings["grids"][name]["temperatures"] = ["1"]
        assert outcome(study, "matching-equalises")[1].startswith("no runs")
        assert len(verdict_of(study, "matching-upward-fails").findings) == 1

    def test_matching_downward_says_nothing_of_it(self):
        study = self.study((5, 9, 9), (5, 2, 2))
        record = study.frames["record"]
        record.loc[record["temperature"] != "1", "temperature_value"] = 10.0
        assert outcome(study, "matching-upward-fails")[1].startswith("no runs")

    def test_schemes_are_found_by_the_grids_alone(self):
        """A network with two initialisations, whatever figures are drawn of them."""
        study = self.study((2, 5, 9), (2, 2, 2))
        assert not {"figures", "tables"} & study.settings.keys()
        (finding,) = verdict_of(study, "initial-norm-predicts-rank").findings
        assert finding.runs == "mlp on Own, T = 1: small, middle, large"

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
        expected = (CONTRADICTED, "0 in favour, 1 against, 0 open") if judged else (UNDECIDED, NO_COLLAPSE)
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


class TestLogitsNorm:
    """LayerNorm after the logits, of a scheme and beside it without."""

    def study(self, with_norm, without):
        """The logits norm after training, by seed; before it, it is 10."""
        grids = [
            grid("ln", architecture="mlp", variant="ln", temperatures=("1",)),
            grid("plain", architecture="mlp", temperatures=("1",)),
        ]
        frames = {
            "record": [
                records(g).assign(logits_norm=norm)
                for g, norm in zip(grids, (with_norm, without), strict=True)
            ],
            "spectra": [spectra(g, hidden=8) for g in grids],
        }
        frames = {kind: pd.concat(parts) for kind, parts in frames.items()}
        return evidence(settings(*grids, variants={"ln": {"normalisation": "layernorm-logits"}}), frames)

    def test_prevents_inflation(self):
        small, large = [20.0, 22.0, 21.0], [900.0, 1000.0, 950.0]
        name = "logits-layernorm-prevents-inflation"
        assert outcome(self.study(small, large), name)[0] == SUPPORTED
        assert outcome(self.study(large, small), name)[0] == CONTRADICTED
        (finding,) = verdict_of(self.study(20.0, 200.0), name).findings
        assert finding.estimate == pytest.approx(-np.log(10))

    def test_is_no_layernorm_among_hidden_layers(self):
        study = self.study(20.0, 200.0)
        assert outcome(study, "layernorm-prevents-collapse")[1].startswith("no runs")
        assert outcome(study, "logits-layernorm-prevents-collapse") == (UNDECIDED, NO_COLLAPSE)


@pytest.mark.parametrize(
    ("widths", "norms", "expected"),
    [
        ((128, 256), ([5.0, 6.0, 5.0], [50.0, 60.0, 55.0]), SUPPORTED),
        ((128, 256), ([50.0, 60.0, 55.0], [5.0, 6.0, 5.0]), CONTRADICTED),
        ((256, 128), ([5.0, 6.0, 5.0], [50.0, 60.0, 55.0]), CONTRADICTED),
        ((128, None), ([5.0, 6.0, 5.0], [50.0, 60.0, 55.0]), UNDECIDED),
    ],
)
def test_width(widths, norms, expected):
    grids = [grid(f"g{i}", architecture=f"mlp{i}", temperatures=("1",)) for i in (0, 1)]
    frames = {
        "record": [records(g).assign(initial_logits_norm=norm) for g, norm in zip(grids, norms, strict=True)],
        "spectra": [spectra(g) for g in grids],
    }
    shapes = {f"mlp{i}": {"depth": 8, "width": width} for i, width in enumerate(widths)}
    found = evidence(
        settings(*grids, shapes=shapes), {kind: pd.concat(parts) for kind, parts in frames.items()}
    )
    assert outcome(found, "width-raises-norm")[0] == expected


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
        assert (verdict.outcome, verdict.reason) == (SUPPORTED, "2 in favour, 0 against, 0 open")
        train_mode, evaluated = verdict.findings
        assert "batch statistics" in train_mode.statistic
        assert "running statistics" in evaluated.statistic
        # Variances of 0.02 over 2 each: half width t(0.975, 2) sqrt(0.02) = 4.302653 x 0.141421.
        assert (train_mode.estimate, train_mode.high) == pytest.approx((-2, -2 + 0.608487), abs=1e-5)
        assert (evaluated.estimate, evaluated.high) == pytest.approx((-3, -3 + 0.608487), abs=1e-5)

    def test_modes_that_disagree_support_it_in_part(self):
        # 1.1 times smaller by batch statistics, 1000 times by running statistics; then the reverse.
        close, far = {"vgg19": 0, "resnet18": 0.04}, {"vgg19": 0, "resnet18": 3}
        for modes in ((close, far), (far, close)):
            verdict = self.verdict(*modes)
            assert {f.outcome for f in verdict.findings} == {IN_FAVOUR, AGAINST}
            assert verdict.outcome == SUPPORTED_IN_PART
            assert verdict.reason == "1 in favour, 1 against, 0 open"
