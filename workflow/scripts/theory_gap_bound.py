"""Rule theory, gap_bound: Proposition 3.1 on random stochastic matrices, and in its tight cases.

Parts: random; cases.
"""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.artefacts.writing import write_table
from unpacking_softmax.theory.parts import stack
from unpacking_softmax.theory.spectral_gap import bound_cases, bound_check

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    sizes = settings["sizes"]
    parts = {
        "random": bound_check(sizes, settings["concentrations"], settings["draws"]),
        "cases": bound_cases(sizes),
    }
    write_table(stack(parts), snakemake.output.numbers)
