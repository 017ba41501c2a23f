"""A study: the whole configuration as frozen values, with canonical names, checked before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from unpacking_softmax.checks import check_study
from unpacking_softmax.paths import Paths, Run
from unpacking_softmax.schema import check_schema


def spell(temperature: float) -> str:
    """The one spelling of a temperature: `1`, `0.5`, `200`; never `1.0` or `2e2`."""
    return format(Decimal(repr(temperature)).normalize(), "f")


@dataclass(frozen=True)
class Grid:
    """Runs that differ in temperature and seed only; the first temperature is the baseline."""

    name: str
    dataset: str
    architecture: str
    variant: str
    temperatures: tuple[str, ...]
    seeds: tuple[int, ...]
    ood: tuple[str, ...]

    @property
    def baseline(self) -> str:
        return self.temperatures[0]

    def runs(
        self, temperatures: Sequence[str] | None = None, seeds: Sequence[int] | None = None
    ) -> list[Run]:
        """The grid's runs, or those of some of its temperatures and seeds."""
        return [
            Run(self.dataset, self.architecture, self.variant, temperature, seed)
            for temperature in temperatures or self.temperatures
            for seed in seeds or self.seeds
        ]


class Study:
    """A checked configuration. `config` is the merged mapping that Snakemake has read.

    Raises StudyError, naming the key, the value and what is allowed.
    """

    def __init__(self, config: Mapping):
        check_schema(config)
        check_study(config)
        self.config = config
        self.paths = Paths(config["results"])
        self.grids = {name: self._grid(name, values) for name, values in config["grids"].items()}

    def _grid(self, name: str, values: Mapping) -> Grid:
        return Grid(
            name=name,
            dataset=values["dataset"],
            architecture=values["architecture"],
            variant=values.get("variant", "base"),
            temperatures=tuple(map(spell, values["temperatures"])),
            seeds=tuple(values.get("seeds", self.config["seeds"])),
            ood=tuple(values.get("ood", ())),
        )

    def figure_temperatures(self, figure: str) -> list[str]:
        """The temperatures that a figure shows: those it names, else all of its grid's."""
        binding = self.config["figures"][figure]
        chosen = [spell(t) for t in binding.get("temperatures", ())]
        return chosen or list(self.grids[binding["grid"]].temperatures)

    def figure_runs(self, figure: str) -> list[Run]:
        """The runs that a figure draws."""
        binding = self.config["figures"][figure]
        grid = self.grids[binding["grid"]]
        return grid.runs(self.figure_temperatures(figure), binding.get("seeds"))

    def ood_of(self, run: Run) -> list[str]:
        """Every data set on which some grid probes this run out of distribution, in name order."""
        return sorted({name for grid in self._grids_with(run) for name in grid.ood})

    def label(self, dataset: str) -> str:
        """What figures and tables call a data set."""
        return self.config["datasets"][dataset]["label"]

    def _grids_with(self, run: Run) -> list[Grid]:
        place = (run.dataset, run.architecture, run.variant)
        return [
            grid
            for grid in self.grids.values()
            if (grid.dataset, grid.architecture, grid.variant) == place
            and run.temperature in grid.temperatures
            and run.seed in grid.seeds
        ]
