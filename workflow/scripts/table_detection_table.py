"""Rule table_detection_table: OOD detection at baseline and low logits norm (Table 2)."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.tables.detection import write_detection

with job_log(snakemake.log[0]):
    given = snakemake.input
    detection, records = tables.gather(given.detection), tables.records(given.record)
    write_detection(detection, records, snakemake.params.settings, snakemake.output)
