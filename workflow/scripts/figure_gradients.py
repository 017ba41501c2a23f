"""Rule figure_gradients: ranks of representations and gradients by layer, a panel for each temperature."""

from unpacking_softmax import tables
from unpacking_softmax.joblog import job_log
from unpacking_softmax.measures.effects import of_trained
from unpacking_softmax.plots import style
from unpacking_softmax.plots.gradients import draw_gradients, gradient_numbers

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    records = tables.records(given.record)
    numbers = gradient_numbers(of_trained(tables.gather(given.gradients), records), settings["rank_rule"])
    style.save(draw_gradients(numbers, records, settings), numbers, snakemake.output)
