"""Parts of a study that wait for data: a `folder` data set without a root takes its grids along."""

from collections.abc import Mapping


def without_switched_off(config: Mapping) -> dict:
    """The configuration without data sets whose `root` is null, and without whatever needs them.

    That is: their grids, the architectures only those grids use, and the figures, panels, rows and
    tables that are bound to those grids. The rest is as it was.
    """
    off = {name for name, d in config["datasets"].items() if "root" in d and d["root"] is None}
    if not off:
        return dict(config)
    grids = {name: g for name, g in config["grids"].items() if not off & _datasets(g)}
    used = {g.get("architecture") for g in config["grids"].values()}
    kept = {g.get("architecture") for g in grids.values()}
    return {
        **config,
        "datasets": {n: d for n, d in config["datasets"].items() if n not in off},
        "architectures": {n: a for n, a in config["architectures"].items() if n not in used - kept},
        "grids": grids,
        **{key: _bindings(config[key], set(config["grids"]) - set(grids)) for key in ("figures", "tables")},
    }


def _datasets(grid: Mapping) -> set[str]:
    return {grid["dataset"], *grid.get("ood", ()), *grid.get("detection", ())}


def _bindings(section: Mapping, gone: set[str]) -> dict:
    """The bindings with what names a grid in `gone` taken out; those left with nothing are dropped."""
    kept = {}
    for name, binding in section.items():
        lists = {key: binding[key] for key in ("grids", "rows", "panels") if key in binding}
        left = {key: [part for part in parts if not gone & _grids(part)] for key, parts in lists.items()}
        if binding.get("grid") not in gone and all(left.values()):
            kept[name] = {**binding, **left}
    return kept


def _grids(part) -> set[str]:
    if isinstance(part, str):
        return {part}
    return {part.get("grid"), *part.get("grids", ())}
