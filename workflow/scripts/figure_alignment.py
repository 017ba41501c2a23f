"""Rule figure_alignment: alignment, singular values and rank through training."""

from unpacking_softmax import tables
from unpacking_softmax.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.alignment import alignment_numbers, draw_alignment

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    numbers = alignment_numbers(
        tables.gather(given.alignment), tables.gather(given.evolution), settings["rank_rule"]
    )
    style.save(draw_alignment(numbers, tables.records(given.record), settings), numbers, snakemake.output)
