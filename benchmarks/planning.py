"""What planning costs, and the first figure: on this machine's CPU, no GPU needed.

    python benchmarks/planning.py [fig1]

`snakemake -n all` of the paper's study: wall and CPU seconds, peak memory, jobs; beside it the same
over a Snakefile that imports torch when it is parsed, as workflows that import their own training
code do. With fig1: the embedded study's Figure 1 from nothing, in a folder of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def measured(arguments: list[str], folder: str, snakefile: Path) -> dict:
    """Run Snakemake in a folder of its own; seconds, and the largest resident set of the process.

    By way of a small process: the kernel counts what the parent of a process holds as its peak.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--directory", folder]
    command += ["--workflow-profile", ROOT / "profiles" / "default", *arguments]
    usage = Path(folder) / "usage.json"
    words = list(map(str, [sys.executable, __file__, "--measure", usage, *command]))
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(done.stdout)
    jobs = next(line.split()[1] for line in reversed(done.stdout.splitlines()) if line.startswith("total "))
    return {**json.loads(usage.read_text(encoding="utf-8")), "jobs": jobs}


def measure(target: str, *command: str) -> int:
    """Run a command, write what it took to a file, and return its exit status."""
    began = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    took = {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
    }
    Path(target).write_text(json.dumps(took), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


def planning() -> list[dict]:
    """`snakemake -n` of config/paper.yaml, as it is and with torch in the Snakefile."""
    arguments = ["-n", "all", "--configfile", str(ROOT / "config" / "paper.yaml")]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        rows.append({"work": "snakemake -n of paper.yaml", **measured(arguments, folder, ROOT / "Snakefile")})
    heavy = ROOT / "Snakefile.with-torch"
    heavy.write_text("import torch\n" + (ROOT / "Snakefile").read_text(encoding="utf-8"), encoding="utf-8")
    try:
        with tempfile.TemporaryDirectory() as folder:
            rows.append({"work": "the same, importing torch", **measured(arguments, folder, heavy)})
    finally:
        heavy.unlink()
    return rows


def first_figure() -> dict:
    """The embedded study's Figure 1 from an empty folder, on every core."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["results/figures/fig1.pdf", "--cores", "all"]
        return {"work": "embedded fig1", **measured(arguments, folder, ROOT / "Snakefile")}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        sys.exit(measure(*sys.argv[2:]))
    found = [first_figure()] if sys.argv[1:] == ["fig1"] else planning()
    for row in found:
        print(json.dumps({k: round(v, 1) if isinstance(v, float) else v for k, v in row.items()}))
