"""What is done and said before anything runs (Snakemake keeps one `onstart` a workflow).

INPUTS   what is there of the runs that are to be trained
OUTPUTS  none
"""

from unpacking_softmax.plan.beginning import Remark, trained_again

WITHOUT_WEIGHTS = Remark()


onstart:
    # Snakemake 9.27 limits jobs a second, and on that account looks at its schedule again every second, once for each
    # job that has finished, as long as others wait. No option turns the limit off, and it stands only now.
    workflow.scheduler.job_rate_limiter = None
    if line := trained_again(
        job.output.model
        for job in workflow.dag.needrun_jobs()
        if job.rule.name.endswith("train")
    ):
        print(line, file=sys.stderr)
