"""Tables. A table belongs to a family (library: study/catalogue.py), which names its script and what it reads.

INPUTS   the tables that the family reads of the runs that config `tables` binds
OUTPUTS  {results}/tables/tableN.csv, .md and .tex
"""


rule table:
    input:
        unpack(lambda w: STUDY.files_of(w.table)),
    output:
        csv=report(
            PATHS("table", suffix=".csv"),
            caption="../report/caption.rst",
            category="Tables",
            labels=lambda w: {"table": sortable(w.table)},
        ),
        md=PATHS("table", suffix=".md"),
        tex=PATHS("table", suffix=".tex"),
    log:
        PATHS.log("table", "{table}"),
    wildcard_constraints:
        table=one_of(STUDY.tables()),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda w: SETTINGS.table(w.table),
        # For the report. A param that takes the output triggers no re-run, so new wording redraws nothing.
        caption=lambda w, output: caption(w.table),
    message:
        "Writing {wildcards.table}"
    script:
        "../scripts/table.py"


rule all_tables:
    input:
        [
            PATHS("table", table=table, suffix=suffix)
            for table in STUDY.tables()
            for suffix in (".csv", ".md", ".tex")
        ],
