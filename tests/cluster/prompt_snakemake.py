"""Snakemake, but one that asks for the state of its cluster jobs every two seconds.

The SLURM executor waits ten seconds longer each time that nothing has finished, up to three
minutes, and has no option for it: right for days of work, wrong for a test.
"""

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

RemoteExecutor.next_seconds_between_status_checks = property(lambda self: 2, lambda self, seconds: None)
main()
