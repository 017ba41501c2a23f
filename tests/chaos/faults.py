"""Faults for a running Snakemake: which of its processes gets which signal."""

import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import IO

import psutil

from project_copy import ENVIRONMENT

# Snakemake runs a copy of the rule's script: .snakemake/scripts/tmpabcdef.train.py
SCRIPT = re.compile(r"\.snakemake/scripts/\w+\.(\w+)\.py")


@dataclass(frozen=True)
class Fault:
    """`send(snakemake, job)` takes two process ids; `ends` says whether Snakemake ends by it."""

    send: Callable[[int, int], None]
    ends: bool


def _to_job(number: int) -> Fault:
    return Fault(lambda _, job: os.kill(job, number), ends=False)


def _to_snakemake(number: int) -> Fault:
    return Fault(lambda snakemake, _: os.kill(snakemake, number), ends=True)


def _to_all(number: int) -> Fault:
    """Snakemake and its jobs are one process group: what Ctrl-C reaches in a terminal."""
    return Fault(lambda snakemake, _: os.killpg(snakemake, number), ends=True)


FAULTS = {
    "job: SIGKILL": _to_job(signal.SIGKILL),
    "job: SIGTERM": _to_job(signal.SIGTERM),
    "job: SIGUSR1": _to_job(signal.SIGUSR1),
    "Snakemake alone: SIGKILL": _to_snakemake(signal.SIGKILL),
    "Snakemake alone: SIGTERM": _to_snakemake(signal.SIGTERM),
    "all: SIGKILL": _to_all(signal.SIGKILL),
    "all: SIGTERM": _to_all(signal.SIGTERM),
    "all: SIGINT (Ctrl-C)": _to_all(signal.SIGINT),
}


def start(command: Sequence[str], terminal: IO | int) -> psutil.Popen:
    """Start Snakemake as a terminal does: leading a process group, and open to Ctrl-C even where this
    process runs in the background and is not."""
    return psutil.Popen(
        command,
        env=ENVIRONMENT,
        stdout=terminal,
        stderr=terminal,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def jobs_of(snakemake: int) -> list[tuple[int, str]]:
    """Process id and script of every job that a Snakemake has running."""
    found = []
    try:
        for child in psutil.Process(snakemake).children():
            script = SCRIPT.search(" ".join(child.cmdline()))
            if script:
                found.append((child.pid, script[1]))
    except psutil.NoSuchProcess:
        return []
    return sorted(found)


def orphans(folder: Path) -> list[int]:
    """Jobs that run for a study's folder, whoever started them."""
    scripts = f"{folder}/.snakemake/scripts/"
    processes = psutil.process_iter(["cmdline"])
    return [p.pid for p in processes if scripts in " ".join(p.info["cmdline"] or ())]


def strike(snakemake: psutil.Popen, rng: Random, within: float) -> tuple[str, str] | None:
    """Inject a fault drawn from `rng`, up to `within` seconds after a job was seen, while a job runs.

    Returns its name and the script of the job that was running, or None if Snakemake ended before.
    """
    name, delay, choice = rng.choice(sorted(FAULTS)), rng.uniform(0, within), rng.random()
    strikes_at = None
    while snakemake.poll() is None:
        jobs = jobs_of(snakemake.pid)
        if jobs and strikes_at is None:
            strikes_at = time.monotonic() + delay
        if jobs and time.monotonic() >= strikes_at:
            job, script = jobs[int(choice * len(jobs))]
            with suppress(ProcessLookupError):  # it ended since: the next one, then
                FAULTS[name].send(snakemake.pid, job)
                return name, script
        time.sleep(0.02)
    return None
