"""A study: the whole configuration as checked values, with canonical names, before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from unpacking_softmax.artefacts.kinds import OF_RUNS
from unpacking_softmax.networks.registry import network_of
from unpacking_softmax.study.catalogue import FIGURES, TABLES, THEORY, family_of
from unpacking_softmax.study.checks import check_study
from unpacking_softmax.study.imported import weights_file
from unpacking_softmax.study.paths import Paths, Run
from unpacking_softmax.study.schema import check_schema
from unpacking_softmax.study.short_forms import with_every_grid, with_full_bindings
from unpacking_softmax.study.switched_off import without_switched_off
from unpacking_softmax.study.temperature import Temperature, spell

# Families whose norms before training the verdict compares (Figure 8's claim).
NORMS_COMPARED = {"resnet", "vgg"}


@dataclass(frozen=True)
class Grid:
    """Runs that differ in temperature and seed only; the first temperature is the baseline.

    low_norm: the temperature that stands for a low logits norm, in tables and in the verdict. ood: data
    sets for generalisation (probes); detection: for OOD detection. snapshots: whether the weights are kept
    at early epochs and milestones. history: whether its runs are trained here, not imported as weights.
    """

    name: str
    dataset: str
    architecture: str
    variant: str
    temperatures: tuple[str, ...]
    low_norm: str | None
    seeds: tuple[int, ...]
    ood: tuple[str, ...]
    detection: tuple[str, ...]
    snapshots: bool
    history: bool

    @property
    def baseline(self) -> str:
        return self.temperatures[0]

    def runs(self, temperatures: Sequence[str] = (), seeds: Sequence[int] = ()) -> list[Run]:
        """The grid's runs, or those of some of its temperatures and seeds."""
        return [
            Run(self.dataset, self.architecture, self.variant, temperature, seed)
            for temperature in temperatures or self.temperatures
            for seed in seeds or self.seeds
        ]


