"""Rule figure_logits_norm: the norm of the logits through training, a line for each temperature."""

from unpacking_softmax import tables
from unpacking_softmax.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.history import draw_norms, norm_numbers

with job_log(snakemake.log[0]):
    style.apply()
    numbers = norm_numbers(tables.gather(snakemake.input.history))
    figure = draw_norms(numbers, tables.records(snakemake.input.record), snakemake.params.settings)
    style.save(figure, numbers, snakemake.output)
