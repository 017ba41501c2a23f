"""Rule detection: how well scores of a run tell other data from its own."""

from unpacking_softmax.artefacts import writing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.measures.detection_rows import detection_rows
from unpacking_softmax.study.paths import run_of

with job_log(snakemake.log[0]):
    given = snakemake.input
    rows = detection_rows(given.activations, given.others, snakemake.params.settings, snakemake.threads)
    writing.write_rows(rows, run_of(snakemake.wildcards).identity, snakemake.output.detection)
