"""Rule figure_initial_norms: the logits norm of new networks, by architecture."""

from unpacking_softmax.artefacts import reading
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.initial import draw_initial_norms

with job_log(snakemake.log[0]):
    style.apply()
    norms = reading.initial_norms(snakemake.input.initial_norms)
    figure = draw_initial_norms(norms, snakemake.params.settings)
    style.save(figure, norms, snakemake.output)
