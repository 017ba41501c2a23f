"""What a call gives Snakemake to work with: cores where it names none, and a scheduler that does not spin."""

import re

import pytest
from snakemake.utils import available_cpu_count

# A job that takes no time, beside the workflow's own; what is left of the limit of jobs a second.
QUICK = """
include: "Snakefile"
rule quick:
    output: "quick.txt"
    shell: "touch {output}"
onsuccess:
    print("limit of jobs:", workflow.scheduler.job_rate_limiter, flush=True)
"""


@pytest.mark.parametrize(
    ("words", "cores"),
    [
        ([], available_cpu_count()),
        (["--cores", "3"], 3),
        (["--jobs", "3"], 3),
        (["--profile", "site"], 3),
    ],
    ids=["none", "cores", "jobs", "profile"],
)
def test_cores_of_a_call(workflow, words, cores):
    (workflow.root / "Quick").write_text(QUICK, encoding="utf-8")
    (workflow.root / "site").mkdir(exist_ok=True)
    (workflow.root / "site" / "config.yaml").write_text("cores: 3\n", encoding="utf-8")
    said = workflow.snakemake("quick.txt", "--force", "--snakefile", str(workflow.root / "Quick"), *words)
    assert said.returncode == 0, said.stderr
    assert re.findall(r"Provided cores: (\d+)", said.stderr) == [str(cores)]
    assert "limit of jobs: None" in said.stdout
