"""The temperature that gives one network's initial logits the norm of another's (App. B). No torch."""

import pandas as pd


def matched_temperature(norms: pd.DataFrame, reference: pd.DataFrame) -> dict:
    """T = mean ||M_X|| / mean ||M_Y||: trained at T, network X starts from logits M_X / T of Y's norm.

    norms, reference: rows of `initial.initial_norms` of X and Y over the same images.
    """
    norm, target = norms["norm_train_mode"].mean(), reference["norm_train_mode"].mean()
    return {
        "temperature": norm / target,
        "norm": norm,
        "reference_norm": target,
        "networks": len(norms),
    }
