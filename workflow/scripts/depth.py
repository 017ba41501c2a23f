"""Rule depth: effective depth and OOD generalisation drop of a run, from its probes."""

from unpacking_softmax.artefacts import tables, writing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.readings.runs import depth_rows
from unpacking_softmax.study.paths import run_of

with job_log(snakemake.log[0]):
    identity = run_of(snakemake.wildcards).identity
    probes = tables.gather([snakemake.input.probes])
    settings = snakemake.params.settings
    rows = depth_rows(probes, identity["dataset"], settings["threshold"], settings["reference"])
    writing.write_rows(rows, identity, snakemake.output.depth)
