"""Rule theory, rank_two: full-rank softmax of rank-two logits, and its scale (Proposition K.1).

Parts: curve (rank by scale); dominance (the scale from which the rank is full under any rule).
"""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.artefacts.writing import write_table
from unpacking_softmax.theory.parts import stack
from unpacking_softmax.theory.rank_two import dominance_scales, rank_curve

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    sizes, seeds = settings["sizes"], range(settings["draws"])
    parts = {
        "curve": rank_curve(sizes=sizes, seeds=seeds),
        "dominance": dominance_scales(sizes, seeds),
    }
    write_table(stack(parts), snakemake.output.numbers)
