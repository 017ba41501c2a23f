"""Measures of a trained run.

INPUTS   model.safetensors of a run, {results}/data/{dataset}.safetensors
OUTPUTS  activations/{source}.safetensors (temporary), spectra.parquet, probes.parquet, depth.parquet
"""


rule extract:
    input:
        model=PATHS("model"),
        dataset=PATHS("dataset"),
        source=PATHS("dataset", dataset="{source}"),
        record=PATHS("record"),
    output:
        activations=temp(PATHS("activations")),
    log:
        PATHS.log("extract", RUN_NAME, "{source}"),
    benchmark:
        PATHS.benchmark("extract", RUN_NAME, "{source}")
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        **card_requests(lambda w: NEEDS.extract(run_of(w), w.source)),
    params:
        settings=lambda w: SETTINGS.extract(run_of(w)),
    message:
        "Reading the representations of {wildcards.source} in {wildcards.architecture}, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/extract.py"


rule spectra:
    input:
        behind=lambda w: STUDY.behind_activations(run_of(w)),
        activations=PATHS("activations", source="{dataset}"),
    output:
        spectra=PATHS("spectra"),
    log:
        PATHS.log("spectra", RUN_NAME),
    benchmark:
        PATHS.benchmark("spectra", RUN_NAME)
    conda:
        "../../envs/analysis.yaml"
    resources:
        **requests(lambda w: NEEDS.tabulate()),
    params:
        settings=lambda w: SETTINGS.tabulate("spectra", run_of(w)),
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
        record=PATHS("record"),
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
        **card_requests(lambda w: NEEDS.probe(run_of(w))),
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
    benchmark:
        PATHS.benchmark("depth", RUN_NAME)
    conda:
        "../../envs/analysis.yaml"
    resources:
        **requests(lambda w: NEEDS.tabulate()),
    params:
        settings=lambda w: SETTINGS.depth(),
    message:
        "Reading kappa and rho of {wildcards.architecture}, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/depth.py"


rule collapse:
    input:
        behind=lambda w: STUDY.behind_activations(run_of(w), STUDY.others_of(run_of(w))),
        activations=PATHS("activations", source="{dataset}"),
        others=lambda w: [
            PATHS("activations", run_of(w), source=name)
            for name in STUDY.others_of(run_of(w))
        ],
    output:
        collapse=PATHS("collapse"),
    log:
        PATHS.log("collapse", RUN_NAME),
    benchmark:
        PATHS.benchmark("collapse", RUN_NAME)
    conda:
        "../../envs/analysis.yaml"
    resources:
        **requests(lambda w: NEEDS.tabulate()),
    params:
        settings=lambda w: SETTINGS.tabulate("collapse", run_of(w)),
    message:
        "Measuring neural collapse and OrthoDev in {wildcards.architecture}, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/collapse.py"


rule detection:
    input:
        behind=lambda w: STUDY.behind_activations(
            run_of(w), STUDY.detection_of(run_of(w))
        ),
        activations=PATHS("activations", source="{dataset}"),
        others=lambda w: [
            PATHS("activations", run_of(w), source=name)
            for name in STUDY.detection_of(run_of(w))
        ],
    output:
        detection=PATHS("detection"),
    log:
        PATHS.log("detection", RUN_NAME),
    benchmark:
        PATHS.benchmark("detection", RUN_NAME)
    conda:
        "../../envs/analysis.yaml"
    threads: lambda w: NEEDS.detection(run_of(w)).threads
    resources:
        **requests(lambda w: NEEDS.detection(run_of(w))),
    params:
        settings=lambda w: SETTINGS.detection(run_of(w)),
    message:
        "Detecting out-of-distribution data with {wildcards.architecture}, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/detection.py"


rule dynamics:
    input:
        snapshots=PATHS("snapshots"),
        record=PATHS("record"),
        dataset=PATHS("dataset"),
        ood=lambda w: [
            PATHS("dataset", dataset=name) for name in STUDY.ood_of(run_of(w))
        ],
    output:
        alignment=PATHS("alignment"),
        gradients=PATHS("gradients"),
        evolution=PATHS("evolution"),
        rescaled=PATHS("rescaled"),
    log:
        PATHS.log("dynamics", RUN_NAME),
    benchmark:
        PATHS.benchmark("dynamics", RUN_NAME)
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        **card_requests(lambda w: NEEDS.dynamics(run_of(w))),
    params:
        settings=lambda w: SETTINGS.dynamics(run_of(w)),
    message:
        "Following the layers of {wildcards.architecture} through training, T = {wildcards.temperature}, seed {wildcards.seed}"
    script:
        "../scripts/dynamics.py"
