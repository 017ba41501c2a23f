"""Which module draws the figures of a family: `make(view, files)` gives a figure and its numbers.

Families are described in `study/catalogue.py`. This module leads to every one of them, so that it stays
out of the code hash: a figure's settings hash the module of its own family (`provenance.rule_code`).
"""

from unpacking_softmax.plots import (
    alignment,
    gradients,
    heat_maps,
    init_schemes,
    initial_norms,
    layers,
    logits_norm,
    logits_ranks,
    neco_dimensions,
    neural_collapse,
    orthodev_epochs,
    orthodev_layers,
    rank_sensitivity,
    softmax_rank,
    spectral_gap,
    trade_off,
)

FAMILIES = {
    "alignment": alignment,
    "gradients": gradients,
    "heat_maps": heat_maps,
    "init_schemes": init_schemes,
    "initial_norms": initial_norms,
    "layers": layers,
    "logits_norm": logits_norm,
    "logits_ranks": logits_ranks,
    "neco_dimensions": neco_dimensions,
    "neural_collapse": neural_collapse,
    "orthodev_epochs": orthodev_epochs,
    "orthodev_layers": orthodev_layers,
    "rank_sensitivity": rank_sensitivity,
    "softmax_rank": softmax_rank,
    "spectral_gap": spectral_gap,
    "trade_off": trade_off,
}
