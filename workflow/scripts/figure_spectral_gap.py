"""Rule figure_spectral_gap: the spectrum of a rank-one softmax, and the products of its columns."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.theory import draw_spectral_gap

with job_log(snakemake.log[0]):
    style.apply()
    numbers = tables.numerics(snakemake.input.theory[0])
    figure = draw_spectral_gap(numbers, snakemake.params.settings)
    style.save(figure, numbers, snakemake.output)
