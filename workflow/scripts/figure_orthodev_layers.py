"""Rule figure_orthodev_layers: OrthoDev through the layers, a panel for each grid."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.collapse import draw_orthodev, orthodev_numbers

with job_log(snakemake.log[0]):
    style.apply()
    settings, records = snakemake.params.settings, tables.records(snakemake.input.record)
    numbers = orthodev_numbers(tables.gather(snakemake.input.collapse), records, settings)
    style.save(draw_orthodev(numbers, records, settings), numbers, snakemake.output)
