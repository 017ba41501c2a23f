"""Training: one job for each run of a grid.

INPUTS   {results}/data/{dataset}.safetensors; for a matched temperature, its calibration
OUTPUTS  model.safetensors, history.parquet, run.json and snapshots/index.json in the run's folder
"""


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
