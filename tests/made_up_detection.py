"""Made-up runs that detect other data, for the tests of Figure 23, of NECO's dimensions and of Table 2."""

import numpy as np
import pandas as pd

from views import identity

# NECO's AUROC of (temperature, seed); T = 100 fails to train, T = 10 is not matched.
AUROC = {("1", 0): 0.6, ("1", 1): 0.7, ("10", 0): 0.8, ("10", 1): 0.9, ("100", 0): 0.5, ("100", 1): 0.4}


def made_up_records() -> pd.DataFrame:
    """The records of these runs."""
    return pd.DataFrame(
        {
            **identity(t, seed),
            "temperature_value": float(t),
            "status": "failed_to_train" if t == "100" else "trained",
            "test_accuracy": {"1": 0.9, "10": 0.88, "100": 0.1}[t],
        }
        for t, seed in AUROC
    )


def made_up_detection() -> pd.DataFrame:
    """Their tables of detection, of data `third` and `other`; FPR95 is 1 - AUROC on `third`."""
    rows = []
    for (t, seed), auroc in AUROC.items():
        for source, shift in (("third", 0.0), ("other", -0.3)):
            for score, dimension, value in (
                ("neco", 4, auroc),
                ("neco_variance", 2 + seed, auroc - 0.05),
                ("neco_sweep", 2, auroc - 0.1),
                ("neco_sweep", 4, auroc),
                ("msp", np.nan, auroc - 0.2),
            ):
                numbers = {"auroc": value + shift, "fpr95": 1 - value, "fpr95_openood": 0.5}
                row = {"source": source, "score": score, "dimension": dimension}
                rows.append({**identity(t, seed), **row, **numbers})
    return pd.DataFrame(rows)
