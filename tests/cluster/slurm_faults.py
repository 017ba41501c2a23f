"""What befalls jobs on a cluster: each function does it to one running job of SLURM."""

import os
import signal

from slurm_host import SlurmHost, scripts


def cancelled(slurm: SlurmHost, job: dict[str, str]) -> None:
    """Somebody cancels the job."""
    slurm.command("scancel", job["JobId"])


def requeued(slurm: SlurmHost, job: dict[str, str]) -> None:
    """An administrator puts it back into the queue."""
    slurm.command("scontrol", "requeue", job["JobId"])


def preempted(slurm: SlurmHost, job: dict[str, str]) -> None:
    """Somebody with a better right wants the whole node, for a second."""
    node = job["NodeList"]
    slurm.command("sbatch", "-p", "urgent", "-w", node, "--exclusive", "-o", "/dev/null", "--wrap", "sleep 1")


def without_its_node(slurm: SlurmHost, job: dict[str, str]) -> None:
    """Its node goes down, for good."""
    slurm.command("scontrol", "update", f"nodename={job['NodeList']}", "state=down", "reason=test")


def out_of_time(slurm: SlurmHost, job: dict[str, str]) -> None:
    """It hangs, and its time (of a minute, the shortest that SLURM knows) runs out."""
    for process in scripts(job):
        os.kill(int(process.name), signal.SIGSTOP)
    slurm.command("scontrol", "update", f"jobid={job['JobId']}", "timelimit=1")
