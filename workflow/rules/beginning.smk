"""What is done and printed before anything runs (Snakemake keeps one `onstart` per workflow).

INPUTS   whatever exists of the runs that are about to be trained
OUTPUTS  none
"""

from unpacking_softmax.plan.beginning import Remark, trained_again

WITHOUT_WEIGHTS = Remark()


onstart:
    # Snakemake 9.27 limits the jobs per second, and because of that runs its scheduler every second, once for each
    # finished job, as long as others wait. No option turns the limit off, and it does not exist before now.
    workflow.scheduler.job_rate_limiter = None
    if line := trained_again(
        job.output.model
        for job in workflow.dag.needrun_jobs()
        if job.rule.name.endswith("train")
    ):
        print(line, file=sys.stderr)
