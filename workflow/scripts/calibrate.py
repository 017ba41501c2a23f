"""Rule calibrate: the temperature that matches one network's initial logits norm to another's."""

from unpacking_softmax.artefacts import reading, writing
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.training.calibration import matched_temperature

with job_log(snakemake.log[0]):
    norms = reading.initial_norms([snakemake.input.norms])
    reference = reading.initial_norms([snakemake.input.reference])
    found = {"run": dict(snakemake.wildcards.items()), **matched_temperature(norms, reference)}
    writing.write_record(found, snakemake.output.calibration)
