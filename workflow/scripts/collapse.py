"""Rule collapse: neural collapse at every point of a run, and OrthoDev against other data."""

from unpacking_softmax.artefacts import writing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.measures.collapse_rows import collapse_rows
from unpacking_softmax.study.paths import run_of

with job_log(snakemake.log[0]):
    rows = collapse_rows(snakemake.input.activations, snakemake.input.others)
    writing.write_rows(rows, run_of(snakemake.wildcards).identity, snakemake.output.collapse)
