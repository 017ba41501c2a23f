"""Makes the library importable, and checks the study's files first: Snakemake's own errors say less.

INPUTS   config/defaults.yaml and the study
OUTPUTS  none
"""

import os
import sys

from snakemake.exceptions import WorkflowError

LIBRARY = str(ROOT / "workflow" / "lib")
sys.path.insert(0, LIBRARY)
# Jobs run in their own interpreters, which find the library through this.
os.environ.update(
    PYTHONPATH=os.pathsep.join([LIBRARY, *filter(None, [os.getenv("PYTHONPATH")])])
)

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.config_files import check_files

DEFAULTS = ROOT / "config" / "defaults.yaml"
EMBEDDED = ROOT / "config" / "config.yaml"
IS_MODULE = len(workflow.modifier_stack) > 1

try:
    # Snakemake has already read the files of --configfile and of a workflow around this one.
    check_files([DEFAULTS, *(workflow.configfiles or [EMBEDDED])])
except StudyError as error:
    raise WorkflowError(str(error))
