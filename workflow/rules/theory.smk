"""Numerics of the paper's propositions: no network, no data.

INPUTS   none
OUTPUTS  {results}/theory/{theory}.parquet
"""


rule theory:
    output:
        numbers=PATHS("theory"),
    log:
        PATHS.log("theory", "{theory}"),
    wildcard_constraints:
        theory=one_of(THEORY),
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda w: SETTINGS.theory(w.theory),
    message:
        "Computing the numerics of {wildcards.theory}"
    script:
        "../scripts/theory_{wildcards.theory}.py"
