# Unpacking Softmax: every figure and table of the paper is a target.
#
#   snakemake results/figures/fig1.pdf                    the embedded study (config/config.yaml)
#   snakemake TARGET --configfile config/paper.yaml       another study, merged into config/defaults.yaml
#
# Where results lie ({results} is a key of the study; library: artefacts/kinds.py has every kind):
#   {results}/data/{dataset}.safetensors                                        images and labels
#   {results}/initial_norms/{dataset}/{architecture}/{variant}.parquet          networks before training
#   {results}/calibration/{dataset}/{architecture}/{variant}/T{temperature}.json   temperatures matched to them
#   {results}/runs/{dataset}/{architecture}/{variant}/T{temperature}/seed{seed}/
#       model.safetensors history.parquet run.json                              training
#       snapshots/index.json                                                    early weights, if a grid asks for them
#       activations/{source}.safetensors                                        second moments (temporary)
#       {measure}.parquet                                                       spectra, probes, depth and others
#   {results}/theory/{theory}.parquet                                           numerics of the propositions
#   {results}/figures/{figure}{suffix}                                          figures (.pdf, .png), their numbers (.csv)
#   {results}/tables/{table}{suffix}                                            tables (.csv, .md, .tex)
#   {results}/verdict/{verdict}                                                 claims, and the paper's numbers beside ours
#   {results}/report/story.html                                                 the paper's claims, told by the study
#   {results}/report/explorer.html                                              every number, to browse
#   {results}/logs/{rule}/..., {results}/benchmarks/{rule}/...                  what each job said, what it cost
from pathlib import Path

from snakemake.utils import min_version

min_version("9.8")


# The folder of this file, even if another workflow uses this one as a module.
ROOT = Path(str(workflow.current_basedir))


include: "workflow/rules/files.smk"


configfile: str(DEFAULTS)


# A study given by --configfile replaces the embedded one; it is not merged into it.
if not workflow.overwrite_configfiles:

    configfile: str(EMBEDDED)


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/beginning.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/init.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/measures.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/verdict.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/ending.smk"


rule all:
    default_target: True
    input:
        rules.all_figures.input,
        rules.all_tables.input,
        rules.verdict.output,


# Last, because it looks at every rule.
include: "workflow/rules/targets.smk"
