"""Rule figure_softmax_rank: rank of the softmax of scaled low-rank matrices."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.theory import draw_softmax_rank, softmax_rank_numbers

with job_log(snakemake.log[0]):
    style.apply()
    numbers = softmax_rank_numbers(tables.numerics(snakemake.input.theory[0]))
    figure = draw_softmax_rank(numbers, snakemake.params.settings)
    style.save(figure, numbers, snakemake.output)
