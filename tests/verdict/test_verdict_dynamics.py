"""Claims on how networks develop: norms, alignment, ranks of hidden layers, of made-up runs."""

import numpy as np
import pandas as pd
import pytest
from made_up import evidence, grid, identities, ones, outcome, records, settings, spectra, table, verdict_of

from unpacking_softmax.verdict.findings import (
    CONTRADICTED,
    IN_FAVOUR,
    OPEN,
    SUPPORTED,
    SUPPORTED_IN_PART,
    UNDECIDED,
)


def study(kind, rows, **record):
    """A grid of T = 1 and T = 100 with one more table: rows(grid)."""
    g = grid("g")
    frames = {"record": records(g, **record), "spectra": spectra(g), kind: rows(g)}
    return evidence(settings(g), frames)


class TestNormGrowth:
    def judged(self, **log_norms):
        """log ||M|| / ||M_0|| after epochs 0, 1, ... by temperature; seeds differ by 0.01."""

        def history(g):
            return pd.DataFrame(
                [
                    {**run, "epoch": epoch, "logits_norm": 10 * np.exp(growth + 0.01 * run["seed"] * epoch)}
                    for run in identities(g)
                    for epoch, growth in enumerate(log_norms[f"T{run['temperature']}"])
                ]
            )

        return verdict_of(study("history", history), "norm-grows")

    def test_over_the_whole_training(self):
        assert self.judged(T1=[0, 1, 1], T100=[0, 2, 3]).outcome == SUPPORTED
        assert self.judged(T1=[0, 2, 3], T100=[0, 1, 1]).outcome == CONTRADICTED

    def test_a_late_start_does_not_decide(self):
        """Slower in the first tenth of the epochs, and far larger in the end, as the embedded study is."""
        slow = [0, 1.0, 1.5, *[2] * 18]
        late = [0, 0.2, 1.8, *[4] * 18]
        verdict = self.judged(T1=slow, T100=late)
        assert verdict.outcome == SUPPORTED
        (finding,) = verdict.findings
        assert finding.estimate == pytest.approx(2)
        assert finding.note.startswith("difference after epoch 1: -0.8, 2: 0.3, 5: 2, 10: 2, 20: 2")
        # What would only make up for the division by T: log 100.
        assert finding.note.endswith("log of the temperatures' ratio: 4.61")


class TestAlignment:
    def study(self, largest, top, others):
        """max and the |cos| of the first three of five rows, by temperature; those of the others."""

        def rows(g):
            found = []
            for epoch in (0, 1, 10):
                for run in identities(g):
                    matrix = np.full((5, 5), others)
                    value = top[run["temperature"]]
                    matrix[:3] = value[run["seed"]] if isinstance(value, list) else value
                    most = largest[run["temperature"]][run["seed"]]
                    shape = {"rows": 5, "columns": 5, "matrix": matrix.flatten().tolist()}
                    found.append({**run, "epoch": epoch, "point": "fc", "index": 1, "max": most, **shape})
            return pd.DataFrame(found)

        return study("alignment", rows)

    def test_early(self):
        low, high = [0.2, 0.3, 0.2], [0.8, 0.9, 0.8]
        found = self.study({"1": low, "100": high}, {"1": 0.1, "100": 0.1}, 0.1)
        assert outcome(found, "alignment-early")[0] == SUPPORTED
        found = self.study({"1": low, "100": low}, {"1": 0.1, "100": 0.1}, 0.1)
        assert outcome(found, "alignment-early") == (UNDECIDED, "0 in every seed: no difference")

    @pytest.mark.parametrize(
        ("base", "low", "expected"),
        [
            (0.3, [0.8, 0.9, 0.8], SUPPORTED),
            # As concentrated at the baseline: nothing that temperature does.
            (0.85, [0.84, 0.85, 0.86], UNDECIDED),
            (0.9, [0.3, 0.4, 0.3], CONTRADICTED),
        ],
    )
    def test_concentration_is_judged_against_the_baseline(self, base, low, expected):
        same = {"1": [0.2] * 3, "100": [0.2] * 3}
        found = self.study(same, {"1": base, "100": low}, 0.1)
        assert outcome(found, "alignment-top-only")[0] == expected


class TestHiddenRank:
    def judged(self, ranks, name="hidden-rank-falls", history=None, faint=None):
        """Rank of the one hidden layer after epochs 0, 1 and 5, by temperature, for each seed."""

        def rows(g):
            found = []
            for run in identities(g):
                for epoch, of_seeds in zip((0, 1, 5), ranks[run["temperature"]], strict=True):
                    rank = of_seeds[run["seed"]] if isinstance(of_seeds, list) else of_seeds
                    for point, sigma in (("relu1", ones(rank, 16)), ("logits", ones(5, 5))):
                        sizes = {"n": 100, "d": len(sigma), "sigma": sigma}
                        found.append({**run, "epoch": epoch, "source": "own", "point": point, **sizes})
            return pd.DataFrame(found)

        found = study("evolution", rows)
        if history is not None:
            g = grid("g")
            found.frames["history"] = pd.concat(
                table(g, epoch=epoch, train_accuracy=accuracy, logits_norm=1.0)
                for epoch, accuracy in zip((0, 1, 5), history, strict=True)
            )
        return verdict_of(found, name)

    def test_falls_by_itself_and_beside_the_baseline(self):
        verdict = self.judged({"1": [16, 16, 16], "100": [16, 8, [4, 5, 4]]})
        assert verdict.outcome == SUPPORTED
        alone, beside = verdict.findings
        assert alone.runs == "resnet18 on Own, T = 100"
        expected = np.mean(np.log([4 / 16, 5 / 16, 4 / 16]))
        assert (alone.estimate, beside.estimate) == pytest.approx((expected, expected))

    def test_a_fall_that_the_baseline_shares_supports_in_part(self):
        verdict = self.judged({"1": [16, 8, [4, 5, 4]], "100": [16, 8, [4, 4, 5]]})
        assert verdict.outcome == SUPPORTED_IN_PART
        assert [f.outcome for f in verdict.findings] == [IN_FAVOUR, OPEN]

    @pytest.mark.parametrize(
        ("middle", "accuracies", "expected"),
        [
            (7, [0.1, 0.5, 1.0], SUPPORTED),  # below half of the baseline's 16 after epoch 1 already
            (16, [0.1, 0.5, 0.9], SUPPORTED),
            (16, [0.1, 1.0, 1.0], CONTRADICTED),  # epoch 1 fits all, and no layer has collapsed
            (7, [0.1, 1.0, 1.0], UNDECIDED),  # both begin within the first epoch: which came first?
            (16, [0.1, 0.5, 1.0], UNDECIDED),  # between epochs 1 and 5
        ],
    )
    def test_collapse_begins_before_the_terminal_phase(self, middle, accuracies, expected):
        ranks = {"1": [16, 16, 16], "100": [16, middle, 4]}
        verdict = self.judged(ranks, "collapse-before-terminal-phase", accuracies)
        assert verdict.outcome == expected
        assert verdict.findings[0].note.startswith(f"seed 0: after epoch {1 if middle == 7 else 5}, at ")
        if expected == UNDECIDED:
            assert "the same two snapshots" in verdict.reason

    def test_without_collapse_there_is_nothing_to_begin(self):
        ranks = {"1": [16, 16, 16], "100": [16, 8, 8]}
        verdict = self.judged(ranks, "collapse-before-terminal-phase", [0.1, 0.5, 1.0])
        assert verdict.outcome == UNDECIDED
        assert verdict.reason.startswith("no collapse")
