"""What each rule depends on: one dict of plain values a rule, with the hash of the code it runs.

Snakemake compares this dict with the one of the last run: whatever is in it re-runs the rule when
it changes, whatever is not never does.
"""

from pathlib import Path

from unpacking_softmax.paths import Run
from unpacking_softmax.provenance import code_hash
from unpacking_softmax.study import Study

# Settings of a data set that change how it is shown or trained on, not its pixels.
NOT_PIXELS = {"label", "augment"}


class Settings:
    """The settings of every rule of a study; `scripts` is the folder with the rules' scripts."""

    def __init__(self, study: Study, scripts: Path):
        self.study, self.scripts = study, scripts

    def prepare_dataset(self, dataset: str) -> dict:
        values = self.study.config["datasets"][dataset]
        kept = {key: value for key, value in values.items() if key not in NOT_PIXELS}
        return self._with_code("prepare_dataset", {"name": dataset, **kept})

    def train(self, run: Run) -> dict:
        architecture = self.study.config["architectures"][run.architecture]
        return self._with_code(
            "train",
            {
                "augment": self.study.config["datasets"][run.dataset]["augment"],
                "depth": architecture.get("depth"),
                "network": architecture["network"],
                "recipe": dict(self.study.config["recipes"][architecture["recipe"]]),
                "seed": run.seed,
                "temperature": float(run.temperature),
                "variant": dict(self.study.config["variants"][run.variant]),
                "width": architecture.get("width"),
            },
        )

    def extract(self, run: Run) -> dict:
        return self._with_code("extract", self._reader(run))

    def spectra(self) -> dict:
        return self._with_code("spectra", {})

    def probe(self, run: Run) -> dict:
        probes = dict(self.study.config["probes"])
        ood = self.study.ood_of(run)
        return self._with_code("probe", {**self._reader(run), "ood": ood, "probes": probes})

    def depth(self) -> dict:
        analysis = self.study.config["analysis"]
        return self._with_code(
            "depth",
            {
                "reference": analysis["depth_reference"],
                "threshold": analysis["depth_threshold"],
            },
        )

    def figure(self, figure: str, rule: str) -> dict:
        """A figure: its binding, the labels it shows, and the readings it makes of stored numbers."""
        binding = self.study.config["figures"][figure]
        grid = self.study.grids[binding["grid"]]
        analysis = self.study.config["analysis"]
        return self._with_code(
            rule,
            {
                "architecture": grid.architecture,
                "baseline": grid.baseline,
                "binding": dict(binding),
                "dataset": self.study.label(grid.dataset),
                "matched_within": analysis["matched_within"],
                "ood": self.study.label(binding["ood"]),
                "rank_rule": analysis["rank_rule"],
                "temperatures": self.study.figure_temperatures(figure),
            },
        )

    def _reader(self, run: Run) -> dict:
        architecture = self.study.config["architectures"][run.architecture]
        analysis = self.study.config["analysis"]
        return {
            "batch": analysis["batch"],
            "depth": architecture.get("depth"),
            "features": analysis["features"],
            "network": architecture["network"],
            "variant": dict(self.study.config["variants"][run.variant]),
            "width": architecture.get("width"),
        }

    def _with_code(self, rule: str, values: dict) -> dict:
        return _ordered({"code": code_hash(self.scripts / f"{rule}.py"), **values})


def _ordered(values):
    """The same values with every dict in key order: Snakemake compares their text."""
    if isinstance(values, dict):
        return {key: _ordered(values[key]) for key in sorted(values)}
    return [_ordered(v) for v in values] if isinstance(values, list | tuple) else values
