"""Rule figure_init_schemes: final rank against initial logits norm, by initialisation scheme."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.initial import draw_schemes, scheme_numbers

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    numbers = scheme_numbers(tables.gather(given.spectra), tables.records(given.record), settings)
    style.save(draw_schemes(numbers, settings), numbers, snakemake.output)
