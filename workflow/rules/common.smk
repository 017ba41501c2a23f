"""What all rules use: the checked study, the paths, the settings of each rule.

INPUTS   the merged configuration
OUTPUTS  none
"""

import os
import sys

import yaml
from snakemake.exceptions import WorkflowError
from snakemake.utils import available_cpu_count, update_config

LIBRARY = str(ROOT / "workflow" / "lib")
sys.path.insert(0, LIBRARY)
# Jobs run in interpreters of their own, which find the library through this.
os.environ.update(
    PYTHONPATH=os.pathsep.join([LIBRARY, *filter(None, [os.getenv("PYTHONPATH")])])
)

from unpacking_softmax.study.catalogue import THEORY, caption
from unpacking_softmax.study.config_files import check_files
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.paths import RUN_NAME, one_of, run_of
from unpacking_softmax.plan.resources import Needs
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.study.study import Study
from unpacking_softmax.study.temperature import MATCH

# A module's `config:` comes instead of every configuration file, the defaults' too.
IS_MODULE = len(workflow.modifier_stack) > 1
if IS_MODULE:
    with open(ROOT / "config" / "defaults.yaml", encoding="utf-8") as file:
        DEFAULTS = yaml.safe_load(file)
    update_config(DEFAULTS, config)
    config = DEFAULTS

try:
    check_files(workflow.configfiles)
    STUDY = Study(config)
except StudyError as error:
    raise WorkflowError(str(error))
# A scheduler deals whole cards: its jobs have no need to share one (library: cards.py).
if workflow.remote_exec:
    os.environ.update(UNPACKING_SOFTMAX_WHOLE_CARD="1")
PATHS = STUDY.paths
SETTINGS = Settings(STUDY, ROOT / "workflow" / "scripts")
NEEDS = Needs(STUDY)


# A call that says neither `--cores` nor `--jobs` takes every core. Not in profiles/default: there it would win over
# `--jobs` and over other profiles' `cores`. A workflow that uses this one as a module decides for itself.
SAID = workflow.resource_settings.cores or workflow.resource_settings.nodes
if workflow.modifier.is_main_snakefile() and not SAID:
    workflow.resource_settings.cores = available_cpu_count()
    workflow.global_resources["_cores"] = workflow.resource_settings.cores


def requests(need):
    """Memory and run time that a rule's jobs ask for, more at each attempt; need(wildcards): a `Need`."""
    return {
        "mem": lambda wildcards, attempt: need(wildcards).mem(attempt),
        "runtime": lambda wildcards, attempt: need(wildcards).runtime(attempt),
    }


def card_requests(need):
    """As `requests`, for jobs that work on a card: also a share of one."""
    memory = lambda wildcards, attempt: need(wildcards).gpu_mem(attempt)
    return {"gpu": 1, "gpu_mem_mb": memory, **requests(need)}


wildcard_constraints:
    dataset="[^/]+",
    source="[^/]+",
    architecture="[^/]+",
    variant="[^/]+",
    temperature="[^/]+",
    seed=r"\d+",
