"""Every benchmark: a table on the terminal, all numbers in results/benchmarks.json.

    python benchmarks/run.py [planning] [training] [together] [analysis] [study]

Without names all of them: about an hour on one H100 with 16 CPU cores, half of it the whole study of
benchmarks/study.py; without a GPU, only what plans. The file is written anew after each row or two, so that
a run that is cut off keeps what it measured.
"""

import json
import platform
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import planning
import torch

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "results" / "benchmarks.json"


def plans() -> Iterator[list[dict]]:
    """What planning costs, and the first figure."""
    yield planning.planning()
    yield [planning.first_figure()]


def trainings() -> Iterator[list[dict]]:
    """Each network beside the usual loop."""
    import training

    for network in training.RECIPES:
        yield training.rows([network])


def several_on_a_card() -> Iterator[list[dict]]:
    """Trainings side by side."""
    import together

    yield together.rows(list(together.DEFAULT))


def analyses() -> Iterator[list[dict]]:
    """Spectra, probes and dynamics."""
    import analysis

    with tempfile.TemporaryDirectory() as folder:
        yield analysis.rows(Path(folder))


def whole_study() -> Iterator[list[dict]]:
    """Figure 1 of a ResNet-34, two jobs a card."""
    import study

    yield [study.study(2 * torch.cuda.device_count())]


PARTS = {
    "planning": plans,
    "training": trainings,
    "together": several_on_a_card,
    "analysis": analyses,
    "study": whole_study,
}


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


def run(parts: list[str]) -> None:
    """Measure the parts, one after another, and save what there is after each row or two."""
    on_gpu = torch.cuda.is_available()
    about = {
        "device": torch.cuda.get_device_name() if on_gpu else platform.machine(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    rows: list[dict] = []
    for part in parts or (PARTS if on_gpu else ["planning"]):
        for measured in PARTS[part]():
            rows += measured
            TARGET.parent.mkdir(exist_ok=True)
            TARGET.write_text(json.dumps({**about, "rows": rows}, indent=1), encoding="utf-8")
    print(json.dumps(about), table(rows), sep="\n\n")


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(PARTS):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    run(sys.argv[1:])
