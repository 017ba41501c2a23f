"""Every figure and table by name: the family that draws it, and the tables that the family reads.

A family is one script (`figure_<family>.py`, `table_<family>.py`) and one form of binding in the
configuration.
"""

from dataclasses import dataclass

from unpacking_softmax.artefacts.kinds import NUMERICS


@dataclass(frozen=True)
class Family:
    """What a family reads: kinds of files (see `kinds.KINDS`) of each run that it is bound to, and
    numerics of the propositions (see `THEORY`)."""

    reads: tuple[str, ...] = ()
    theory: tuple[str, ...] = ()


# Numerics that need no network: a rule, a script `theory_<name>` and a section of config `theory` each.
THEORY = tuple(NUMERICS)


FIGURE_FAMILIES = {
    "layers": Family(("probes", "spectra", "depth", "record")),
    "logits_norm": Family(("history", "record")),
    "logits_ranks": Family(("history", "record")),
    "alignment": Family(("alignment", "evolution", "record")),
    "gradients": Family(("gradients", "record")),
    "heat_maps": Family(("alignment", "record")),
    "softmax_rank": Family(theory=("softmax_rank",)),
    "spectral_gap": Family(theory=("spectral_gap",)),
    "orthodev_epochs": Family(("evolution", "record")),
    "orthodev_layers": Family(("collapse", "record")),
    "initial_norms": Family(),
    "init_schemes": Family(("spectra", "history", "record")),
    "trade_off": Family(("probes", "detection", "record")),
    "rank_sensitivity": Family(("spectra", "probes", "depth", "record")),
    "neural_collapse": Family(("collapse", "record")),
    "neco_dimensions": Family(("detection", "record")),
}

FIGURES = {
    "fig1": "layers",
    "fig2": "logits_norm",
    "fig3": "alignment",
    "fig4": "gradients",
    "fig5": "logits_ranks",
    "fig6": "softmax_rank",
    "fig7": "orthodev_epochs",
    "fig8": "initial_norms",
    "fig9": "layers",
    "fig10": "heat_maps",
    **{f"fig{n}": "layers" for n in range(11, 17)},
    "fig17": "init_schemes",
    **{f"fig{n}": "logits_ranks" for n in range(18, 21)},
    "fig21": "spectral_gap",
    "fig22": "orthodev_layers",
    "fig23": "trade_off",
    "fig24": "heat_maps",
    "fig25": "heat_maps",
    # Beyond the paper, from the same stored numbers.
    "rank-sensitivity": "rank_sensitivity",
    "neural-collapse": "neural_collapse",
    "neco-dimensions": "neco_dimensions",
    "norm-controls": "init_schemes",
}

TABLE_FAMILIES = {
    "effects": Family(("depth", "probes", "spectra", "record")),
    "fine_grained": Family(("depth", "probes", "spectra", "record")),
    "detection_table": Family(("detection", "record")),
    "hyperparameters": Family(),
}

TABLES = {
    "table1": "effects",
    "table2": "detection_table",
    "table3": "effects",
    "table4": "hyperparameters",
    "table5": "hyperparameters",
    "table6": "effects",
    "table7": "fine_grained",
    "table8": "fine_grained",
    "table9": "fine_grained",
}


def family_of(target: str) -> Family:
    """The family of a figure or table."""
    return FIGURE_FAMILIES[FIGURES[target]] if target in FIGURES else TABLE_FAMILIES[TABLES[target]]
