"""Probes of two seeds in place of one, for tests of whatever reads probes."""

import pandas as pd


def tried_twice(probes: pd.DataFrame) -> pd.DataFrame:
    """Each row twice, as of probe seeds 0 and 1, with accuracies 0.25 above and below: of the same mean."""
    parts = [
        probes.assign(probe_seed=seed, accuracy=probes["accuracy"] + shift)
        for seed, shift in enumerate((0.25, -0.25))
    ]
    return pd.concat(parts, ignore_index=True)
