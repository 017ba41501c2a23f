"""Rule prepare_dataset: one data set, from its source to one file."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.images import dataset, sources

with job_log(snakemake.log[0]):
    planned = ("code", "dataset", "source_code")
    settings = {k: v for k, v in snakemake.params.settings.items() if k not in planned}
    prepared = sources.prepare(snakemake.wildcards.dataset, settings, snakemake.threads)
    dataset.save(prepared, snakemake.output.dataset)
