"""Rule table_training_settings: how networks are trained (Table 4)."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.tables.effects import write_recipes

with job_log(snakemake.log[0]):
    write_recipes(snakemake.params.settings, snakemake.output)
