"""Every benchmark: a table on the terminal, all numbers in results/benchmarks.json.

    python benchmarks/run.py

Takes about twelve minutes on one H100 with 16 CPU cores; without a GPU, only what plans.
"""

import json
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import planning
import torch

ROOT = Path(__file__).resolve().parents[1]


def on_a_gpu() -> list[dict]:
    """Training, several trainings on the card, analysis."""
    import analysis
    import together

    import training

    with tempfile.TemporaryDirectory() as folder:
        analysed = analysis.rows(Path(folder))
    return training.rows(list(training.RECIPES)) + together.rows(list(together.DEFAULT)) + analysed


def table(rows: list[dict]) -> str:
    """Markdown: what, ours in seconds, the usual way, how many times faster, GPU memory."""
    lines = ["| work | seconds | usual way | ratio | GiB |", "|---|---|---|---|---|"]
    for row in rows:
        ours = next(row[key] for key in ("whole_job_an_epoch", "epoch_a_run", "seconds") if key in row)
        numbers = [ours, *(row.get(key) for key in ("usual", "ratio", "peak_gib"))]
        what = ", ".join(str(row[key]) for key in ("work", "way") if key in row)
        what += ", MPS" if row.get("mps") else ""
        lines.append(f"| {what} | " + " | ".join("" if n is None else f"{n:.3g}" for n in numbers) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    rows = [*planning.planning(), planning.first_figure()]
    if torch.cuda.is_available():
        rows += on_a_gpu()
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor()
    about = {"device": device, "torch": torch.__version__, "python": platform.python_version()}
    about["date"] = datetime.now(UTC).date().isoformat()
    target = ROOT / "results" / "benchmarks.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps({**about, "rows": rows}, indent=1), encoding="utf-8")
    print(json.dumps(about), table(rows), sep="\n\n")
