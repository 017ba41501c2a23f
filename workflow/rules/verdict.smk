"""The verdict: every claim of the paper judged on this study's runs, and every printed number beside ours.

INPUTS   the measures of every grid, the numerics of the propositions
OUTPUTS  {results}/verdict/claims.md, .csv, .json; paper_vs_ours.csv, .md
"""


rule verdict:
    input:
        unpack(lambda w: STUDY.verdict_files()),
    output:
        claims=PATHS("verdict", verdict="claims.md"),
        claims_csv=PATHS("verdict", verdict="claims.csv"),
        claims_json=PATHS("verdict", verdict="claims.json"),
        paper=PATHS("verdict", verdict="paper_vs_ours.md"),
        paper_csv=PATHS("verdict", verdict="paper_vs_ours.csv"),
    log:
        PATHS.log("verdict"),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda w: SETTINGS.verdict(),
    message:
        "Judging the paper's claims"
    script:
        "../scripts/verdict.py"
