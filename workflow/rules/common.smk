"""What all rules use: the checked study, the paths and the settings of each rule.

INPUTS   the merged configuration
OUTPUTS  none
"""

from snakemake.utils import available_cpu_count, update_config

from unpacking_softmax.study.catalogue import EXPLORED, THEORY, caption, sortable
from unpacking_softmax.study.config_files import merged
from unpacking_softmax.study.paths import RUN_NAME, one_of, run_of
from unpacking_softmax.plan.resources import Needs
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.study.study import Study
from unpacking_softmax.study.temperature import MATCH

# A module's `config:` replaces all configuration files, even the defaults.
if IS_MODULE:
    given, config = config, merged(DEFAULTS)
    update_config(config, given)

try:
    STUDY = Study(config)
except StudyError as error:
    raise WorkflowError(str(error))
# A scheduler assigns whole cards, so its jobs need not share one (library: cards.py).
if workflow.remote_exec:
    os.environ.update(UNPACKING_SOFTMAX_WHOLE_CARD="1")
PATHS = STUDY.paths
SETTINGS = Settings(STUDY, ROOT / "workflow" / "scripts")
NEEDS = Needs(STUDY)


# A call with neither `--cores` nor `--jobs` takes every core. This is not in profiles/default, where it would override
# `--jobs` and other profiles' `cores`. A workflow that uses this one as a module decides for itself.
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
