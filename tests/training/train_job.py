"""The training script in a process of its own, as Snakemake starts it."""

import json
import subprocess
import sys
import time
from pathlib import Path

from unpacking_softmax.artefacts import joblog
from unpacking_softmax.images.dataset import Dataset, save
from unpacking_softmax.training.loop import RESUME_FILE

LIBRARY = Path(joblog.__file__).parents[2]
SCRIPT = LIBRARY.parent / "scripts" / "train.py"
PROGRAM = """
import json, runpy, sys
from types import SimpleNamespace as Names
given = json.loads(sys.argv[2])
snakemake = Names(
    threads=1,
    resources=Names(gpu_mem_mb=0),
    config={"architectures": {"a": {"recipe": "r"}}},
    log=given["log"],
    params=Names(settings=given["settings"]),
    wildcards=Names(**given["wildcards"]),
    input=Names(dataset=given["dataset"], calibration=[]),
    output=Names(**given["output"]),
)
runpy.run_path(sys.argv[1], {"snakemake": snakemake})
"""


class Job:
    """One training in `folder`; `settings` as the workflow gives them, but with a number for temperature."""

    def __init__(self, folder: Path, settings: dict, data: Dataset):
        self.folder, self.log = folder, folder / "train.log"
        self.resume_file = folder / RESUME_FILE
        names = {"model": "model.safetensors", "history": "history.parquet", "record": "run.json"}
        names["snapshots"] = "snapshots/index.json"
        self.output = {key: folder / name for key, name in names.items()}
        dataset = folder.parent / f"{folder.name}-data.safetensors"
        save(data, dataset)
        run = {"dataset": data.name, "architecture": "a", "variant": "base", "temperature": "1", "seed": 0}
        self.given = json.dumps(
            {
                "log": [str(self.log)],
                "settings": {**settings, "temperature": "1"},
                "wildcards": run,
                "dataset": str(dataset),
                "output": {key: str(path) for key, path in self.output.items()},
            }
        )

    def start(self) -> subprocess.Popen:
        self.log.unlink(missing_ok=True)
        command = [sys.executable, "-c", PROGRAM, str(SCRIPT), self.given]
        return subprocess.Popen(command, env={"PYTHONPATH": str(LIBRARY)}, stderr=subprocess.PIPE, text=True)

    def run(self) -> int:
        """Let it come to its end; returns the exit status."""
        with self.start() as process:
            process.communicate()
        return process.returncode

    def interrupt(self, number: int, epoch: int) -> int:
        """Send a signal when the log tells of `epoch`; returns the exit status (negative: killed)."""
        with self.start() as process:
            while f"epoch {epoch}/" not in self.said():
                assert process.poll() is None, process.stderr.read()
                time.sleep(0.005)
            process.send_signal(number)
            process.communicate()
        return process.returncode

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""
