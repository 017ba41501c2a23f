"""Rule table_fine_grained: kappa, rho and SR at every temperature of a grid (Tables 7 to 9)."""

from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.readings.effects import read_effects
from unpacking_softmax.tables.effects import write_effects

with job_log(snakemake.log[0]):
    frames = read_effects(snakemake.input)
    write_effects(frames, snakemake.params.settings, snakemake.output, "every temperature")
