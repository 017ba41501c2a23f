"""Rule prepare_dataset: one data set, from its source to one file."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.images import dataset, sources

with job_log(snakemake.log[0]):
    settings = {k: v for k, v in snakemake.params.settings.items() if k not in ("code", "dataset")}
    if settings["source"] == "folder":
        settings["workers"] = snakemake.threads
    prepared = sources.prepare(snakemake.wildcards.dataset, settings)
    dataset.save(prepared, snakemake.output.dataset)
