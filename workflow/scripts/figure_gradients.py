"""Rule figure_gradients: ranks of representations and gradients by layer, a panel for each temperature."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.gradients import draw_gradients, gradient_numbers
from unpacking_softmax.readings.effects import of_trained

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    records = tables.records(given.record)
    numbers = gradient_numbers(of_trained(tables.gather(given.gradients), records), settings["rank_rule"])
    style.save(draw_gradients(numbers, records, settings), numbers, snakemake.output)
