"""Rule figure_neural_collapse: NC1 to NC4 against temperature, a panel for each measure."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.collapse import collapse_numbers, draw_collapse

with job_log(snakemake.log[0]):
    style.apply()
    settings, records = snakemake.params.settings, tables.records(snakemake.input.record)
    numbers = collapse_numbers(tables.gather(snakemake.input.collapse), records, settings)
    style.save(draw_collapse(numbers, records, settings), numbers, snakemake.output)
