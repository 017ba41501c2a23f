"""Rule table_effects: kappa, rho and SR of baseline and low logits norm (Tables 1, 3, 6)."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.readings.effects import read_effects
from unpacking_softmax.tables.effects import write_effects

with job_log(snakemake.log[0]):
    frames = read_effects(snakemake.input)
    write_effects(frames, snakemake.params.settings, snakemake.output, "baseline and low logits norm")
