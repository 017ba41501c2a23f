"""Rule table_probe_settings: how linear probes are trained (Table 5)."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.tables.effects import write_probe_settings

with job_log(snakemake.log[0]):
    write_probe_settings(snakemake.params.settings, snakemake.output)
