"""Rule table_detection_table: OOD detection at baseline and low logits norm (Table 2)."""

from unpacking_softmax import tables
from unpacking_softmax.joblog import job_log
from unpacking_softmax.plots.detection_table import write_detection

with job_log(snakemake.log[0]):
    given = snakemake.input
    detection, records = tables.gather(given.detection), tables.records(given.record)
    write_detection(detection, records, snakemake.params.settings, snakemake.output)
