"""Claims on the theory, judged on made-up numerics."""

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

from unpacking_softmax.readings.rank import RULES
from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, SUPPORTED_IN_PART, UNDECIDED
from unpacking_softmax.verdict.numerics import norm_raises_rank


def by_rule(name, value, **other):
    """Columns of a reading under every rank rule: one value, but for the rules that other names."""
    return {f"{name}_{rule}": other.get(rule, value) for rule in RULES}


class TestNumerics:
    def judged(self, name, **theory):
        g = grid("g")
        return outcome(evidence(settings(g), {"record": records(g), "spectra": spectra(g)}, theory), name)[0]

    @pytest.mark.parametrize(
        ("ranks", "expected"),
        [
            ((3, 6, 2), SUPPORTED),  # 6 or 7, from 3
            ((6, 3, 1), UNDECIDED),  # it only falls: softmax alone lifted it above 1
            ((7, 6, 1), UNDECIDED),  # 7 in one draw, where it began
        ],
    )
    def test_norm_raises_rank(self, ranks, expected):
        first, middle, last = ranks
        curves = [
            {"n": 10, "k": 1, "seed": s, "scale": c, **by_rule("rank", r), "rank_before": 1}
            for s in range(3)
            for c, r in ((100, last), (1, first), (10, middle + s % 2))
        ]
        judged = self.judged("norm-raises-softmax-rank", softmax_rank=pd.DataFrame(curves))
        assert judged == expected

    def test_the_rise_of_the_rank_is_from_the_smallest_scale(self):
        curves = [
            {"n": 10, "k": 1, "seed": s, "scale": c, **by_rule("rank", r), "rank_before": 1}
            for s in range(3)
            for c, r in ((10, 6 + s), (1, 3), (100, 2))
        ]
        g = grid("g")
        found = evidence(settings(g), {}, {"softmax_rank": pd.DataFrame(curves)})
        (finding,) = norm_raises_rank(found, "torch")
        # 3, 4 and 5 more than at scale 1; from the rank before softmax it would be 6.
        assert finding.estimate == 4

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
        inside = by_rule("rank_interior", [True] * 30)
        draws = pd.DataFrame({"part": "draws", "gap_interior": [False] * 30, **inside})
        assert self.judged("gap-smallest-inside", spectral_gap=draws) == CONTRADICTED
        assert self.judged("rank-highest-inside", spectral_gap=draws) == SUPPORTED

    def test_the_rank_has_a_share_of_its_own(self):
        """Ratio and rank need not agree from draw to draw: the ratio's share is not the rank's."""
        draws = pd.DataFrame(
            {
                "part": "draws",
                "gap_interior": [False] * 10,
                "ratio_interior": [True] * 10,
                **by_rule("rank_interior", [True] * 2 + [False] * 8),
            }
        )
        g = grid("g")
        frames = {"record": records(g), "spectra": spectra(g)}
        found = evidence(settings(g), frames, {"spectral_gap": draws})
        (finding,) = verdict_of(found, "rank-highest-inside").findings
        assert finding.estimate == 0.2
        assert "rank" in finding.statistic
        # Two of ten against one half: 2 (1 + 10 + 45) / 1024.
        assert finding.p == pytest.approx(112 / 1024)

    def test_claims_on_ranks_say_under_which_rules_they_hold(self):
        """Under one rule of the four the rank is highest at an end, and falls from where it began."""
        ends = {"1e-3": [False] * 30}
        draws = pd.DataFrame({"part": "draws", **by_rule("rank_interior", [True] * 30, **ends)})
        curves = [
            {"n": 10, "k": 1, "seed": s, "scale": c, **by_rule("rank", r + (s == 1), **{"1e-3": -r})}
            for s in range(3)
            for c, r in ((1, 3), (10, 6))
        ]
        found = evidence(settings(), {}, {"spectral_gap": draws, "softmax_rank": pd.DataFrame(curves)})
        for name in ("rank-highest-inside", "norm-raises-softmax-rank"):
            verdict = verdict_of(found, name)
            assert verdict.outcome == SUPPORTED_IN_PART
            assert verdict.reason == "1 in favour, 0 against, 0 open; not so under 1e-3"
