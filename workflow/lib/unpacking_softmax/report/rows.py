"""The rows that the explorer shows: one form for every measure, read from a study's tables.

Columns: the run's identity, series (what a line is of), point (place of a layer in network order, 0 for a
measure that is of no layer), name (of the point), x, y.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from unpacking_softmax.artefacts import tables
from unpacking_softmax.artefacts.kinds import KINDS
from unpacking_softmax.artefacts.tables import IDENTITY
from unpacking_softmax.readings.effects import SOLUTION, solution_spectra
from unpacking_softmax.readings.probes import over_probe_seeds
from unpacking_softmax.readings.runs import ranks
from unpacking_softmax.study.catalogue import EXPLORED

COLUMNS = [*IDENTITY, "series", "point", "name", "x", "y"]
SINGULAR_VALUES = 40  # of a spectrum, at places evenly spaced on a logarithmic axis
RANK, CUT, SINGULAR = "numerical rank", "cut of the rank rule", "singular value"
ALIGNMENT = "largest alignment"
# A row for each number of components: no score beside the others.
SWEEP = "neco_sweep"


def read_tables(files: Mapping[str, Sequence[str]], rank_rule: str) -> dict[str, pd.DataFrame]:
    """The tables that the explorer reads, by kind; `spectra` has those of logits, `layers` what is shown.

    files: paths of the kinds of `catalogue.EXPLORED`; of one that is not there (but the record), an empty
    table. Raises ArtefactError for a file that cannot be read.
    """
    kinds = [kind for kind in EXPLORED if kind not in ("record", "spectra")]
    found = {kind: _gathered(kind, files.get(kind, ())) for kind in kinds}
    solutions, layers = [_gathered("spectra", ())], []
    # One file at a time: whole spectra of a grid would not fit beside each other.
    for path in files.get("spectra", ()):
        spectra = tables.gather([path])
        solutions.append(solution_spectra(spectra))
        layers.append(_layers(spectra, rank_rule))
    record = tables.records(files["record"])
    return {**found, "record": record, "spectra": _stacked(solutions), "layers": _stacked(layers)}


def _gathered(kind: str, paths: Sequence[str]) -> pd.DataFrame:
    empty = pd.DataFrame(columns=KINDS[kind].header).astype({"seed": int})
    return tables.gather(paths) if paths else empty


def _stacked(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    kept = [part for part in parts if len(part)] or parts[:1]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def _layers(spectra: pd.DataFrame, rank_rule: str) -> pd.DataFrame:
    """Rank, cut and some singular values of each point of the training split: of raw representations, at the
    logits of class-centred ones, as the layer plots have it."""
    matrix = np.where(spectra["point"] == "logits", SOLUTION, "raw")
    shown = spectra[(spectra["matrix"] == matrix) & (spectra["split"] == "train")]
    places = [shown_places(len(sigma)) for sigma in shown["sigma"]]
    values = [np.asarray(s)[p - 1] for s, p in zip(shown["sigma"], places, strict=True)]
    return ranks(shown, rank_rule).assign(place=places, value=values)


def shown_places(count: int) -> np.ndarray:
    """Which of `count` singular values are shown: places from 1, the first ones and the last among them."""
    places = np.geomspace(1, count, SINGULAR_VALUES) if count else np.array([])
    return np.unique(places.round().astype(int))


def accuracy_rows(found: Mapping[str, pd.DataFrame], labels: Mapping[str, str]) -> pd.DataFrame:
    """Test accuracy of linear probes (a fraction) by layer, a series for each data set."""
    probes = over_probe_seeds(found["probes"])
    own = probes["source"] == probes["dataset"]
    series = np.where(own, "ID: ", "OOD: ") + probes["source"].map(labels)
    return _form(probes, series=series, point=probes["index"], x=probes["index"], y=probes["accuracy"])


def rank_rows(found: Mapping[str, pd.DataFrame], labels: Mapping[str, str]) -> pd.DataFrame:
    """Numerical rank by layer; at the logits the solution rank."""
    layers = found["layers"]
    if layers.empty:
        return pd.DataFrame(columns=COLUMNS)
    return _form(layers, series=RANK, point=layers["index"], x=layers["index"], y=layers["rank"])


def spectrum_rows(found: Mapping[str, pd.DataFrame], labels: Mapping[str, str]) -> pd.DataFrame:
    """Singular values by their place, and the cut above which they count, at the first and the last place."""
    layers = found["layers"]
    if layers.empty:
        return pd.DataFrame(columns=COLUMNS)
    sigma = layers.explode(["place", "value"]).dropna(subset="place")
    rows = [_form(sigma, series=SINGULAR, point=sigma["index"], x=sigma["place"], y=sigma["value"])]
    for end in (0, -1):
        x = [places[end] if len(places) else 1 for places in layers["place"]]
        rows.append(_form(layers, series=CUT, point=layers["index"], x=x, y=layers["cut"]))
    table = pd.concat(rows, ignore_index=True)
    return table[table["y"] > 0]  # the axis is logarithmic


def alignment_rows(found: Mapping[str, pd.DataFrame], labels: Mapping[str, str]) -> pd.DataFrame:
    """The largest alignment of a layer's weights with its input, by epoch."""
    table = found["alignment"]
    return _form(table, series=ALIGNMENT, point=table["index"], x=table["epoch"], y=table["max"])


def _detection_rows(column: str) -> Callable[..., pd.DataFrame]:
    def rows(found: Mapping[str, pd.DataFrame], labels: Mapping[str, str]) -> pd.DataFrame:
        """A measure of OOD detection by score, a series for each data set to be detected."""
        table = found["detection"]
        table = table[table["score"] != SWEEP].assign(point="")
        return _form(table, series=table["source"].map(labels), point=0, x=table["score"], y=table[column])

    return rows


def _form(table: pd.DataFrame, **columns) -> pd.DataFrame:
    """The rows of a table in the form of COLUMNS; a table of points has their names in `point`."""
    form = table[IDENTITY].assign(name=table["point"], **columns)[COLUMNS]
    return form.astype({"y": float}).reset_index(drop=True)


# By measure, as the explorer's pictures name them (see `pictures.MEASURES`).
ROWS: dict[str, Callable[[Mapping[str, pd.DataFrame], Mapping[str, str]], pd.DataFrame]] = {
    "accuracy": accuracy_rows,
    "rank": rank_rows,
    "spectrum": spectrum_rows,
    "alignment": alignment_rows,
    "auroc": _detection_rows("auroc"),
    "fpr95": _detection_rows("fpr95"),
}
