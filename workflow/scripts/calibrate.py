"""Rule calibrate: the temperature that matches one network's initial logits norm to another's."""

import pandas as pd

from unpacking_softmax import writing
from unpacking_softmax.joblog import job_log
from unpacking_softmax.training.calibration import matched_temperature

with job_log(snakemake.log[0]):
    norms = pd.read_parquet(snakemake.input.norms)
    reference = pd.read_parquet(snakemake.input.reference)
    writing.write_json(matched_temperature(norms, reference), snakemake.output.calibration)
