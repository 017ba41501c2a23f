"""A SLURM cluster on one machine: munged, slurmctld and a slurmd for each pretended node, in one folder.

Nodes claim memory and cards that need not be there (a card is a copy of /dev/null), so SLURM keeps
the books and enforces run times, but no memory. A node has one processor and so one job at a time.
Nothing needs systemd, cgroups or a database, and nothing is written outside the folder but the link
CONF.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

DAEMONS = ("munged", "slurmctld", "slurmd")
# The executor takes SLURM_CONF from the environment of job steps: they look here.
CONF = Path("/etc/slurm/slurm.conf")
SBIN = f"{os.environ['PATH']}:/usr/sbin:/sbin"
SECONDS_TO_START = 30
PATIENCE = 900  # seconds after which a study is taken to hang
CARDS = 2

CONFIGURATION = """
ClusterName=test
SlurmctldHost=localhost
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# cred_expire: also the seconds that a requeued job waits before it may start again.
AuthInfo=socket={folder}/munge/socket,cred_expire=10
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/%n
SlurmdPidFile={folder}/%n.pid
SlurmdLogFile={folder}/%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
GresTypes=gpu
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
# Finished jobs stay to be asked for: the status command and the tests read them.
MinJobAge=3600
KillWait=5
ReturnToService=2
"""
PARTITIONS = """
PartitionName=gpu Nodes=ALL Default=YES MaxTime=INFINITE State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=urgent Nodes=ALL MaxTime=INFINITE State=UP PriorityTier=10 PreemptMode=OFF
"""


def why_not() -> str | None:
    """Why no cluster can be started on this machine; None where one can."""
    missing = [name for name in (*DAEMONS, "sbatch") if not shutil.which(name, path=SBIN)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    if os.geteuid() != 0:
        return "slurmd needs root"
    if CONF.exists():
        return f"{CONF} exists: this machine belongs to a cluster"
    try:
        socket.gethostbyname(socket.gethostname())
    except OSError:
        return f"the machine's own name, {socket.gethostname()}, does not resolve"
    return None


class SlurmHost:
    """A running cluster of `nodes` nodes with CARDS cards each; a context manager that stops it."""

    def __init__(self, folder: Path, nodes: int):
        self.folder, self.nodes = folder, [f"node{n + 1}" for n in range(nodes)]
        self.daemons: list[subprocess.Popen] = []

    def __enter__(self) -> "SlurmHost":
        for name in ("munge", "state", "dev", *self.nodes):
            (self.folder / name).mkdir(parents=True)
        self._configure()
        CONF.parent.mkdir(exist_ok=True)
        CONF.symlink_to(self.folder / "slurm.conf")
        munge = self.folder / "munge"
        (munge / "key").write_bytes(os.urandom(128))
        (munge / "key").chmod(0o400)
        files = {
            "socket": "socket",
            "key-file": "key",
            "pid-file": "pid",
            "log-file": "log",
            "seed-file": "seed",
        }
        paths = [f"--{option}={munge / name}" for option, name in files.items()]
        self._start("munged", "--force", "--foreground", *paths)
        self._wait((munge / "socket").exists, "munged")
        self._start("slurmctld", "-D", "-c")
        for node in self.nodes:
            self._start("slurmd", "-D", "-N", node)
        self._wait(lambda: self._idle() == len(self.nodes), "every node")
        return self

    def __exit__(self, *_) -> None:
        try:
            self.command("scancel", "--user=root")
            self._wait(lambda: not self.command("squeue", "--noheader"), "every job's end")
        finally:
            for daemon in reversed(self.daemons):
                daemon.terminate()
            for daemon in self.daemons:
                try:
                    daemon.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    daemon.kill()
            CONF.unlink()

    def _configure(self) -> None:
        first, *ports = _free_ports(1 + len(self.nodes))
        host, nodes, cards = socket.gethostname().partition(".")[0], [], []
        for node, port in zip(self.nodes, ports, strict=True):
            nodes.append(
                f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
                f"CPUs=1 RealMemory=64000 Gres=gpu:{CARDS} State=UNKNOWN"
            )
            for card in range(CARDS):
                os.mknod(self.folder / "dev" / f"{node}-{card}", 0o020666, os.makedev(1, 3))
            cards.append(
                f"NodeName={node} Name=gpu File={self.folder}/dev/{node}-[0-{CARDS - 1}] AutoDetect=off"
            )
        text = CONFIGURATION.format(folder=self.folder, port=first)
        (self.folder / "slurm.conf").write_text(text + "\n".join(nodes) + PARTITIONS, encoding="utf-8")
        (self.folder / "gres.conf").write_text("\n".join(cards) + "\n", encoding="utf-8")

    def _start(self, *command: str) -> None:
        with open(self.folder / f"{command[0]}.out", "ab") as out:
            environment = {**os.environ, "PATH": SBIN, "SLURM_CONF": str(self.folder / "slurm.conf")}
            self.daemons.append(subprocess.Popen(command, stdout=out, stderr=out, env=environment))

    def _idle(self) -> int:
        return len(self.command("sinfo", "--noheader", "-N", "-p", "gpu", "-t", "idle", "-o", "%n").split())

    def _wait(self, ready: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + SECONDS_TO_START
        while not ready():
            if time.monotonic() > until:
                raise TimeoutError(f"SLURM: waited {SECONDS_TO_START} s for {what}; logs in {self.folder}")
            time.sleep(0.1)

    def command(self, *command: str) -> str:
        """What a SLURM command prints; empty where it fails."""
        return subprocess.run(command, capture_output=True, text=True).stdout

    def jobs(self, folder: Path) -> list[dict[str, str]]:
        """Every job so far that works in `folder`, as `scontrol show job` describes it."""
        lines = self.command("scontrol", "--oneliner", "show", "job").splitlines()
        jobs = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
        return [job for job in jobs if job.get("WorkDir") == str(folder)]


def scripts(job: dict[str, str]) -> Iterator[Path]:
    """The processes, as folders of /proc, that run a script of the workflow in a job."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            runs_script = b"/.snakemake/scripts/" in (process / "cmdline").read_bytes()
            if runs_script and f"SLURM_JOB_ID={job['JobId']}" in environment(process):
                yield process
        except OSError:
            continue  # it has just ended


def environment(process: Path) -> list[str]:
    """The variables of a process."""
    return (process / "environ").read_text(encoding="utf-8").split("\0")


def _free_ports(number: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(number)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
