"""Tables 4 and 5: the configuration's own settings, as they are printed."""

import pytest

from unpacking_softmax.tables.probe_settings import probe_table
from unpacking_softmax.tables.training_settings import recipe_table

RECIPES = {
    "x": {
        "epochs": 164, "batch": 128, "learning_rate": 0.1, "momentum": 0.9, "weight_decay": 1e-4,
        "milestones": [82, 123], "gamma": 0.1, "precision": "bf16",
    },
    "y": {
        "epochs": 100, "batch": 128, "learning_rate": 0.05, "momentum": 0.0, "weight_decay": 0.0,
        "milestones": [], "gamma": 1.0, "precision": "fp32",
    },
}  # fmt: skip


def test_recipes():
    table = recipe_table({name: RECIPES[name] for name in "yx"}).set_index("parameter")
    assert list(table) == ["y", "x"]
    assert table.loc["Learning rate (LR)"].tolist() == ["0.05", "0.1"]
    assert table.loc["Weight decay"].tolist() == ["0", "0.0001"]
    assert table.loc["LR-decay-milestones"].tolist() == ["none", "82, 123"]
    assert table.loc["Number of epochs"].tolist() == ["100", "164"]


@pytest.mark.parametrize(
    ("steps", "shown", "hidden"),
    [(None, "Number of epochs", "steps"), (300, "Number of steps (in place of epochs)", "Number of epochs")],
)
def test_probe_settings(steps, shown, hidden):
    probes = {"learning_rate": 1e-3, "weight_decay": 1e-3, "epochs": 50, "steps": steps, "batch": 4096}
    table = probe_table({**probes, "standardise": False, "seed": 0, "seeds": 3}).set_index("parameter")[
        "value"
    ]
    assert table["Learning rate"] == "0.001"
    assert table["Features standardised"] == "no"
    assert shown in table
    assert not any(name.startswith(hidden) for name in table.index)
