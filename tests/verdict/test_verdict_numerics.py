"""Claims on the theory, judged on made-up numerics."""

import pandas as pd
from made_up import (
    evidence,
    grid,
    outcome,
    records,
    settings,
    spectra,
)

from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, UNDECIDED


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
