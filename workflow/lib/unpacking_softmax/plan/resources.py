"""What a job asks for: host memory, run time, memory of a card; from its data, its network, its attempt.

A job that asks a cluster for too little is killed, one that asks for too much waits longer in the
queue. So each request is what was measured on one machine, scaled to the job, times a margin, and it
grows with every attempt. How the numbers were measured: docs/running-on-a-cluster.md. Of a card's
memory a job asks for what it works well with: measures take points in groups that fit, and go on with
less where a card has less.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from unpacking_softmax.images.registry import source_of
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Study

# A cluster's card may be this many times slower than the H100 that the seconds below come from.
SLOWER = 4
# Memory that is asked for, against the measured peak.
ROOM = 2
# Minutes for what is not work: Python started thrice from a shared file system, data loaded.
START = 5

# Peaks in MB, without the data: of a process with torch and a CUDA context, of one without, of one that
# makes a table of a run's activations; of detection, for each image (distances to all, in chunks).
ON_CARD, OFF_CARD, TABLE, DETECTION = 2000, 900, 2400, 0.19
# Copies of its data sets that a process holds at its peak: the file read, its tensors.
COPIES = 2

# MB of a card: the CUDA context, handles and work space of libraries, which each process has; a forward pass
# of the analysis in float32 on 500 images of 32 px. The peak of training on 32 px in batches of 128 (cuDNN's
# search for a ResNet-18; any other network counts as the largest), times what torch's allocator keeps.
CONTEXT, FORWARD, KEPT = 1000, 2500, 1.25
PEAK = {"resnet18": 4000, "resnet34": 4000, "resnet20": 1600, "vgg19": 4100, "mlp": 1300}
# MB that features or Gram matrices of a group of points may take; each group costs a forward pass.
GROUP = 13_000
# Of a share, what a group takes of it (measures/memory.py).
OF_SHARE = 0.7
# Points of a network; any other counts as one with the most. Convolutions have more features than are read.
POINTS = {"resnet18": 18, "resnet34": 34, "resnet20": 20, "vgg19": 19, "resnet8": 8, "vgg8": 8}

# Seconds of an epoch of training with its evaluation on MEASURED images (benchmarks/training.py).
EPOCH = {"resnet18": 1.05, "resnet34": 1.87, "resnet20": 0.60, "vgg19": 0.81, "mlp": 0.19}
# Networks that were not measured, each by a larger one that was; any other counts as twice the slowest.
LIKE = {"resnet8": "resnet20", "vgg8": "vgg19"}
# Seconds for a ResNet-18 and MEASURED images; of PROBE also for PROBE_EPOCHS and one probe seed, of
# which each further one takes FURTHER_SEED of that.
EXTRACT, SNAPSHOT, PROBE, PROBE_EPOCHS = 30, 5, 5, 50
FURTHER_SEED = 0.25
# CPU cores for detection, and from how many images on: below, several would wait for each other longer.
THREADS, THREADED = 4, 20_000
# Seconds on one CPU core: an image decoded, a table made of a run's activations, detection for each image.
DECODE, TABULATE, DETECT = 0.01, 60, 0.004


@dataclass(frozen=True)
class Images:
    """So many images, of all splits, of `size` x `size` pixels."""

    count: int
    size: int

    @property
    def megabytes(self) -> float:
        return 3 * self.pixels / 1e6

    @property
    def pixels(self) -> int:
        return self.count * self.size**2


MEASURED = Images(60_000, 32)
# Images and classes of a data set that is not counted before it is prepared: that takes minutes for ImageNet.
UNKNOWN, UNKNOWN_CLASSES = 150_000, 100


@dataclass(frozen=True)
class Need:
    """The measured or estimated peak in MB and run time in seconds of a job, the MB of a card that it
    works well with, and its CPU cores."""

    megabytes: float
    seconds: float
    card: float = 0
    threads: int = 1

    def mem(self, attempt: int) -> str:
        """Host memory to ask for at this attempt (1, 2, ...), as Snakemake reads it."""
        return f"{math.ceil(ROOM * self.megabytes) * attempt}MB"

    def runtime(self, attempt: int) -> int:
        """Minutes to ask for at this attempt."""
        return math.ceil(START + SLOWER * self.seconds / 60) * attempt

    def gpu_mem(self, attempt: int) -> int:
        """MB of a card to ask for at this attempt; a card that has less gives all it has."""
        return math.ceil(self.card) * attempt


class Needs:
    """What the jobs of a study need, by rule."""

    def __init__(self, study: Study):
        self.study = study

    def prepare_dataset(self, dataset: str) -> Need:
        images = self._images(dataset)
        return Need(OFF_CARD + COPIES * images.megabytes, DECODE * images.count)

    def initial_norms(self, dataset: str, architecture: str) -> Need:
        """Each new network sees at most all images, forwards."""
        networks = self.study.config["analysis"]["initial_norms"]["networks"]
        seconds = networks * self._epoch(dataset, architecture)
        return self._on_card([dataset], seconds, self._forward(dataset))

    def train(self, run: Run) -> Need:
        recipe = self.study.config["architectures"][run.architecture]["recipe"]
        epochs = self.study.config["recipes"][recipe]["epochs"]
        seconds = epochs * self._epoch(run.dataset, run.architecture)
        return self._on_card([run.dataset], seconds, self._trained(run, recipe))

    def adopt(self, run: Run) -> Need:
        """A look at the accuracy of a network whose weights are there."""
        seconds = self._relative(run.dataset, run.architecture)
        return self._on_card([run.dataset], seconds, self._forward(run.dataset))

    def extract(self, run: Run, source: str) -> Need:
        """Only of the run's own data are there Gram matrices: of 8 bytes for each pair of features, and for
        three at a time the solver's copy and work space."""
        seconds = EXTRACT * self._relative(source, run.architecture)
        card = self._forward(source)
        if source == run.dataset:
            square = 8 * self._width(run.architecture) ** 2 / 1e6
            card += self._grouped(self._points(run.architecture) * square, 3 * 3.5 * square)
        return self._on_card([run.dataset, source], seconds, card)

    def probe(self, run: Run) -> Need:
        datasets = [run.dataset, *self.study.ood_of(run)]
        passes = max(map(self._probe_epochs, datasets)) / PROBE_EPOCHS
        seconds = sum(PROBE * self._relative(name, run.architecture) for name in datasets)
        images = max(self._images(name).count for name in datasets)
        width, points = self._width(run.architecture), self._points(run.architecture)
        features = points * (2 * images * width + max(self._heads(name, width) for name in datasets)) / 1e6
        card = self._forward(run.dataset) + self._grouped(features, 0)
        seeds = 1 + FURTHER_SEED * (self.study.config["probes"]["seeds"] - 1)
        return self._on_card(datasets, passes * seeds * seconds, card)

    def dynamics(self, run: Run) -> Need:
        """A snapshot is read on as many images whatever the data set, so that only their size counts."""
        datasets = [run.dataset, *self.study.ood_of(run)]
        size = self._images(run.dataset).size
        seconds = SNAPSHOT * (size / MEASURED.size) ** 2 * self._factor(run.architecture)
        chosen = self.study.config["analysis"]["dynamics"]
        snapshots = 3 + len(chosen["epochs"])
        features = 4 * chosen["images"] * self._width(run.architecture) * self._points(run.architecture) / 1e6
        return self._on_card(datasets, snapshots * seconds, features + 3 * self._forward(run.dataset))

    def tabulate(self) -> Need:
        """spectra, depth, collapse: a process over stored numbers, whatever the data."""
        return Need(TABLE, TABULATE)

    def detection(self, run: Run) -> Need:
        count = self._images(run.dataset).count
        threads = THREADS if count >= THREADED else 1
        return Need(TABLE + DETECTION * count, DETECT * count, threads=threads)

    def _on_card(self, datasets: Iterable[str], seconds: float, card: float) -> Need:
        data = COPIES * sum(self._images(name).megabytes for name in dict.fromkeys(datasets))
        return Need(ON_CARD + data, seconds, CONTEXT + data + card)

    def _trained(self, run: Run, recipe: str) -> float:
        """MB of a card that training takes beside its data."""
        network = self.study.config["architectures"][run.architecture]["network"]
        images = self.study.config["recipes"][recipe]["batch"] / 128 * self._area(run.dataset)
        return KEPT * PEAK.get(LIKE.get(network, network), max(PEAK.values())) * max(1, images)

    def _forward(self, dataset: str) -> float:
        """MB of a card for a forward pass of the analysis."""
        return FORWARD * self.study.config["analysis"]["batch"] / 500 * self._area(dataset)

    def _area(self, dataset: str) -> float:
        return (self._images(dataset).size / MEASURED.size) ** 2

    @staticmethod
    def _grouped(whole: float, beside: float) -> float:
        """MB for a group of points, at most all of them, and for what is done with it."""
        group = min(whole, GROUP)
        return max(group / OF_SHARE, group + beside)

    def _heads(self, dataset: str, width: int) -> float:
        """Bytes of a card that the probes of a point take beside its features (probe.working_bytes)."""
        probes = self.study.config["probes"]
        values = self.study.config["datasets"][dataset]
        classes = source_of(values).classes(values) or UNKNOWN_CLASSES
        heads = probes["seeds"] * classes * (20 * width + 12 * probes["batch"])
        return heads + 2 * probes["batch"] * width

    def _points(self, architecture: str) -> int:
        values = self.study.config["architectures"][architecture]
        return POINTS.get(values["network"], values.get("depth") or max(POINTS.values()))

    def _width(self, architecture: str) -> int:
        """Features read at a point, at most."""
        features = self.study.config["analysis"]["features"]
        return min(features, self.study.config["architectures"][architecture].get("width") or features)

    def _epoch(self, dataset: str, architecture: str) -> float:
        return EPOCH["resnet18"] * self._relative(dataset, architecture)

    def _relative(self, dataset: str, architecture: str) -> float:
        """A pass over the data set through the network, against a ResNet-18's over MEASURED."""
        return self._factor(architecture) * self._images(dataset).pixels / MEASURED.pixels

    def _factor(self, architecture: str) -> float:
        network = self.study.config["architectures"][architecture]["network"]
        seconds = EPOCH.get(LIKE.get(network, network), 2 * max(EPOCH.values()))
        return seconds / EPOCH["resnet18"]

    def _probe_epochs(self, dataset: str) -> float:
        probes = self.study.config["probes"]
        if probes["steps"] is None:
            return probes["epochs"]
        return probes["steps"] * probes["batch"] / self._images(dataset).count

    def _images(self, dataset: str) -> Images:
        """A data set that must be looked at first counts as UNKNOWN images until it is prepared."""
        values = self.study.config["datasets"][dataset]
        source = source_of(values)
        size, counts = source.size(values), source.counts(values)
        if counts:
            return Images(sum(counts), size)
        prepared = Path(self.study.paths("dataset", dataset=dataset))
        return Images(prepared.stat().st_size // (3 * size**2) if prepared.exists() else UNKNOWN, size)