class Study:
    """A checked configuration. `config` is the merged mapping that Snakemake has read; of it the attribute
    of that name is what is switched on, with every short form written out.

    Raises StudyError, naming the key, the value and what is allowed.
    """

    def __init__(self, config: Mapping):
        check_schema(config)
        bound = [*config["figures"], *config["tables"]]
        self.without_root = [name for name, d in config["datasets"].items() if not d.get("root", True)]
        config = with_full_bindings(without_switched_off(with_every_grid(config)))
        check_study(config)
        self.switched_off = [name for name in bound if name not in {**config["figures"], **config["tables"]}]
        self.config = config
        self.paths = Paths(config["results"])
        self.grids = {name: self._grid(name, values) for name, values in config["grids"].items()}

    def _grid(self, name: str, values: Mapping) -> Grid:
        return Grid(
            name=name,
            dataset=values["dataset"],
            architecture=values["architecture"],
            variant=values["variant"],
            temperatures=tuple(map(spell, values["temperatures"])),
            low_norm=spell(values["low_norm"]) if "low_norm" in values else None,
            seeds=tuple(values["seeds"]),
            ood=tuple(values["ood"]),
            detection=tuple(values["detection"]),
            snapshots=values["snapshots"],
            history="recipe" in self.config["architectures"][values["architecture"]],
        )

    def figures(self, family: str | None = None) -> list[str]:
        """The figures that this study binds, or those of one family, in the paper's order."""
        bound = self.config["figures"]
        return [f for f, of in FIGURES.items() if f in bound and family in (None, of.family)]

    def tables(self, family: str | None = None) -> list[str]:
        """As `figures`, for tables."""
        bound = self.config["tables"]
        return [t for t, of in TABLES.items() if t in bound and family in (None, of.family)]

    def binding(self, target: str) -> Mapping:
        """What the configuration says of a figure or table."""
        return self.config["figures" if target in FIGURES else "tables"][target]

    def grids_of(self, target: str) -> list[Grid]:
        """The grids that a figure or table is bound to, in the order of its binding, each once."""
        binding = self.binding(target)
        compared = (name for part in _parts(binding) for name in _own_grids(part))
        names = [*_own_grids(binding), *compared]
        return [self.grids[name] for name in dict.fromkeys(names)]

    def temperatures_of(self, target: str) -> list[str]:
        """The temperatures that a target with one grid shows: those it names, else all of the grid's."""
        chosen = [spell(t) for t in self.binding(target).get("temperatures", ())]
        return chosen or list(self.grids_of(target)[0].temperatures)

    def runs_of(self, target: str) -> list[Run]:
        """The runs that a figure or table reads, each once."""
        binding = self.binding(target)
        seeds, chosen = binding.get("seeds", ()), [spell(t) for t in binding.get("temperatures", ())]
        runs = [run for name in _own_grids(binding) for run in self.grids[name].runs(chosen, seeds)]
        low_norm = family_of(target).low_norm
        for part in _parts(binding):
            for grid in (self.grids[name] for name in _own_grids(part)):
                other = grid.low_norm if low_norm else part.get("temperature")
                runs += grid.runs([] if other is None else [grid.baseline, spell(other)], seeds)
        return list(dict.fromkeys(runs))

    def files_of(self, target: str) -> dict[str, list[str]]:
        """What a target reads, by kind: the tables its family reads of its runs, or those it names itself."""
        family = family_of(target)
        files = {kind: [self.paths(kind, run) for run in self.runs_of(target)] for kind in family.reads}
        files |= {"theory": [self.paths("theory", theory=name) for name in family.theory]}
        binding = self.binding(target)
        if "architectures" in binding:
            files["initial_norms"] = [
                self.paths("initial_norms", dataset=dataset, architecture=architecture, variant="base")
                for dataset in binding["datasets"]
                for architecture in binding["architectures"]
            ]
        return files

    def imported(self) -> list[str]:
        """The architectures whose weights are there, to be imported."""
        return [name for name, values in self.config["architectures"].items() if "weights" in values]

    def weights_of(self, run: Run) -> str:
        """The file of weights that a run of such an architecture imports."""
        return weights_file(self.config["architectures"][run.architecture], run.temperature, run.seed)

    def calibration_of(self, run: Run) -> list[str]:
        """The file that a run with a matched temperature reads it from; none for a plain number."""
        return [self.paths("calibration", run)] if Temperature.parse(run.temperature).matched else []

    def reference_norms(self, dataset: str, temperature: str) -> str:
        """The norms that a matched temperature matches."""
        architecture, variant = Temperature.parse(temperature).reference
        return self.paths("initial_norms", dataset=dataset, architecture=architecture, variant=variant)

    def behind_activations(self, run: Run, others: Sequence[str] = ()) -> list[str]:
        """What a run's temporary activations are read from: its network, its images and those of `others`.

        An input also of the rules that read activations: a call for one of them makes the activations
        anew and removes them, and would hide from later calls that the others are stale.
        """
        datasets = (run.dataset, *others)
        return [self.paths("model", run), *(self.paths("dataset", dataset=name) for name in datasets)]

    def grids_with(self, run: Run) -> list[Grid]:
        """The grids that contain a run."""
        return self._grids_of_runs.get(run, [])

    @cached_property
    def _grids_of_runs(self) -> dict[Run, list[Grid]]:
        """Made once: every job asks for its run's grids, and a study may have tens of thousands of runs."""
        grids: dict[Run, list[Grid]] = {}
        for grid in self.grids.values():
            for run in grid.runs():
                grids.setdefault(run, []).append(grid)
        return grids

    def ood_of(self, run: Run) -> list[str]:
        """Every data set on which some grid probes this run out of distribution, in name order."""
        return sorted({name for grid in self.grids_with(run) for name in grid.ood})

    def detection_of(self, run: Run) -> list[str]:
        """Every data set that some grid asks this run to detect as out of distribution."""
        return sorted({name for grid in self.grids_with(run) for name in grid.detection})

    def others_of(self, run: Run) -> list[str]:
        """Every data set that a run is shown beside its own."""
        return sorted({*self.ood_of(run), *self.detection_of(run)})

    def verdict_files(self) -> dict[str, list[str]]:
        """What the verdict reads: every table of every run that its grid's settings ask for, each once.

        Grids alone are asked: what figures and tables show changes no verdict.
        """
        files = self.run_files()
        if new := self._new_networks():
            files["initial_norms"] = new
        return {**files, "theory": [self.paths("theory", theory=name) for name in THEORY]}

    def _new_networks(self) -> list[str]:
        """Norms of new networks on the data sets on which grids train both plain VGGs and plain ResNets."""
        plain: dict[str, dict[str, str]] = {}
        for grid in self.grids.values():
            family = network_of(self.config["architectures"][grid.architecture]["network"]).family
            if family in NORMS_COMPARED and not self.config["variants"][grid.variant]:
                plain.setdefault(grid.dataset, {})[grid.architecture] = family
        return [
            self.paths("initial_norms", dataset=dataset, architecture=architecture, variant="base")
            for dataset, families in plain.items()
            if set(families.values()) == NORMS_COMPARED
            for architecture in families
        ]

    def run_files(self, kinds: Sequence[str] = tuple(OF_RUNS)) -> dict[str, list[str]]:
        """The tables of these kinds of every run whose grid asks for them, each once."""
        files: dict[str, list[str]] = {}
        for grid in self.grids.values():
            for kind in OF_RUNS.values():
                if kind.name in kinds and (kind.asked_by is None or getattr(grid, kind.asked_by)):
                    paths = [self.paths(kind.name, run) for run in grid.runs()]
                    files.setdefault(kind.name, []).extend(paths)
        return {kind: list(dict.fromkeys(paths)) for kind, paths in files.items()}

    def label(self, dataset: str) -> str:
        """What figures and tables call a data set."""
        return self.config["datasets"][dataset]["label"]


def _own_grids(binding: Mapping) -> list[str]:
    """The grids that a binding names itself, not those of its rows and panels."""
    return [*([binding["grid"]] if "grid" in binding else []), *binding.get("grids", [])]


def _parts(binding: Mapping) -> list[Mapping]:
    """The rows and panels of a binding: each sets a temperature against the baseline, or shows all."""
    return [*binding.get("rows", []), *binding.get("panels", [])]
