"""Made-up views: what figures and tables are told of a study, as the workflow tells it."""

from unpacking_softmax.readings.view import View

LABELS = {"own": "Own data", "other": "Other data", "third": "Third data"}


def made_up_grid(name="main", **changes) -> dict:
    """Settings of a grid: a network on data `own`, with data `other` and `third` beside them."""
    grid = {
        "name": name,
        "dataset": "own",
        "architecture": "net",
        "variant": "base",
        "temperatures": ["1", "10"],
        "low_norm": None,
        "seeds": [0, 1],
        "ood": ["other"],
        "detection": ["third"],
        "snapshots": True,
        "labels": LABELS,
        **changes,
    }
    return {"baseline": grid["temperatures"][0], **grid}


def made_up_view(*grids: dict, **changes) -> View:
    """The view of a figure or table of these grids (none: of `made_up_grid()`).

    changes: keys of its settings; `binding` is added to a binding of the grids by `grids`.
    """
    grids = grids or (made_up_grid(),)
    settings = {
        "name": "fig1",
        "family": "layers",
        "title": "Study",
        "rank_rule": "torch",
        "depth_threshold": 0.99,
        "depth_reference": "model",
        "matched_within": 0.01,
        "grids": {grid["name"]: grid for grid in grids},
        "temperatures": grids[0]["temperatures"],
        **changes,
    }
    binding = {"grids": list(settings["grids"]), "ood": "other", "detection": "third"}
    return View.of({**settings, "binding": binding | changes.get("binding", {})})


def identity(temperature, seed, grid=None) -> dict:
    """The columns that a run's rows begin with. grid: settings of its grid (None: `made_up_grid()`)."""
    grid = grid or made_up_grid()
    names = {name: grid[name] for name in ("dataset", "architecture", "variant")}
    return {**names, "temperature": temperature, "seed": seed}
