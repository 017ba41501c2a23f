"""Rule figure_layers: probe accuracy, rank and effective depth by layer, a panel for each temperature."""

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.joblog import job_log
from unpacking_softmax.plots import style
from unpacking_softmax.plots.layers import depth_numbers, draw_layers, layer_numbers, probe_numbers

with job_log(snakemake.log[0]):
    style.apply()
    settings, given = snakemake.params.settings, snakemake.input
    records, ood = tables.records(given.record), settings["binding"]["ood"]
    probes, spectra = tables.gather(given.probes), tables.gather(given.spectra)
    numbers = layer_numbers(probes, spectra, records, ood, settings["rank_rule"])
    depths = depth_numbers(tables.gather(given.depth), records, ood)
    figure = draw_layers(numbers, depths, records, settings)
    shown = numbers.merge(depths.drop(columns="seeds"), on="temperature", how="left")
    shown = shown.merge(probe_numbers(probes, records, ood, settings), on="temperature", how="left")
    style.save(figure, shown, snakemake.output)
