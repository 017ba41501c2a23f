"""Rule story: the paper's claims in its order, with their verdicts, pictures and tables."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.report.pages import write_page
from unpacking_softmax.report.story import story_page

with job_log(snakemake.log[0]):
    page = story_page(dict(snakemake.input.items()), snakemake.params.settings)
    write_page(page, snakemake.output.page)
