"""Rule figure_neco_dimensions: AUROC by the number of components that NECO keeps."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.detection import dimension_numbers, draw_dimensions

with job_log(snakemake.log[0]):
    style.apply()
    settings, records = snakemake.params.settings, tables.records(snakemake.input.record)
    numbers = dimension_numbers(tables.gather(snakemake.input.detection), records, settings)
    style.save(draw_dimensions(numbers, records, settings), numbers, snakemake.output)
