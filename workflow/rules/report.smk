"""The pages of the report, which link to each other and to Snakemake's own (`make report` makes all three).

INPUTS   tables of runs; the verdict, figures and tables
OUTPUTS  {results}/report/explorer.html: the numbers of every run, to be looked through
"""


rule explorer:
    input:
        unpack(lambda w: STUDY.run_files(EXPLORED)),
    output:
        page=report(
            PATHS("explorer"),
            caption="../report/explorer.rst",
            category="Explorer",
            labels={"page": "Every number, by temperature and layer"},
        ),
    log:
        PATHS.log("explorer"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda w: SETTINGS.explorer(),
    message:
        "Making the explorer"
    script:
        "../scripts/explorer.py"
