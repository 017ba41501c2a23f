"""Table 5: how linear probes are trained."""

from collections.abc import Mapping, Sequence

import pandas as pd

from unpacking_softmax.readings.view import View
from unpacking_softmax.tables.printed import Printed, caption_of
from unpacking_softmax.tables.settings_text import settings_text

ROWS = {
    "learning_rate": "Learning rate",
    "weight_decay": "Weight decay",
    "epochs": "Number of epochs",
    "steps": "Number of steps (in place of epochs)",
    "batch": "Mini-batch size",
    "standardise": "Features standardised",
    "seed": "First seed",
    "seeds": "Number of seeds",
}
NOTE = "Adam, with the weight decay added to the gradient; the accuracy is that after the last step."


def make(view: View, files: Mapping[str, Sequence[str]]) -> Printed:
    """The table of the study's settings of probes; it reads no file."""
    table = probe_table(view.probes)
    return Printed(
        table,
        headings={"parameter": "Parameter", "value": "Value"},
        caption=caption_of(view, "hyperparameters of the linear probes"),
        notes=[NOTE],
        numbers=table,
    )


def probe_table(probes: Mapping) -> pd.DataFrame:
    """A row for each setting of the linear probes; of epochs and steps the one that counts."""
    unused = "epochs" if probes["steps"] else "steps"
    rows = {key: heading for key, heading in ROWS.items() if key != unused}
    return pd.DataFrame({"parameter": list(rows.values()), "value": settings_text(probes, rows)})
