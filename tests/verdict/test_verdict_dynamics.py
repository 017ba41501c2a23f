"""Claims on how networks develop: norms, alignment and gradients of made-up runs."""

import numpy as np
import pandas as pd
import pytest
from made_up import (
    evidence,
    grid,
    identities,
    ones,
    outcome,
    records,
    settings,
    spectra,
    table,
)

from unpacking_softmax.verdict import claims
from unpacking_softmax.verdict.findings import CONTRADICTED, SUPPORTED, UNDECIDED


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
