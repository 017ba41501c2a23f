"""The pages of the report, which link to each other and to Snakemake's own (`make report` makes all three).

INPUTS   tables of runs; the verdict, figures and tables
OUTPUTS  {results}/report/story.html: the paper's claims in its order, with verdicts, pictures and tables;
         {results}/report/explorer.html: the numbers of every run, to browse
"""


rule story:
    input:
        claims=rules.verdict.output.claims_json,
        paper=rules.verdict.output.paper_csv,
        pictures=[
            PATHS("figure", figure=figure, suffix=".png") for figure in STUDY.figures()
        ],
        tables=[PATHS("table", table=table, suffix=".md") for table in STUDY.tables()],
    output:
        page=PATHS("story"),
    log:
        PATHS.log("story"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda w: SETTINGS.story(),
    message:
        "Telling the story"
    script:
        "../scripts/story.py"


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
