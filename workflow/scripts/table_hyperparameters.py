"""Rule table_hyperparameters: how networks (Table 4) and linear probes (Table 5) are trained."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.tables.effects import write_probe_settings, write_recipes

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    if "recipes" in settings["binding"]:
        write_recipes(settings, snakemake.output)
    else:
        write_probe_settings(settings, snakemake.output)
