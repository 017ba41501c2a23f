"""Rule theory, softmax_rank: rank of the softmax of scaled low-rank matrices (Figure 6)."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.artefacts.writing import write_table
from unpacking_softmax.theory.softmax_rank import softmax_rank

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    numbers = softmax_rank(
        n=settings["size"], ranks=range(1, settings["ranks"] + 1), seeds=range(settings["draws"])
    )
    write_table(numbers, snakemake.output.numbers)
