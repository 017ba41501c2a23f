"""Figures and tables that no rule makes are refused in one line, before anything is planned.

INPUTS   what was asked for on the command line
OUTPUTS  none
"""

import re

from unpacking_softmax.plan.targets import no_such_target, switched_off

# Snakemake tells a Snakefile its targets only after reading it, so that the command line is looked at.
TARGET = re.compile(r"(?!-).*\.(pdf|png|csv|md|tex)|(fig|table)\d+")


def is_made(target):
    """Whether a rule makes it, or it is there."""
    path = os.path.relpath(target)
    return os.path.lexists(path) or any(
        made.is_producer(path) for made in workflow.rules
    )


if workflow.is_main_process and not IS_MODULE:
    for word in filter(TARGET.fullmatch, sys.argv[1:]):
        if not is_made(word):
            raise WorkflowError(str(no_such_target(word, STUDY)))
    if STUDY.switched_off:
        print(switched_off(STUDY, STUDY.switched_off), file=sys.stderr)
