"""Rule figure_logits_ranks: ranks before and after softmax and the logits norm through training."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.history import draw_ranks, rank_numbers
from unpacking_softmax.readings.effects import of_trained

with job_log(snakemake.log[0]):
    style.apply()
    settings, records = snakemake.params.settings, tables.records(snakemake.input.record)
    history = of_trained(tables.gather(snakemake.input.history), records)
    numbers = rank_numbers(history, settings["rank_rule"])
    style.save(draw_ranks(numbers, records, settings), numbers, snakemake.output)
