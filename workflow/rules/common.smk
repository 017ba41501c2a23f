"""What every rule file uses: the checked study, the paths, the settings of each rule.

INPUTS   the merged configuration
OUTPUTS  none
"""

import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

LIBRARY = str(Path(workflow.basedir, "workflow", "lib"))
sys.path.insert(0, LIBRARY)
# Jobs run in interpreters of their own, which find the library through this.
os.environ.update(
    PYTHONPATH=os.pathsep.join([LIBRARY, *filter(None, [os.getenv("PYTHONPATH")])])
)

from unpacking_softmax.study.catalogue import THEORY
from unpacking_softmax.study.config_files import check_files
from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.paths import one_of, run_of
from unpacking_softmax.plan.resources import Needs
from unpacking_softmax.plan.settings import Settings
from unpacking_softmax.study.study import Study

try:
    check_files(workflow.configfiles)
    STUDY = Study(config)
except StudyError as error:
    raise WorkflowError(str(error))
PATHS = STUDY.paths
SETTINGS = Settings(STUDY, Path(workflow.basedir, "workflow", "scripts"))
NEEDS = Needs(STUDY)
RUN_NAME = "{dataset}.{architecture}.{variant}.T{temperature}.seed{seed}"


# Snakemake 9.27 re-evaluates its schedule every second once for each job that ever finished, on account of
# a limit of jobs a second: after some hundred jobs that alone keeps a core busy. Without the limit it does not.
if workflow.scheduling_settings is not None:
    workflow.scheduling_settings.max_jobs_per_timespan = None


wildcard_constraints:
    dataset="[^/]+",
    source="[^/]+",
    architecture="[^/]+",
    variant="[^/]+",
    temperature="[^/]+",
    seed=r"\d+",
