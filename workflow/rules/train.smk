"""Training: one job for each run of a grid.

INPUTS   {results}/data/{dataset}.safetensors
OUTPUTS  model.safetensors, history.parquet and run.json in the run's folder
"""


rule train:
    input:
        dataset=PATHS("dataset"),
    output:
        model=PATHS("model"),
        history=PATHS("history"),
        record=PATHS("record"),
    log:
        PATHS.log("train", RUN_NAME),
    benchmark:
        PATHS.benchmark("train", RUN_NAME)
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        mem="16GB",
        runtime="12h",
    params:
        settings=lambda w: SETTINGS.train(run_of(w)),
    message:
        "Training {wildcards.architecture} ({wildcards.variant}) on {wildcards.dataset}, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/train.py"
