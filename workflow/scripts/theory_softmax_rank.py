"""Rule theory, softmax_rank: rank of the softmax of scaled low-rank matrices (Figure 6)."""

from unpacking_softmax.files import replacing
from unpacking_softmax.joblog import job_log
from unpacking_softmax.theory.softmax_rank import softmax_rank

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    numbers = softmax_rank(
        n=settings["size"], ranks=range(1, settings["ranks"] + 1), seeds=range(settings["draws"])
    )
    with replacing(snakemake.output.numbers) as draft:
        numbers.to_parquet(draft, index=False)
