"""Rule figure_logits_norm: the norm of the logits through training, a line for each temperature."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.history import draw_norms, norm_numbers
from unpacking_softmax.readings.effects import of_trained

with job_log(snakemake.log[0]):
    style.apply()
    settings, records = snakemake.params.settings, tables.records(snakemake.input.record)
    numbers = norm_numbers(of_trained(tables.gather(snakemake.input.history), records))
    style.save(draw_norms(numbers, records, settings), numbers, snakemake.output)
