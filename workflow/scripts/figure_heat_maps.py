"""Rule figure_heat_maps: cosines of singular vectors by epoch and layer, a block for each temperature."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.heat_maps import draw_heat_maps, heat_map_numbers
from unpacking_softmax.readings.effects import of_trained

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    records = tables.records(given.record)
    rows = of_trained(tables.gather(given.alignment), records)
    numbers = heat_map_numbers(rows, settings["binding"]["epochs"])
    style.save(draw_heat_maps(numbers, records, settings), numbers, snakemake.output)
