"""Rule table_effects: kappa, rho and SR of baseline and low logits norm (Tables 1, 3, 6)."""

import pandas as pd

from unpacking_softmax import tables
from unpacking_softmax.joblog import job_log
from unpacking_softmax.measures.effects import solution_spectra
from unpacking_softmax.plots.tables import write_effects

with job_log(snakemake.log[0]):
    given = snakemake.input
    frames = {
        "depth": tables.gather(given.depth),
        "probes": tables.gather(given.probes),
        "spectra": pd.concat([solution_spectra(tables.gather([path])) for path in given.spectra]),
        "record": tables.records(given.record),
    }
    write_effects(frames, snakemake.params.settings, snakemake.output, "baseline and low logits norm")
