"""Measures of a trained run.

INPUTS   model.safetensors of a run, {results}/data/{dataset}.safetensors
OUTPUTS  activations/{source}.safetensors (temporary), spectra.parquet, probes.parquet, depth.parquet
"""


rule extract:
    input:
        model=PATHS("model"),
        dataset=PATHS("dataset"),
        source=PATHS("dataset", dataset="{source}"),
    output:
        activations=temp(f"{PATHS('activations')}/{{source}}.safetensors"),
    log:
        PATHS.log("extract", RUN_NAME, "{source}"),
    benchmark:
        PATHS.benchmark("extract", RUN_NAME, "{source}")
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        mem="16GB",
        runtime="1h",
    params:
        settings=lambda w: SETTINGS.extract(run_of(w)),
    message:
        "Reading the representations of {wildcards.source} in {wildcards.architecture}, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/extract.py"


rule spectra:
    input:
        activations=f"{PATHS('activations')}/{{dataset}}.safetensors",
    output:
        spectra=PATHS("spectra"),
    log:
        PATHS.log("spectra", RUN_NAME),
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=SETTINGS.spectra(),
    message:
        "Tabulating the spectra of {wildcards.architecture}, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/spectra.py"


rule probe:
    input:
        model=PATHS("model"),
        dataset=PATHS("dataset"),
        ood=lambda w: [
            PATHS("dataset", dataset=name) for name in STUDY.ood_of(run_of(w))
        ],
    output:
        probes=PATHS("probes"),
    log:
        PATHS.log("probe", RUN_NAME),
    benchmark:
        PATHS.benchmark("probe", RUN_NAME)
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        gpu=1,
        mem="16GB",
        runtime="2h",
    params:
        settings=lambda w: SETTINGS.probe(run_of(w)),
    message:
        "Probing the layers of {wildcards.architecture}, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/probe.py"


rule depth:
    input:
        probes=PATHS("probes"),
    output:
        depth=PATHS("depth"),
    log:
        PATHS.log("depth", RUN_NAME),
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=SETTINGS.depth(),
    message:
        "Reading kappa and rho of {wildcards.architecture}, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/depth.py"
