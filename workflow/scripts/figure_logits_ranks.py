"""Rule figure_logits_ranks: ranks before and after softmax and the logits norm through training."""

from unpacking_softmax import tables
from unpacking_softmax.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.history import draw_ranks, rank_numbers

with job_log(snakemake.log[0]):
    style.apply()
    settings = snakemake.params.settings
    numbers = rank_numbers(tables.gather(snakemake.input.history), settings["rank_rule"])
    figure = draw_ranks(numbers, tables.records(snakemake.input.record), settings)
    style.save(figure, numbers, snakemake.output)
