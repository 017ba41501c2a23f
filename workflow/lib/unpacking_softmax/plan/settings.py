"""What each rule depends on: one dict of plain values a rule, with the hash of the code it runs.

Snakemake compares this dict with the one of the last run: whatever is in it re-runs the rule when
it changes, whatever is not never does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from unpacking_softmax.artefacts.identity import sha256_of
from unpacking_softmax.artefacts.provenance import PACKAGE, code_hash, rule_code
from unpacking_softmax.images.registry import source_of
from unpacking_softmax.networks.model_file import parts
from unpacking_softmax.networks.registry import TIMM, network_of
from unpacking_softmax.plan.accepted import Accepted
from unpacking_softmax.study.catalogue import FIGURES, TABLES, family_of
from unpacking_softmax.study.paths import Run
from unpacking_softmax.study.study import Grid, Study

# Settings of a data set that change how it is shown or trained on, not its pixels.
NOT_PIXELS = {"label", "augment"}
# What pages are made of beside code, in the package `report`.
PAGES = {"explorer": ("explorer.html", "explorer.js", "page.css"), "story": ("page.css", "story.html")}


class Settings:
    """The settings of every rule of a study; `scripts` is the folder with the rules' scripts."""

    def __init__(self, study: Study, scripts: Path):
        self.study, self.scripts = study, scripts
        self.accepted = Accepted(study.paths("accepted_code"))
        self._codes: dict[str, str] = {}

    def prepare_dataset(self, dataset: str) -> dict:
        values = self.study.config["datasets"][dataset]
        kept = {key: value for key, value in values.items() if key not in NOT_PIXELS}
        code = self._code(f"images/{source_of(values).module}")
        return self._with_code("prepare_dataset", {"dataset": dataset, "source_code": code, **kept})

    def train(self, run: Run) -> dict:
        architecture = self.study.config["architectures"][run.architecture]
        recipe = self.study.config["recipes"][architecture["recipe"]]
        return self._with_code(
            "train",
            {
                **self._network(run.architecture, run.variant),
                "augment": self.study.config["datasets"][run.dataset]["augment"],
                "recipe": dict(recipe),
                "seed": run.seed,
                "snapshots": self._snapshots(run, recipe),
                "temperature": run.temperature,
            },
        )

    def adopt(self, run: Run) -> dict:
        """A run whose weights are there. What is in their file, its time stamp stands for."""
        network = self._network(run.architecture, run.variant)
        file = self.study.weights_of(run)
        return self._with_code(
            "adopt", {**network, "seed": run.seed, "temperature": run.temperature, "weights": file}
        )

    def _snapshots(self, run: Run, recipe: Mapping) -> list[int]:
        """Epochs after which weights are kept (0: initialisation); none if no grid asks for them."""
        if not any(grid.snapshots for grid in self.study.grids_with(run)):
            return []
        early = self.study.config["analysis"]["dynamics"]["epochs"]
        wanted = {0, *early, *recipe["milestones"], recipe["epochs"]}
        return sorted(epoch for epoch in wanted if epoch <= recipe["epochs"])

    def initial_norms(self, architecture: str, variant: str) -> dict:
        return self._with_code(
            "initial_norms",
            {**self._network(architecture, variant), **self.study.config["analysis"]["initial_norms"]},
        )

    def calibrate(self) -> dict:
        return self._with_code("calibrate", {})

    def extract(self, run: Run) -> dict:
        return self._activations(run)

    # Activations are temporary: what is read from them is stale when they would be others, also after a
    # call for another measure has made and removed them.

    def tabulate(self, rule: str, run: Run) -> dict:
        """A measure that reads stored activations and nothing else (spectra, collapse)."""
        return self._with_code(rule, {"activations": self._activations(run)})

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

    def detection(self, run: Run) -> dict:
        detection = self.study.config["analysis"]["detection"]
        return self._with_code("detection", {**detection, "activations": self._activations(run)})

    def dynamics(self, run: Run) -> dict:
        dynamics = dict(self.study.config["analysis"]["dynamics"])
        loss = self.study.config["variants"][run.variant].get("loss", "cross-entropy")
        return self._with_code("dynamics", {**self._reader(run), **dynamics, "loss": loss})

    def theory(self, name: str) -> dict:
        return self._with_code(f"theory_{name}", dict(self.study.config["theory"][name]))

    def figure(self, figure: str) -> dict:
        """A figure: its binding, what it shows of its grids, and the readings it makes."""
        family = FIGURES[figure].family
        return self._with_code(f"figure_{family}", self._target(figure, family))

    def table(self, table: str) -> dict:
        """A table, as `figure`; Tables 4 and 5 are the settings themselves."""
        family = TABLES[table].family
        values = self._target(table, family)
        if family == "training_settings":
            values["recipes"] = {
                name: self.study.config["recipes"][name] for name in values["binding"]["recipes"]
            }
        if family == "probe_settings":
            values["probes"] = self.study.config["probes"]
        return self._with_code(f"table_{family}", values)

    def verdict(self) -> dict:
        """What the verdict must know beside the files: the grids, and what they are."""
        config, grids = self.study.config, self.study.grids.values()
        architectures = {grid.architecture: config["architectures"][grid.architecture] for grid in grids}
        networks = {name: values["network"] for name, values in architectures.items()}
        return self._with_code(
            "verdict",
            {
                "equivalent_within": config["analysis"]["equivalent_within"],
                "families": {name: network_of(network).family for name, network in networks.items()},
                "grids": self._grids(grids),
                "networks": networks,
                "papers_data": self._papers_data(),
                "shapes": {
                    name: {"depth": values.get("depth"), "width": values.get("width")}
                    for name, values in architectures.items()
                },
                "variants": {grid.variant: config["variants"][grid.variant] for grid in grids},
                **self._readings(),
            },
        )

    def explorer(self) -> dict:
        """What the explorer must know beside the files."""
        grids = _without_low_norm(self._grids(self.study.grids.values()))
        return self._page("explorer", {"grids": grids, **self._readings()})

    def story(self) -> dict:
        """What the story must know beside the files: what the study is called, and what it is trained on."""
        label = self.study.label
        grids = {
            grid.name: {"dataset": grid.dataset, "labels": {grid.dataset: label(grid.dataset)}}
            for grid in self.study.grids.values()
        }
        told = {"grids": grids, "papers_data": self._papers_data(), "title": self.study.config["title"]}
        return self._page("story", told)

    def _page(self, rule: str, values: dict) -> dict:
        """The settings of a page, with hashes of what it is made of."""
        made_of = {name: sha256_of(PACKAGE / "report" / name) for name in PAGES[rule]}
        return self._with_code(rule, {"page": made_of, **values})

    def _papers_data(self) -> dict:
        """The data sets that the paper uses too, by our names and its names."""
        datasets = self.study.config["datasets"].items()
        names = {name: source_of(values).papers_name(values) for name, values in datasets}
        return {name: theirs for name, theirs in names.items() if theirs}

    def _target(self, target: str, family: str) -> dict:
        grids = self.study.grids_of(target)
        binding, told = self.study.binding(target), self._grids(grids)
        if not family_of(target).low_norm:
            told = _without_low_norm(told)
        values = {
            "binding": binding,
            "family": family,
            "grids": told,
            "name": target,
            **self._readings(),
        }
        if grids:
            values["temperatures"] = self.study.temperatures_of(target)
        if "datasets" in binding:
            values["labels"] = {name: self.study.label(name) for name in binding["datasets"]}
        return values

    def _grids(self, grids: Iterable[Grid]) -> dict:
        """What figures, tables and the verdict need to know of grids, by name."""
        return {
            grid.name: {**asdict(grid), "baseline": grid.baseline, "labels": self._labels(grid)}
            for grid in grids
        }

    def _labels(self, grid: Grid) -> dict:
        names = (grid.dataset, *grid.ood, *grid.detection)
        return {name: self.study.label(name) for name in names}

    def _readings(self) -> dict:
        """How stored numbers are read, and the study's title."""
        analysis = self.study.config["analysis"]
        kept = ("depth_reference", "depth_threshold", "matched_within", "rank_rule")
        return {"title": self.study.config["title"], **{key: analysis[key] for key in kept}}

    def _network(self, architecture: str, variant: str) -> dict:
        values = self.study.config["architectures"][architecture]
        return {
            "depth": values.get("depth"),
            "network": values["network"],
            "network_code": self._network_code(values["network"]),
            "points": values.get("points"),
            "variant": dict(self.study.config["variants"][variant]),
            "width": values.get("width"),
        }

    def _network_code(self, network: str) -> str:
        """What builds a network: our module; and the user's file, or the version of timm."""
        code, file = self._code(f"networks/{network_of(network).module}"), parts(network)
        if file:
            return f"{code} {code_hash(file[0])}"
        return f"{code} timm {_version(TIMM.rstrip('/'))}" if network.startswith(TIMM) else code

    def _activations(self, run: Run) -> dict:
        return self._with_code("extract", self._reader(run))

    def _reader(self, run: Run) -> dict:
        analysis = self.study.config["analysis"]
        network = self._network(run.architecture, run.variant)
        return {**network, "batch": analysis["batch"], "features": analysis["features"]}

    def _with_code(self, rule: str, values: dict) -> dict:
        return _ordered({"code": self._code(rule), **values})

    def _code(self, rule: str) -> str:
        """The hash that a rule's code goes by: made once, every job of the rule asks for it."""
        if rule not in self._codes:
            self._codes[rule] = self.accepted.stands_for(rule, rule_code(self.scripts, rule))
        return self._codes[rule]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # jobs may have an environment of their own
        return "of the job"


def _without_low_norm(grids: Mapping[str, Mapping]) -> dict[str, dict]:
    """What is not shown redraws nothing."""
    return {name: {**values, "low_norm": None} for name, values in grids.items()}


def _ordered(values):
    """The same values with every mapping in key order: Snakemake compares their text."""
    if isinstance(values, Mapping):
        return {key: _ordered(values[key]) for key in sorted(values)}
    return [_ordered(v) for v in values] if isinstance(values, list | tuple) else values
