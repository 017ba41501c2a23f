"""Figures.

INPUTS   tables of the runs that config `figures` binds to a figure
OUTPUTS  {results}/figures/figN.pdf, .png and .csv (the numbers shown)
"""


def of_runs(figure, kind):
    return [PATHS(kind, run) for run in STUDY.figure_runs(figure)]


rule fig1:
    input:
        probes=of_runs("fig1", "probes"),
        spectra=of_runs("fig1", "spectra"),
        depth=of_runs("fig1", "depth"),
        records=of_runs("fig1", "record"),
    output:
        multiext(PATHS("figure", figure="fig1"), pdf=".pdf", png=".png", csv=".csv"),
    log:
        PATHS.log("fig1"),
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=SETTINGS.figure("fig1", "fig1"),
    message:
        "Drawing Figure 1"
    script:
        "../scripts/fig1.py"


rule all_figures:
    input:
        rules.fig1.output,
