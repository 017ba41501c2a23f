"""Rule figure: a figure is drawn by the module of its family."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.families import FAMILIES
from unpacking_softmax.readings.view import View

with job_log(snakemake.log[0]):
    style.apply()
    view = View.of(snakemake.params.settings)
    style.save(FAMILIES[view.family].make(view, snakemake.input), snakemake.output)
