# Unpacking Softmax: every figure and table of the paper is a target.
#
#   snakemake results/figures/fig1.pdf --cores            the embedded study (config/config.yaml)
#   snakemake --configfile config/tinyimagenet.yaml ...   another study, laid over config/defaults.yaml
#
# Where results lie ({results} is the study's key; library: paths.py):
#   {results}/data/{dataset}.safetensors                                        images and labels
#   {results}/runs/{dataset}/{architecture}/{variant}/T{temperature}/seed{seed}/
#       model.safetensors  history.parquet  run.json                            training
#       activations/{source}.safetensors                                        second moments (temporary)
#       spectra.parquet  probes.parquet  depth.parquet                          measures
#   {results}/figures/figN.{pdf,png,csv}                                        figures and their numbers
#   {results}/logs/{rule}/..., {results}/benchmarks/{rule}/...                  what each job said, what it cost
from snakemake.utils import min_version

min_version("9.8")


configfile: "config/defaults.yaml"


# A study given by --configfile takes the place of the embedded one; it is not laid over it.
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/measures.smk"
include: "workflow/rules/figures.smk"


rule all:
    default_target: True
    input:
        rules.all_figures.input,
