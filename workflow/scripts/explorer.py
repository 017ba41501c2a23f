"""Rule explorer: a page on which the numbers of every run are looked through."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.report.explored import explored
from unpacking_softmax.report.explorer import explorer_page
from unpacking_softmax.report.pages import write_page

with job_log(snakemake.log[0]):
    values = explored(dict(snakemake.input.items()), snakemake.params.settings)
    write_page(explorer_page(values), snakemake.output.page)
