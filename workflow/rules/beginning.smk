"""What is done and printed before anything runs (Snakemake keeps one `onstart` per workflow).

INPUTS   whatever exists of the runs that are about to be trained
OUTPUTS  none
"""

from unpacking_softmax.plan.beginning import Remark, trained_again
from unpacking_softmax.plan.forecast import on_a_card, to_come
from unpacking_softmax.plan.kept import Kept

WITHOUT_WEIGHTS = Remark()
# What this call draws, for its last lines, and what was there of it before.
DRAWN, BEFORE = [], Kept()


def cores_and_card():
    """How many jobs work side by side, and whether they do so on a GPU of this machine."""
    cards, card = workflow.global_resources.get("gpu"), on_a_card()
    cores = workflow.resource_settings.cores or 1
    return (min(cores, cards) if card and isinstance(cards, int) else cores), card


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
    to_do = [*workflow.dag.needrun_jobs()]
    DRAWN.extend(
        str(path)
        for job in to_do
        if job.rule.name in ("figure", "table", "verdict", "explorer", "story")
        for path in job.output
    )
    BEFORE.keep(DRAWN)
    if not workflow.remote_exec and workflow.modifier.is_main_snakefile():
        for line in to_come(
            STUDY,
            [(job.rule.name, dict(job.wildcards)) for job in to_do],
            *cores_and_card(),
        ):
            print(line, file=sys.stderr)
