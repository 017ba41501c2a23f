"""Kill a small study at random moments, start it again until it is done, compare every csv.

    python tests/chaos/chaos.py --seed 0 --rounds 10 --faults 8 --report chaos.json

A round starts from an empty folder and ends when Snakemake has finished; what it injects, where and after
how long is drawn from the seed (what a job is at at that moment is the machine's affair). Prints a
table, writes the same as json, and exits with 1 unless every round gave the csv files of an undisturbed run.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from faults import FAULTS, orphans, start, strike

from project_copy import ENVIRONMENT, copy_project, snakemake_command

TARGETS = ("all_figures", "all_tables", "--cores", "2")
EX_TEMPFAIL = "75"  # how a training ends that was told to stop
LOOP = Path("workflow", "lib", "unpacking_softmax", "training", "loop.py")


@dataclass(frozen=True)
class Undisturbed:
    """The study of the workflow under `root`, made once: its csv files by name, the seconds it took."""

    root: Path
    csvs: dict[str, bytes]
    seconds: float

    @property
    def folder(self) -> Path:
        return self.root / "undisturbed"


class Round:
    """One study in a folder of its own, disturbed until it is done.

    A fault comes up to `within` seconds after a job was seen running: into that job, or one of the next.
    """

    def __init__(self, root: Path, folder: Path, rng: Random, faults: int, within: float):
        self.root, self.folder, self.rng = root, folder, rng
        self.faults_left, self.within = faults, within
        self.counts: Counter[str] = Counter()
        self.struck: Counter[str] = Counter()
        self.resumed: set[str] = set()

    def play(self) -> None:
        """Start Snakemake again and again until it has made everything, or fails undisturbed."""
        while self._sitting() and not self.counts["sittings that failed undisturbed"]:
            if any(self.folder.glob(".snakemake/locks/*")):
                self.counts["unlocks"] += 1
                subprocess.run(self._command("--unlock"), env=ENVIRONMENT, capture_output=True, check=True)
        while orphans(self.folder):  # jobs of a Snakemake that was killed alone
            time.sleep(0.1)

    def _command(self, *arguments: str) -> list[str]:
        return snakemake_command(self.root, self.folder, *arguments)

    def _sitting(self) -> int:
        """One Snakemake, from its start to its end; returns its exit status."""
        self.counts["starts"] += 1
        retries = self.rng.choice(["0", "3"])
        said = self.folder.with_suffix(f".{self.counts['starts']}.log")
        disturbed = last = None
        with said.open("w") as terminal:
            snakemake = start(self._command(*TARGETS, "--retries", retries), terminal)
            while self.faults_left and (last := self._strike(snakemake)):
                disturbed = last
                if FAULTS[last].ends:
                    break
            status = snakemake.wait()
        self._read_logs()
        if status and disturbed is None:
            self.counts["sittings that failed undisturbed"] += 1
        failed = re.findall(r"returned non-zero exit status (\d+)", said.read_text(encoding="utf-8"))
        # Ctrl-C may end an interpreter that is still importing with any status.
        if disturbed != "all: SIGINT (Ctrl-C)":
            self.counts["jobs that failed by themselves"] += sum(s != EX_TEMPFAIL for s in failed)
        return status

    def _strike(self, snakemake: psutil.Popen) -> str | None:
        struck = strike(snakemake, self.rng, self.within)
        self._read_logs()
        if struck is None:
            return None
        name, script = struck
        self.faults_left -= 1
        self.struck[name] += 1
        self.counts[f"faults while {'training' if script == 'train' else 'another job'} ran"] += 1
        return name

    def _read_logs(self) -> None:
        """A log is of the last start of its job only: note what it says of resuming whenever one may end."""
        for log in self.folder.glob("out/logs/train/*.log"):
            self.resumed |= set(re.findall(r".*(?:resuming|not resuming).*", log.read_text(encoding="utf-8")))


def csvs(folder: Path) -> dict[str, bytes]:
    """Every csv file under figures/ and tables/, by name."""
    out = folder / "out"
    paths = [*out.glob("figures/*.csv"), *out.glob("tables/*.csv")]
    return {str(path.relative_to(out)): path.read_bytes() for path in paths}


def prepare(root: Path) -> Undisturbed:
    """Copy the workflow to `root` and make its study undisturbed.

    In the copy training writes a resume file every half second, not every two minutes.
    """
    copy_project(root, "chaos.yaml")
    loop = (root / LOOP).read_text(encoding="utf-8")
    shorter, found = re.subn(r"^(SECONDS_BETWEEN_RESUME_FILES) = .*$", r"\1 = 0.5", loop, flags=re.MULTILINE)
    assert found == 1
    (root / LOOP).write_text(shorter, encoding="utf-8")
    command = snakemake_command(root, root / "undisturbed", *TARGETS)
    began = time.monotonic()
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return Undisturbed(root, csvs(root / "undisturbed"), time.monotonic() - began)


def play(undisturbed: Undisturbed, seed: int, faults: int, within: float) -> dict:
    """One round with the csv files of `undisturbed` to reach; returns what happened, as plain values.

    `within` is what `Round` takes. A study may be done before its last fault comes.
    """
    began = time.monotonic()
    folder = undisturbed.root / f"round{seed}"
    chaos = Round(undisturbed.root, folder, Random(seed), faults, within)
    chaos.play()
    got = csvs(chaos.folder)
    drafts = [path for path in chaos.folder.glob("out/**/.*") if path.is_file()]
    return {
        "seed": seed,
        "faults": dict(sorted(chaos.struck.items())),
        **dict(sorted(chaos.counts.items())),
        "trainings resumed": sum("not resuming" not in line for line in chaos.resumed),
        "resume files refused": sum("not resuming" in line for line in chaos.resumed),
        "drafts left behind": len(drafts),
        "csv files": len(got),
        "csv files that differ": sum(got.get(name) != content for name, content in undisturbed.csvs.items()),
        "seconds": round(time.monotonic() - began),
    }


def held(result: dict) -> bool:
    """Whether a round ended as it must."""
    bad = ("jobs that failed by themselves", "sittings that failed undisturbed", "csv files that differ")
    return not any(result.get(name) for name in bad) and not result["resume files refused"]


def total(results: list[dict]) -> dict:
    """The sums over rounds."""
    faults, others = Counter(), Counter()
    for result in results:
        faults.update(result["faults"])
        others.update({k: v for k, v in result.items() if k not in ("seed", "faults")})
    return {
        "rounds": len(results),
        "rounds that held": sum(map(held, results)),
        "faults": sum(faults.values()),
        **{f"  {name}": n for name, n in sorted(faults.items())},
        **dict(sorted(others.items())),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="of the first round; the next ones count up")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--faults", type=int, default=8, help="a round, at most")
    parser.add_argument("--report", type=Path, default=Path("chaos.json"))
    given = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="chaos-") as root:
        undisturbed = prepare(Path(root))
        within = 2 * undisturbed.seconds / given.faults
        for seed in range(given.seed, given.seed + given.rounds):
            results.append(play(undisturbed, seed, given.faults, within))
            print(json.dumps(results[-1]), flush=True)
            given.report.write_text(json.dumps({"total": total(results), "rounds": results}, indent=2) + "\n")
    for name, n in total(results).items():
        print(f"{n:6}  {name}")
    return 0 if all(map(held, results)) else 1


if __name__ == "__main__":
    sys.exit(main())
