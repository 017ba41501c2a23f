"""Rule spectra: the singular values of every representation of a run, as a tidy table."""

from unpacking_softmax.artefacts import writing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.measures.spectra import spectra_rows
from unpacking_softmax.readings.stored import stored_rows
from unpacking_softmax.study.paths import run_of

with job_log(snakemake.log[0]):
    rows = stored_rows("spectra", spectra_rows(snakemake.input.activations))
    writing.write_rows(rows, run_of(snakemake.wildcards).identity, snakemake.output.spectra)
