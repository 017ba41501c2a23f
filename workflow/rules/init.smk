"""Networks before training: their logits norms, and the temperatures matched to them.

INPUTS   {results}/data/{dataset}.safetensors
OUTPUTS  {results}/initial_norms/{dataset}/{architecture}/{variant}.parquet
         {results}/calibration/{dataset}/{architecture}/{variant}/Tmatch-....json
"""


rule initial_norms:
    input:
        dataset=PATHS("dataset"),
    output:
        norms=PATHS("initial_norms"),
    log:
        PATHS.log("initial_norms", "{dataset}.{architecture}.{variant}"),
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        **card_requests(lambda w: NEEDS.initial_norms(w.dataset, w.architecture)),
    params:
        settings=lambda w: SETTINGS.initial_norms(w.architecture, w.variant),
    message:
        "Measuring the logits norm of new networks: {wildcards.architecture} ({wildcards.variant}) on {wildcards.dataset}"
    script:
        "../scripts/initial_norms.py"


rule calibrate:
    input:
        norms=PATHS("initial_norms"),
        reference=lambda w: STUDY.reference_norms(w.dataset, w.temperature),
    output:
        calibration=PATHS("calibration"),
    log:
        PATHS.log("calibrate", "{dataset}.{architecture}.{variant}.T{temperature}"),
    wildcard_constraints:
        temperature=f"{MATCH}[^/]+",
    localrule: True
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=lambda w: SETTINGS.calibrate(),
    message:
        "Matching the logits norm of {wildcards.architecture} ({wildcards.variant}): T = {wildcards.temperature}"
    script:
        "../scripts/calibrate.py"
