"""The analysis of a trained ResNet-18: the usual way beside ours, on this machine's GPU.

    python benchmarks/analysis.py

Spectrum: singular values of a 50,000 x 10,000 matrix, torch.linalg.svdvals in float32 beside ours.
Analysis: 17 post-ReLU points and the logits; spectra of the training split, linear probes of 50
epochs on 50,000 images in and 50,000 out of distribution, from three first weights each (and from one,
which does not count). The usual way trains one probe, and takes one layer after
another: a forward pass of the whole network for it on either data set (TF32), svdvals, and a probe
with torch.optim.Adam in float32. It is measured at one point of each width and multiplied.
"""

import json
import sys

import torch
import yaml
from common import CLASSES, ROOT, network_settings, random_data, seconds, with_peak
from torch import Tensor, nn

from unpacking_softmax.images.dataset import Dataset
from unpacking_softmax.measures.dynamics import follow
from unpacking_softmax.measures.extract import extract
from unpacking_softmax.measures.features import Reader, take
from unpacking_softmax.measures.gram import Factor, Gram
from unpacking_softmax.measures.probing import probe_rows
from unpacking_softmax.measures.shared_images import shared_images
from unpacking_softmax.networks.door import new_network, save_weights
from unpacking_softmax.study.paths import snapshot_file

N, D, FEATURES, READ = 50_000, 10_000, 10_000, 500
PROBES = yaml.safe_load((ROOT / "config" / "defaults.yaml").read_text())["probes"]


def decaying(n: int = N, d: int = D) -> tuple[Tensor, Tensor]:
    """A float32 matrix (n, d) and its singular values, from 1 down to 1e-6, known from its making."""
    torch.manual_seed(0)
    sigma = torch.logspace(0, -6, d, dtype=torch.float64, device="cuda")
    left = torch.linalg.qr(torch.randn(n, d, device="cuda"))[0].double()
    right = torch.linalg.qr(torch.randn(d, d, device="cuda", dtype=torch.float64))[0]
    return ((left * sigma) @ right.T).float(), sigma


def by(way, x: Tensor) -> Tensor:
    """Singular values of x by a way to x^T x, in batches as a forward pass gives them."""
    for part in x.split(READ):
        way.add(part.double())
    return torch.linalg.eigvalsh(way.matrix()).flip(0).clamp_min(0).sqrt()


def spectrum() -> list[dict]:
    """Seconds and largest error, over sigma_1, of three ways."""
    x, exact = decaying()
    ways = {
        "svdvals in float32 (usual)": lambda: torch.linalg.svdvals(x),
        "Gram matrix in float64": lambda: by(Gram(D, "cuda"), x),
        "QR in float32": lambda: by(Factor(D, "cuda"), x),
    }
    rows = []
    for name, way in ways.items():
        found, peak = with_peak(way)
        error = ((found.double() - exact).abs().max() / exact[0]).item()
        row = {"work": "spectrum of 50,000 x 10,000", "way": name, "seconds": seconds(way), "error": error}
        rows.append({**row, "peak_gib": peak})
    for row in rows:
        row["ratio"] = rows[0]["seconds"] / row["seconds"]
    return rows


def reader_on(data: Dataset) -> Reader:
    """An untrained ResNet-18: the work does not depend on the weights."""
    model = new_network(network_settings("resnet18"), data).eval()
    mean, std = (torch.tensor(values, device="cuda") for values in (data.mean, data.std))
    return Reader(model, "resnet18", FEATURES, READ, mean, std)


def ours(reader: Reader, data: Dataset) -> dict:
    """Seconds of our analysis, by part; the second time, with kernels loaded."""
    parts = {
        "spectra": lambda: extract(reader, data),
        "probes_id": lambda: probe_rows(reader, data, PROBES),
        "probes_ood": lambda: probe_rows(reader, data, PROBES),
    }
    probe_rows(reader, data, {**PROBES, "epochs": 1})
    return {name: seconds(part) for name, part in parts.items()}


def one_seed(reader: Reader, data: Dataset) -> float:
    """Seconds of one data set's probes from one first weight each."""
    return seconds(lambda: probe_rows(reader, data, {**PROBES, "seeds": 1}))


def usual(reader: Reader, data: Dataset) -> dict:
    """Seconds of the usual analysis, from one point of each width."""
    widths: dict[int, list[str]] = {}
    for name, d in reader.dimensions(data.train).items():
        widths.setdefault(d, []).append(name)
    total = dict.fromkeys(("forward", "svdvals", "probes"), 0.0)
    for d, names in widths.items():
        features = torch.empty(N, d, device="cuda")

        def forward(features=features, name=names[0]):
            for rows, parts in reader.stream(data.train, take(reader.model.points, [name]), tf32=True):
                features[rows] = parts[name]

        for part, action in (
            ("forward", forward),
            ("svdvals", lambda features=features: torch.linalg.svdvals(features)),
            ("probes", lambda features=features: plain_probe(features, data.train.labels)),
        ):
            twice = 2 if part != "svdvals" else 1  # in and out of distribution
            total[part] += twice * len(names) * seconds(action)
    return total


def plain_probe(features: Tensor, labels: Tensor) -> None:
    head = nn.Linear(features.shape[1], CLASSES, device="cuda")
    adam = torch.optim.Adam(
        head.parameters(), lr=PROBES["learning_rate"], weight_decay=PROBES["weight_decay"]
    )
    for _ in range(PROBES["epochs"]):
        for rows in torch.randperm(N, device="cuda").split(PROBES["batch"]):
            adam.zero_grad()
            nn.functional.cross_entropy(head(features[rows]), labels[rows]).backward()
            adam.step()


def dynamics(network: str, data: Dataset, folder) -> dict:
    """Seconds of a snapshot in the dynamics of a network: alignment, spectra, gradients, OrthoDev."""
    settings = network_settings(network)
    for epoch in (0, 1, 2):
        save_weights(new_network({**settings, "seed": epoch}, data), snapshot_file(folder, epoch))
    chosen = {"images": 4096, "gradient_batch": 4096, "positions": 64, "vectors": 15}
    given = {**settings, **chosen, "features": FEATURES, "batch": READ, "loss": "cross-entropy"}
    images = shared_images(data, [data], given)
    follow(folder, [0], data, images, given, 1.0)
    taken, peak = with_peak(lambda: seconds(lambda: follow(folder, [1, 2], data, images, given, 1.0)))
    return {"work": f"dynamics of {network}, s a snapshot", "seconds": taken / 2, "peak_gib": peak}


def rows(folder) -> list[dict]:
    """Every row of the analysis."""
    found = spectrum()
    data = random_data()
    reader = reader_on(data)
    mine, peak = with_peak(lambda: ours(reader, data))
    theirs = usual(reader, data)
    found.append(
        {
            "work": "analysis of one ResNet-18 run",
            "seconds": sum(mine.values()),
            **mine,
            "probes_id_one_seed": one_seed(reader, data),
            "usual": sum(theirs.values()),
            **{f"usual_{name}": value for name, value in theirs.items()},
            "ratio": sum(theirs.values()) / sum(mine.values()),
            "peak_gib": peak,
        }
    )
    found += [dynamics(network, data, folder / network) for network in ("resnet18", "mlp")]
    for row in found:
        print(json.dumps({k: float(f"{v:.3g}") if isinstance(v, float) else v for k, v in row.items()}))
    return found


if __name__ == "__main__":
    import tempfile
    from pathlib import Path

    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        rows(Path(folder))
