"""Parts of a study that wait for data: a `folder` data set without a root takes its grids along."""

from collections.abc import Iterable, Mapping

from unpacking_softmax.study.temperature import Temperature


def without_switched_off(config: Mapping) -> dict:
    """The configuration without data sets whose `root` is null, and without whatever needs them.

    That is: their grids, the architectures only those grids use, and the figures, panels, rows and
    tables that are bound to any of these. The rest is as it was.
    """
    off = {name for name, d in config["datasets"].items() if "root" in d and d["root"] is None}
    if not off:
        return dict(config)
    grids = {name: g for name, g in config["grids"].items() if not off & _datasets(g)}
    used = {g["architecture"] for g in config["grids"].values()}
    kept = {g["architecture"] for g in grids.values()} | _matched(grids.values())
    gone = {"datasets": off, "architectures": used - kept, "grids": set(config["grids"]) - set(grids)}
    left = {key: {n: v for n, v in config[key].items() if n not in names} for key, names in gone.items()}
    return {**config, **left, **{key: _bindings(config[key], gone) for key in ("figures", "tables")}}


def _datasets(grid: Mapping) -> set[str]:
    return {grid["dataset"], *grid["ood"], *grid["detection"]}


def _matched(grids: Iterable[Mapping]) -> set[str]:
    """The architectures whose norms their temperatures match."""
    temperatures = (Temperature.parse(t) for grid in grids for t in grid.get("temperatures", ()))
    return {t.reference[0] for t in temperatures if t.matched}


def _bindings(section: Mapping, gone: Mapping[str, set[str]]) -> dict:
    """The bindings with what names something in `gone` taken out; those left with nothing are dropped."""
    removed = {**gone, "rows": gone["grids"], "panels": gone["grids"]}
    kept = {}
    for name, binding in section.items():
        lists = {key: (binding[key], names) for key, names in removed.items() if key in binding}
        left = {key: [p for p in parts if not names & _named(p)] for key, (parts, names) in lists.items()}
        if binding.get("grid") not in gone["grids"] and all(left.values()):
            kept[name] = {**binding, **left}
    return kept


def _named(part) -> set[str]:
    if isinstance(part, str):
        return {part}
    return {part.get("grid"), *part.get("grids", ())}
