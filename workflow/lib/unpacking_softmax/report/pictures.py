"""The explorer's pictures, as Vega-Lite. The page fills in the data, by these names:

runs (a row for each run and place), means (over seeds), base (means at the baseline), span (lowest and
highest value at any temperature, which keeps the axis still), mark (the point that is looked at); of the
picture by temperature: trend, and mark (the temperature that is looked at).
"""

from dataclasses import dataclass

HEIGHT, TREND_HEIGHT = 300, 190  # pixels
SHARE, COUNT, COSINE, SIZE = "share", "count", "cosine", "size"
FORMATS = {SHARE: ".1%", COUNT: ",.4~g", COSINE: ".3f", SIZE: ".3~g"}
AXIS_FORMATS = {SHARE: ".0%", COUNT: "~s", COSINE: ".1f", SIZE: ".0e"}


@dataclass(frozen=True)
class Measure:
    """label: in the list to choose from; y, x: titles of axes; unit: of y. log: the axes that are
    logarithmic. layered: x is the layer, else the picture is of one layer. by_layer: it has layers at all.
    trend: the measure that is shown by temperature beside it. lines: or else marks by name."""

    label: str
    y: str
    x: str
    unit: str
    trend: str
    log: str = ""
    layered: bool = False
    by_layer: bool = True
    lines: bool = True


MEASURES = {
    "accuracy": Measure(
        "Probe accuracy by layer", "linear-probe test accuracy", "layer", SHARE, "accuracy", layered=True
    ),
    "rank": Measure(
        "Numerical rank by layer", "numerical rank", "layer", COUNT, "rank", log="y", layered=True
    ),
    "spectrum": Measure(
        "Spectrum of a layer", "singular value", "place of the singular value", SIZE, "rank", log="xy"
    ),
    "alignment": Measure(
        "Alignment of a layer, by epoch", "largest alignment", "epoch", COSINE, "alignment"
    ),
    "auroc": Measure(
        "OOD detection: AUROC", "AUROC", "score", SHARE, "auroc", by_layer=False, lines=False
    ),
    "fpr95": Measure(
        "OOD detection: false positives",
        "FPR at 95 % true positives",
        "score",
        SHARE,
        "fpr95",
        by_layer=False,
        lines=False,
    ),
}  # fmt: skip


def described() -> dict:
    """What the page needs of each measure, with its two pictures."""
    return {
        name: {
            "label": measure.label,
            "y": measure.y,
            "unit": measure.unit,
            "trend": measure.trend,
            "layered": measure.layered,
            "by_layer": measure.by_layer,
            "picture": picture(measure),
            "by_temperature": by_temperature(MEASURES[measure.trend]),
        }
        for name, measure in MEASURES.items()
    }


def picture(measure: Measure) -> dict:
    """A measure at one temperature: circles are runs, thick lines or ticks means, grey ones the baseline."""
    x, y, mean, series = _x(measure), _y(measure, "y"), _y(measure, "mean"), _series()
    hover = [
        {"field": "y", "title": measure.y, "format": FORMATS[measure.unit]},
        {"field": "seed", "title": "seed"},
        {"field": "series", "title": "of"},
        {"field": "place", "title": measure.x},
        {"field": "path", "title": "run"},
    ]
    kind = "line" if measure.lines else "tick"
    base = {"type": kind, "style": "base", "color": {"expr": "grey"}}
    layers = [
        _layer("span", {"type": "point", "opacity": 0}, y=y),
        _layer("base", base, x=x, y=mean, detail={"field": "series"}),
        _layer("means", {"type": kind, "style": "mean"}, x=x, y=mean, **series),
        _layer("runs", {"type": "point", "style": "run"}, x=x, y=y, **series, tooltip=hover),
    ]
    return _whole([*layers, *([_mark("x")] if measure.layered else [])], HEIGHT)


def by_temperature(measure: Measure) -> dict:
    """Means over seeds at each temperature, with the standard deviation, at the layer that is looked at."""
    ticks = {"expr": "pluck(data('trend'), 'value')"}
    x = {"field": "value", "type": "quantitative", "title": "temperature T (log)"}
    x["scale"] = {"type": "log", "nice": False, "padding": 12}
    x["axis"] = {"format": ".3~g", "values": ticks, "grid": False, "labelOverlap": True}
    y, series = {**_y(measure, "mean"), "title": None}, _series()
    hover = [
        {"field": "text", "title": "temperature"},
        {"field": "mean", "title": measure.y, "format": FORMATS[measure.unit]},
        {"field": "sd", "title": "s.d.", "format": FORMATS[measure.unit]},
        {"field": "n", "title": "seeds"},
        {"field": "series", "title": "of"},
    ]
    ends = {"y": {**y, "field": "low"}, "y2": {"field": "high"}}
    layers = [
        _layer("trend", {"type": "rule", "style": "spread"}, x=x, **ends, **series),
        _layer("trend", {"type": "line", "style": "mean"}, x=x, y=y, **series),
        _layer("trend", {"type": "point", "style": "run"}, x=x, y=y, **series, tooltip=hover),
    ]
    return _whole([_mark("value"), *layers], TREND_HEIGHT)


def _whole(layers: list[dict], height: int) -> dict:
    size = {"width": "container", "height": height, "autosize": {"type": "fit", "contains": "padding"}}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        **size,
        "params": [{"name": "grey"}],
        "layer": layers,
    }


def _layer(data: str, mark: dict, **encoding) -> dict:
    return {"data": {"name": data}, "mark": mark, "encoding": encoding}


def _mark(field: str) -> dict:
    """An upright line at what is looked at."""
    mark = {"type": "rule", "strokeDash": [2, 3], "color": {"expr": "grey"}}
    return _layer("mark", mark, x={"field": field, "type": "quantitative"})


def _x(measure: Measure) -> dict:
    if not measure.lines:
        return {"field": "x", "type": "nominal", "sort": None, "title": None, "axis": {"labelAngle": -40}}
    scale = (
        {"type": "log", "nice": False, "padding": 8}
        if "x" in measure.log
        else {"zero": False, "nice": False, "padding": 8}
    )
    axis = {"format": "~s", "tickMinStep": 1, "grid": False}
    return {"field": "x", "type": "quantitative", "scale": scale, "title": measure.x, "axis": axis}


def _y(measure: Measure, field: str) -> dict:
    scale = {"type": "log"} if "y" in measure.log else {"zero": measure.lines}
    axis = {"format": AXIS_FORMATS[measure.unit], "tickCount": 6}
    return {"field": field, "type": "quantitative", "scale": scale, "title": measure.y, "axis": axis}


def _series() -> dict:
    """Colour and dashes tell series apart: one of them alone does in print, or to the colour-blind."""
    legend = {"orient": "top", "title": None, "labelLimit": 300, "columns": 1, "symbolType": "stroke"}
    dashes = {"range": [[1, 0], [7, 3], [2, 3], [7, 3, 2, 3]]}
    return {
        "color": {"field": "series", "type": "nominal", "sort": None, "legend": legend},
        "strokeDash": {"field": "series", "type": "nominal", "sort": None, "scale": dashes, "legend": legend},
    }
