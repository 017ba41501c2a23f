"""What a study need not write: one line makes several grids, and what is left unsaid has its value here."""

from collections import Counter
from collections.abc import Iterable, Mapping

from unpacking_softmax.artefacts.errors import StudyError
from unpacking_softmax.study.catalogue import family_of

# A grid that does not say otherwise; its seeds are the study's.
GRID = {"variant": "base", "ood": [], "detection": [], "snapshots": False}
# What a line may list, in place of one, to make a grid for each.
SEVERAL = {"architectures": "architecture", "variants": "variant"}
# The width of a figure that does not say otherwise, in columns of a two-column page.
COLUMNS = 2


def with_every_grid(config: Mapping) -> dict:
    """The configuration with every grid that a line makes, and every setting of it.

    A line with `architectures` or `variants` makes a grid for each, named after the line and them; wherever
    grids are listed its name stands for all of those. A row that is a name becomes a mapping. Raises
    StudyError for a line that says both `variant` and `variants`, and for two grids of one name.
    """
    unsaid = {**GRID, "seeds": config["seeds"]}
    made = {name: _grids_of(name, line, unsaid) for name, line in config["grids"].items()}
    names = Counter([*made, *(grid for name, grids in made.items() for grid in grids if grid != name)])
    for name, grids in made.items():
        if twice := next((grid for grid in grids if grid != name and names[grid] > 1), None):
            raise StudyError(f"config: grids.{name} makes a second grid {twice!r}; rename one of the two")
    members = {name: list(grids) for name, grids in made.items()}
    return {
        **config,
        "grids": {grid: values for grids in made.values() for grid, values in grids.items()},
        **{
            section: {name: _with_members(binding, members) for name, binding in config[section].items()}
            for section in ("figures", "tables")
        },
    }


def _grids_of(name: str, line: Mapping, unsaid: Mapping) -> dict[str, dict]:
    """The grids that a line makes, by name."""
    if not {"architecture", "architectures"}.intersection(line):
        raise StudyError(f"config: grids.{name} lacks the key 'architecture'")
    grids: dict[str, dict] = {name: {}}
    for many, one in SEVERAL.items():
        if one in line and many in line:
            raise StudyError(f"config: grids.{name} has both {one} and {many}; keep one of them")
        if many in line:
            grids = {f"{grid}-{v}": {**values, one: v} for grid, values in grids.items() for v in line[many]}
    said = {**unsaid, **{key: value for key, value in line.items() if key not in SEVERAL}}
    return {grid: {**said, **values} for grid, values in grids.items()}


def _with_members(binding: Mapping, members: Mapping[str, list[str]]) -> dict:
    """A binding whose lists of grids, panels and rows name single grids."""

    def each(names: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(grid for name in names for grid in members.get(name, [name])))

    binding = dict(binding)
    if "grids" in binding:
        binding["grids"] = each(binding["grids"])
    if "panels" in binding:
        binding["panels"] = [{**panel, "grids": each(panel["grids"])} for panel in binding["panels"]]
    if "rows" in binding:
        rows = [{"grid": row} if isinstance(row, str) else row for row in binding["rows"]]
        binding["rows"] = [{**row, "grid": grid} for row in rows for grid in each([row["grid"]])]
    return binding


def with_full_bindings(config: Mapping) -> dict:
    """The configuration with every setting of a binding: its width, and the data set it is shown against.

    That set is the first of the grid's `ood` or `detection`; where several grids are drawn, the first grid's.
    A grid that is unknown or has none is left to the checks.
    """
    grids = config["grids"]
    return {
        **config,
        "figures": {
            name: {"columns": COLUMNS, **_against(name, binding, grids)}
            for name, binding in config["figures"].items()
        },
        "tables": {
            name: {**binding, "rows": [_against(name, row, grids) for row in binding["rows"]]}
            if "rows" in binding
            else binding
            for name, binding in config["tables"].items()
        },
    }


def _against(target: str, part: Mapping, grids: Mapping) -> dict:
    """A figure's binding or a table's row with the data set that its family shows a grid against."""
    role = family_of(target).against
    named = [part["grid"]] if "grid" in part else part.get("grids", [])
    sets = grids.get(named[0], {}).get(role) if role and named else None
    return {role: sets[0], **part} if sets else dict(part)
