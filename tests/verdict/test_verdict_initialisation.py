"""Claims on what else sets the logits norm: initialisation, LayerNorm, width."""

import pandas as pd
from made_up import (
    evidence,
    grid,
    outcome,
    records,
    settings,
    spectra,
)

from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED


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
