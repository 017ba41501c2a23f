"""Rule theory, spectral_gap: the spectrum of a rank-one column softmax by temperature (Figure 21).

Parts: curve and products, of the matrix shown (size n, drawn from seed); draws, whether other
matrices have the same minima.
"""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.artefacts.writing import write_table
from unpacking_softmax.theory.parts import stack
from unpacking_softmax.theory.spectral_gap import column_products, gap_curve, gap_minima

with job_log(snakemake.log[0]):
    settings = snakemake.params.settings
    shown = {"n": settings["size"], "seed": settings["seed"]}
    parts = {
        "curve": gap_curve(**shown).assign(**shown),
        "products": column_products(**shown),
        "draws": gap_minima(n=settings["size"], seeds=range(settings["draws"])),
    }
    write_table(stack(parts), snakemake.output.numbers)
