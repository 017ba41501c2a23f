"""Whether two results folders hold the same numbers: the proof that a change of code altered none.

    python workflow/compare_results.py OLD NEW

Compares every csv, md, tex, parquet and run.json, value for value, without tolerance; what may differ between
two honest runs (seconds, memory, versions, code hashes) is left out. Names the first differing column of each
file. Status 1 where anything differs or is in one folder only.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

TEXTS = {".csv", ".md", ".tex"}
COMPARED = {*TEXTS, ".parquet", ".json"}
# What a run says of its making, not of its outcome; and folders that hold nothing else.
CODE = {"code", "network_code", "source_code"}
OF_MAKING = {*CODE, "runtime", "seconds", "seconds_before", "peak_memory_bytes", "checksum", "weights_sha256"}
APART = {"logs", "benchmarks", "accepted_code.json"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    given = parser.parse_args()
    faults = list(differences(given.old, given.new))
    counts = Counter(path.suffix for path in _files(given.old))
    compared = ", ".join(f"{n} {suffix}" for suffix, n in sorted(counts.items()))
    print("\n".join([*faults, f"compared {compared}: {len(faults)} differ"]))
    return bool(faults)


def differences(old: Path, new: Path) -> Iterator[str]:
    """A line for each file that differs or lies in one of the two folders alone, in the order of names."""
    ours, theirs = ({path.relative_to(root) for path in _files(root)} for root in (old, new))
    for name in sorted(ours | theirs):
        if name not in theirs or name not in ours:
            yield f"{name}: only in {old if name in ours else new}"
        elif fault := difference(old / name, new / name):
            yield f"{name}: {fault}"


def difference(old: Path, new: Path) -> str | None:
    """How two files differ, or None."""
    if old.suffix in TEXTS:
        return None if old.read_bytes() == new.read_bytes() else "other text"
    if old.suffix == ".json":
        before, after = (_of_outcome(json.loads(path.read_text(encoding="utf-8"))) for path in (old, new))
        return None if before == after else "other values"
    before, after = (pd.read_parquet(path).drop(columns=OF_MAKING, errors="ignore") for path in (old, new))
    if list(before) != list(after):
        return f"columns {sorted(set(before) ^ set(after)) or 'in another order'}"
    if len(before) != len(after):
        return f"{len(before)} rows, then {len(after)}"
    changed = [name for name in before if not _same(before[name], after[name])]
    return f"column {changed[0]}" if changed else None


def _files(root: Path) -> Iterator[Path]:
    for path in root.rglob("*"):
        apart = APART.intersection(path.relative_to(root).parts)
        if path.suffix in COMPARED and not apart and not path.name.startswith("."):
            yield path


def _of_outcome(values):
    if isinstance(values, dict):
        return {key: _of_outcome(value) for key, value in values.items() if key not in OF_MAKING}
    return [_of_outcome(value) for value in values] if isinstance(values, list) else values


def _same(before: pd.Series, after: pd.Series) -> bool:
    """Equal bit for bit, NaN to NaN; lists (spectra) by their elements."""
    if before.dtype != after.dtype:
        return False
    if before.dtype == object:
        return all(map(_same_cell, before, after))
    return before.equals(after)


def _same_cell(before, after) -> bool:
    if isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
        return before.dtype == after.dtype and before.tobytes() == after.tobytes()
    if isinstance(before, np.ndarray) or isinstance(after, np.ndarray):
        return False
    return before == after or (before != before and after != after)  # NaN


if __name__ == "__main__":
    sys.exit(main())
