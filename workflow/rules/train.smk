"""Training: one job for each run of a grid, or the import of weights if its architecture has them.

INPUTS   {results}/data/{dataset}.safetensors; for a matched temperature, its calibration; weights
OUTPUTS  model.safetensors and run.json in the run's folder; a training also writes history.parquet and
         snapshots/index.json
"""

IMPORTED = one_of(STUDY.imported())


rule train:
    input:
        dataset=PATHS("dataset"),
        calibration=lambda w: STUDY.calibration_of(run_of(w)),
    output:
        model=PATHS("model"),
        history=PATHS("history"),
        record=PATHS("record"),
        snapshots=PATHS("snapshots"),
    log:
        PATHS.log("train", RUN_NAME),
    benchmark:
        PATHS.benchmark("train", RUN_NAME)
    wildcard_constraints:
        architecture=f"(?!(?:{IMPORTED})/)[^/]+",
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        **card_requests(lambda w: NEEDS.train(run_of(w))),
    params:
        settings=lambda w: SETTINGS.train(run_of(w)),
    message:
        "Training {wildcards.architecture} ({wildcards.variant}) on {wildcards.dataset}, T = {wildcards.temperature}, seed {wildcards.seed}{WITHOUT_WEIGHTS:{output.model}}"
    script:
        "../scripts/train.py"


rule adopt:
    input:
        dataset=PATHS("dataset"),
        weights=lambda w: STUDY.weights_of(run_of(w)),
    output:
        model=PATHS("model"),
        record=PATHS("record"),
    log:
        PATHS.log("adopt", RUN_NAME),
    benchmark:
        PATHS.benchmark("adopt", RUN_NAME)
    wildcard_constraints:
        architecture=IMPORTED,
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        **card_requests(lambda w: NEEDS.adopt(run_of(w))),
    params:
        settings=lambda w: SETTINGS.adopt(run_of(w)),
    message:
        "Importing the weights of {wildcards.architecture} ({wildcards.variant}), T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/adopt.py"
