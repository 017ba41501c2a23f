"""What befalls jobs on a cluster: each function does it to one running job of SLURM."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from slurm_host import SlurmHost


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
    for process in processes(job):
        os.kill(process, signal.SIGSTOP)
    slurm.command("scontrol", "update", f"jobid={job['JobId']}", "timelimit=1")


def processes(job: dict[str, str]) -> Iterator[int]:
    """The processes that run a script of the workflow in a job."""
    mark = f"SLURM_JOB_ID={job['JobId']}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            script = b"/.snakemake/scripts/" in (folder / "cmdline").read_bytes()
            if script and mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
        except OSError:
            continue  # it has just ended
