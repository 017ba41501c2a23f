"""Figures. A figure belongs to a family (library: study/catalogue.py), which names its script and what it reads.

INPUTS   the tables that the family reads of the runs that config `figures` binds
OUTPUTS  {results}/figures/figN.pdf, .png and .csv (the numbers shown)
"""


rule figure:
    input:
        unpack(lambda w: STUDY.files_of(w.figure)),
    output:
        pdf=PATHS("figure", suffix=".pdf"),
        png=report(
            PATHS("figure", suffix=".png"),
            caption="../report/caption.rst",
            category="Figures",
            labels=lambda w: {"figure": sortable(w.figure)},
        ),
        csv=PATHS("figure", suffix=".csv"),
    log:
        PATHS.log("figure", "{figure}"),
    wildcard_constraints:
        figure=one_of(STUDY.figures()),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda w: SETTINGS.figure(w.figure),
        # For the report. A param that takes the output triggers no re-run, so new wording redraws nothing.
        caption=lambda w, output: caption(w.figure),
    message:
        "Drawing {wildcards.figure}"
    script:
        "../scripts/figure.py"


rule all_figures:
    input:
        [
            PATHS("figure", figure=figure, suffix=suffix)
            for figure in STUDY.figures()
            for suffix in (".pdf", ".png", ".csv")
        ],
