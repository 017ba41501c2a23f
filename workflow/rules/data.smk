"""Data sets.

INPUTS   the sources that config `datasets` names (generated, downloaded, or a folder)
OUTPUTS  {results}/data/{dataset}.safetensors
"""

from unpacking_softmax.images.registry import source_of


rule prepare_dataset:
    output:
        dataset=PATHS("dataset"),
    log:
        PATHS.log("prepare_dataset", "{dataset}"),
    conda:
        "../../envs/torch.yaml"
    threads: lambda w: max(1, source_of(STUDY.config["datasets"][w.dataset]).processes)
    resources:
        **requests(lambda w: NEEDS.prepare_dataset(w.dataset)),
    params:
        settings=lambda w: SETTINGS.prepare_dataset(w.dataset),
    message:
        "Preparing the data set {wildcards.dataset}"
    script:
        "../scripts/prepare_dataset.py"
