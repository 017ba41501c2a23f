"""Rule figure_orthodev_epochs: OrthoDev through training, a line for each temperature."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.orthodev_epochs import draw_orthodev, orthodev_numbers
from unpacking_softmax.readings.effects import of_trained

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    records = tables.records(given.record)
    rows = of_trained(tables.gather(given.evolution), records)
    numbers = orthodev_numbers(rows, settings["binding"]["ood"])
    style.save(draw_orthodev(numbers, records, settings), numbers, snakemake.output)
