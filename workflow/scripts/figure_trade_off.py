"""Rule figure_trade_off: OOD generalisation against OOD detection, a point for each run."""

import pandas as pd

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.detection import correlations, draw_trade_off, trade_off_numbers

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    numbers = trade_off_numbers(
        tables.gather(given.probes), tables.gather(given.detection), tables.records(given.record), settings
    )
    found = correlations(numbers)
    shown = pd.concat([numbers, found], ignore_index=True)
    style.save(draw_trade_off(numbers, found, settings), shown, snakemake.output)
