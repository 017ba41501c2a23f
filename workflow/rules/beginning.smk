"""What the terminal says before anything runs.

INPUTS   what is there of the runs that are to be trained
OUTPUTS  none
"""

from unpacking_softmax.plan.beginning import Remark, trained_again

WITHOUT_WEIGHTS = Remark()


onstart:
    if line := trained_again(
        job.output.model
        for job in workflow.dag.needrun_jobs()
        if job.rule.name.endswith("train")
    ):
        print(line, file=sys.stderr)
