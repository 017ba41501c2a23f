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
    """Run Snakemake in a folder of its own; seconds, and the largest resident set of the process."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", snakefile, "--directory", folder]
    command += ["--workflow-profile", ROOT / "profiles" / "default", *arguments]
    began = time.perf_counter()
    with (Path(folder) / "output.txt").open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        output.seek(0)
        text = output.read()
    if status:
        sys.exit(text)
    return {
        "seconds": time.perf_counter() - began,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 1024,
        "jobs": next(line.split()[1] for line in reversed(text.splitlines()) if line.startswith("total ")),
    }


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
    found = [first_figure()] if sys.argv[1:] == ["fig1"] else planning()
    for row in found:
        print(json.dumps({k: round(v, 1) if isinstance(v, float) else v for k, v in row.items()}))
