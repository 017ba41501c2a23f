"""Rule table: a table is made by the module of its family."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.readings.view import View
from unpacking_softmax.tables.families import FAMILIES
from unpacking_softmax.tables.printed import write

with job_log(snakemake.log[0]):
    view = View.of(snakemake.params.settings)
    write(FAMILIES[view.family].make(view, snakemake.input), snakemake.output)
