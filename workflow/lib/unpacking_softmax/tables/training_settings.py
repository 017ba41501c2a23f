"""Table 4: how networks are trained."""

from collections.abc import Mapping, Sequence

import pandas as pd

from unpacking_softmax.readings.view import View
from unpacking_softmax.tables.printed import Printed, caption_of
from unpacking_softmax.tables.settings_text import settings_text

ROWS = {
    "learning_rate": "Learning rate (LR)",
    "momentum": "SGD momentum",
    "weight_decay": "Weight decay",
    "epochs": "Number of epochs",
    "batch": "Mini-batch size",
    "milestones": "LR-decay-milestones",
    "gamma": "LR-decay-gamma",
    "precision": "Precision",
}
NOTE = "SGD; the learning rate is multiplied by LR-decay-gamma at the start of each milestone epoch."


def make(view: View, files: Mapping[str, Sequence[str]]) -> Printed:
    """The table of the recipes that it is bound to; it reads no file."""
    table = recipe_table(view.recipes)
    return Printed(
        table,
        headings={"parameter": "Parameter", **{name: name for name in view.recipes}},
        caption=caption_of(view, "hyperparameters of training"),
        notes=[NOTE],
        numbers=table,
    )


def recipe_table(recipes: Mapping[str, Mapping]) -> pd.DataFrame:
    """A row for each hyperparameter, a column for each recipe."""
    columns = {name: settings_text(recipe, ROWS) for name, recipe in recipes.items()}
    return pd.DataFrame({"parameter": list(ROWS.values()), **columns})
