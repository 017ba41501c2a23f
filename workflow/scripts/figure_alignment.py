"""Rule figure_alignment: alignment, singular values and rank through training."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.alignment import alignment_numbers, draw_alignment
from unpacking_softmax.readings.effects import of_trained

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    records = tables.records(given.record)
    rows = [of_trained(tables.gather(files), records) for files in (given.alignment, given.evolution)]
    numbers = alignment_numbers(*rows, settings["rank_rule"])
    style.save(draw_alignment(numbers, records, settings), numbers, snakemake.output)
