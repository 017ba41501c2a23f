"""A made-up folder of results, as Snakemake leaves it, and an archive of it."""

import json
from base64 import urlsafe_b64encode

from unpacking_softmax.artefacts.archive.pack import pack

CONFIG = {"title": "A study", "results": "out/a"}
CODE = "0123456789abcdef"


def run(seed):
    return f"out/a/runs/own/net/base/T0.5/seed{seed}"


def lay(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def remember(root, key, rule, settings=None, folder="metadata"):
    """A record as Snakemake keeps it: its name is the key in base64."""
    params = [repr({"code": CODE, **(settings or {})})]
    record = {"rule": rule, "params": params, "input": [], "record_format_version": 6, "endtime": 1.7e9}
    lay(root / ".snakemake" / folder / urlsafe_b64encode(key.encode()).decode(), json.dumps(record).encode())


def made(root, seeds=(0,), probes=b"probes"):
    """A folder of results as Snakemake leaves it, with one run a seed."""
    for seed in seeds:
        runtime = {"commit": "abc", "python": "3.12.3", "torch": "2.11.0", "cuda": None}
        files = {
            "model.safetensors": (b"weights", "train"),
            "run.json": (json.dumps({"runtime": runtime, "seed": seed}).encode(), "train"),
            "probes.parquet": (probes, "probe"),
        }
        for name, (content, rule) in files.items():
            lay(root / run(seed) / name, content)
            remember(root, f"{run(seed)}/{name}", rule)
    lay(root / "out/a/data/own.safetensors", b"images")
    remember(root, "out/a/data/own.safetensors", "prepare_dataset", {"size": 32})
    lay(root / "out/a/figures/fig1.csv", b"drawn")
    remember(root, "out/a/figures/fig1.csv", "figure")
    lay(root / "out/a/logs/train/x.log", b"log")
    return root


def packed(root, monkeypatch, name="a.tar.xz", config=CONFIG):
    monkeypatch.chdir(root)
    pack(config, name, "abc")
    return root / name


def tree(root):
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}
