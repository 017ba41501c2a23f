"""Rule figure_rank_sensitivity: SR by cut and samples, kappa by threshold, rho by final layer."""

import pandas as pd

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.sensitivity import (
    draw_sensitivity,
    logits_spectra,
    rule_cuts,
    sensitivity_numbers,
)

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    spectra = pd.concat([logits_spectra(tables.gather([path])) for path in given.spectra])
    probes, depth = tables.gather(given.probes), tables.gather(given.depth)
    records = tables.records(given.record)
    numbers = sensitivity_numbers(spectra, probes, depth, records, settings)
    figure = draw_sensitivity(numbers, rule_cuts(spectra), records, settings)
    style.save(figure, numbers, snakemake.output)
